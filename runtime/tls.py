"""What this process proves to others and whom it believes: TLS contexts from the files that the settings name."""

import ssl
from pathlib import Path

import httpx
import structlog

from runtime._renewing import Door, stamp
from runtime.settings import PREFIX, SettingMissing, Settings

_FILES = ("cert_file", "key_file", "ca_file")
_log = structlog.get_logger(__name__)


class _Served:
    """A certificate and key for those who come, as the files are now: looked at with each handshake, which costs far
    more, so that there is no clock to wait for. A pair that cannot be used leaves the last good one in use.

    A context that is already in use is never loaded anew, since OpenSSL would take a certificate without its key: a
    whole new one takes its place. Connections that stand keep theirs.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate, self._key = certificate, key
        self._seen = stamp(certificate, key)
        self._current = self._loaded()

    def context(self) -> ssl.SSLContext:
        """The one to listen with."""
        outer = self._loaded()
        outer.sni_callback = self._choose  # called without a name as well
        return outer

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._certificate, self._key)
        return context

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        try:
            if (seen := stamp(self._certificate, self._key)) != self._seen:
                self._seen = seen  # before loading: what changes meanwhile is looked at again
                self._current = self._loaded()
                _log.info("certificate reloaded", file=str(self._certificate))
        except (OSError, ssl.SSLError) as error:
            _log.warning("certificate not reloaded", file=str(self._certificate), error=type(error).__name__)
        connection.context = self._current


def server_context(settings: Settings) -> ssl.SSLContext | None:
    """What this process listens with; None for plain HTTP, where TLS is not required. Raises SettingMissing."""
    if settings.tls_cert_file is None and settings.tls_key_file is None and not settings.tls_required:
        return None
    certificate, key = settings.need("tls_cert_file"), settings.need("tls_key_file")
    try:
        return _Served(certificate, key).context()
    except (OSError, ssl.SSLError) as error:
        raise SettingMissing(
            f"{PREFIX}TLS_CERT_FILE and {PREFIX}TLS_KEY_FILE cannot be used ({error}): they name a certificate and its "
            "key in PEM, without a password"
        ) from None


def inside_trust(settings: Settings) -> ssl.SSLContext:
    """For calls between processes of ours: our own authority alone, where there is one, else the public ones."""
    if settings.tls_ca_file is None:
        return httpx.create_ssl_context(trust_env=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _believe(context, settings.tls_ca_file, "TLS_CA_FILE")
    return context


def outside_trust(settings: Settings) -> ssl.SSLContext:
    """For carriers and others outside: the public authorities, and one more where the settings name it."""
    context = httpx.create_ssl_context(trust_env=False)
    if settings.outside_ca_file is not None:
        _believe(context, settings.outside_ca_file, "OUTSIDE_CA_FILE")
    return context


def _believe(context: ssl.SSLContext, path: Path, name: str) -> None:
    try:
        context.load_verify_locations(path)
    except (OSError, ssl.SSLError) as error:
        raise SettingMissing(f"{PREFIX}{name} cannot be used ({error}): it names certificates in PEM") from None


def temporal_door(settings: Settings) -> Door | None:
    """What Temporal is shown, and the authority it must have; None without TLS. Raises SettingMissing, also where TLS
    is required and Temporal's is off."""
    if not settings.temporal_tls:
        if settings.tls_required:
            raise SettingMissing(f"{PREFIX}TLS_REQUIRED is set and {PREFIX}TEMPORAL_TLS is not: set it to true")
        return None
    found = {name: getattr(settings, f"temporal_tls_{name}") or settings.need(f"tls_{name}") for name in _FILES}
    door = Door(found["cert_file"], found["key_file"], found["ca_file"], settings.temporal_tls_domain)
    try:
        door.config()
    except OSError as error:
        raise SettingMissing(f"a certificate for Temporal cannot be read ({error}): see {PREFIX}TLS_…_FILE") from None
    return door
