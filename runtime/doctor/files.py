"""What lies in files: settings, keys, certificates, and what the backup said of itself."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runtime.data_keys import list_data_keys
from runtime.doctor.findings import Finding, note, ok, wrong
from runtime.metrics import BACKED_UP, lifetime, said_in_files
from runtime.settings import PREFIX, SettingMissing, Settings
from runtime.signing import signing_keys
from runtime.tls import server_context
from storage._keks import KeyFileUnusable, read_key

_BACKUP_EVERY = timedelta(hours=26)
_SOON, _NOW = 0.25, 0.1
_EASE = {
    "require_verified_email": (False, "anybody may request without a verified address"),
    "require_staff_second_factor": (False, "staff need no second factor"),
    "webhooks_to_this_machine": (True, "customers' endpoints may be on this machine"),
}
_CERTIFICATES = ("tls_cert_file", "temporal_tls_cert_file", "tls_ca_file", "temporal_tls_ca_file", "outside_ca_file")


class Files:
    """Reads, and writes nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def settings(self) -> AsyncIterator[Finding]:
        """Those that make production unsafe, or are missing for links to work."""
        lax = [says for name, (value, says) in _EASE.items() if getattr(self._settings, name) is value]
        if lax:
            yield note("settings", f"eased, as for a demo: {'; '.join(lax)}", "Production leaves them as they are.")
        if not self._settings.tls_required:
            yield note("settings", "TLS is not required between processes", f"Set {PREFIX}TLS_REQUIRED=true.")
        if self._settings.public_url is None:
            step = f"Set {PREFIX}PUBLIC_URL to where customers and carriers reach the API."
            yield wrong("settings", "nobody knows where the API is reached: links and webhooks lead nowhere", step)
        else:
            yield ok("settings", "they can be read, and say where the API is reached")

    async def keys(self) -> AsyncIterator[Finding]:
        """Every key that something needs is here."""
        settings = self._settings
        if settings.keks_dir is None or settings.keys_database_url is None:
            yield note("keys", f"not looked at: {PREFIX}KEKS_DIR or {PREFIX}KEYS_DATABASE_URL is not set here")
        else:
            try:
                used, _ = await list_data_keys(settings)
            except KeyFileUnusable as error:
                yield wrong("keys", str(error), "See docs/security.md.")
            else:
                lost = [kek for kek in used if kek.wraps and not kek.here]
                for kek in lost:
                    step = f"Put {kek.kek_id}.kek back into {settings.keks_dir}, from where keys are kept."
                    yield wrong("keys", f"the file of a key that wraps {kek.wraps} data keys is missing", step)
                if not lost:
                    yield ok("keys", f"every data key can be unwrapped, by {len(used)} key-encryption keys")
        async for finding in self._small_ones():
            yield finding

    async def _small_ones(self) -> AsyncIterator[Finding]:
        looks: dict[str, Callable[[Path], object]] = {"index_key_file": read_key, "keys_dir": _signs}
        looks["tracking_token_key_file"] = Path.read_bytes
        for name, look in looks.items():
            path: Path | None = getattr(self._settings, name)
            if path is None:
                continue
            try:
                look(path)
            except (KeyFileUnusable, OSError, ValueError) as error:
                said = str(error) if isinstance(error, KeyFileUnusable) else f"{path} cannot be used"
                yield wrong("keys", said, f"Check {PREFIX}{name.upper()}.")
            else:
                yield ok("keys", f"{PREFIX}{name.upper()} can be used")

    async def certificates(self) -> AsyncIterator[Finding]:
        """They fit their keys, and have time left."""
        try:
            context = server_context(self._settings)
        except SettingMissing as error:
            yield wrong("certificates", str(error), "Put a certificate and its key there.")
            context = None
        named = [(name, getattr(self._settings, name)) for name in _CERTIFICATES]
        for name, path in named:
            if path is not None:
                yield _left(f"{PREFIX}{name.upper()}", path)
        if context is None and not any(path for _, path in named):
            yield note("certificates", "there are none: everything travels in the clear")

    async def backups(self) -> AsyncIterator[Finding]:
        """When the last one ended well, as far as its file is here."""
        folder = self._settings.metrics_textfiles_dir
        if folder is None:
            step = f"Set {PREFIX}METRICS_TEXTFILES_DIR to the folder where the backup says how it went."
            yield note("backups", "nothing here says when the last backup was made", step)
            return
        at = said_in_files(folder, BACKED_UP)
        age = datetime.now(UTC) - datetime.fromtimestamp(at, UTC) if at else None
        if age is None or age > _BACKUP_EVERY:
            said = (
                f"the last backup is {age.total_seconds() / 3600:.0f} hours old" if age else "there has been no backup"
            )
            yield wrong("backups", said, "Run `entrega backup`; see docs/runbooks/BackupLate.md.")
        else:
            yield ok("backups", f"the last one ended well {age.total_seconds() / 3600:.0f} hours ago")


def _signs(folder: Path) -> None:
    if len(signing_keys(folder)) < 2:
        raise KeyFileUnusable(f"{folder} holds no two signing keys: run `entrega keys rotate --kind signing`")


def _left(name: str, path: Path) -> Finding:
    try:
        since, until = lifetime(path)
    except (OSError, ValueError):
        return wrong("certificates", f"{path} holds no certificate", f"Check {name}.")
    left, whole = until - datetime.now(UTC), until - since
    if left <= timedelta():
        return wrong(
            "certificates", f"{name} has expired", "Issue another now; see docs/runbooks/CertificateExpires.md."
        )
    said = f"{name} is good for {left.days} days more"
    if left < _NOW * whole:
        return wrong("certificates", said, "Renew it now; see docs/runbooks/CertificateExpires.md.")
    return note("certificates", said, "Its renewal is due.") if left < _SOON * whole else ok("certificates", said)
