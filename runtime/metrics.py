"""Metrics for Prometheus: each process tells its own on a port of its own, over TLS where it has a certificate."""

import contextlib
import ssl
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from cryptography import x509
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, REGISTRY, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import ThreadingWSGIServer
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from runtime.pulse import pulse
from runtime.settings import PREFIX, SettingMissing, Settings
from runtime.tls import server_context

_SILENT_S = 10
_BESIDE_S, _MOST_BYTES = 2.0, 8 << 20
ISSUED = "entrega_certificate_issued_timestamp_seconds"
BACKED_UP = "entrega_backup_last_success_timestamp_seconds"
EXPIRES = "entrega_certificate_expires_timestamp_seconds"
_CERTIFICATES = {"served": "tls_cert_file", "temporal": "temporal_tls_cert_file", "authority": "tls_ca_file"}


class _Handler(WSGIRequestHandler):
    timeout = _SILENT_S

    def log_message(self, format: str, *args: object) -> None:
        """Scrapes are no news."""


def tell_metrics(settings: Settings, address: str | None, beside: str | None = None) -> None:
    """Serves what this process counts at `address` (`host:port`), if there is one, and what it can say of files: when
    certificates expire, and what other programs left in the folder of text files. Raises SettingMissing."""
    if address is None:
        return
    disable_created_metrics()  # type: ignore[no-untyped-call] # as many series again, which nobody asks for
    tell_of_files(settings)
    host, _, port = address.rpartition(":")
    try:
        serve_metrics(host, int(port), server_context(settings), beside)
    except OSError as error:
        raise SettingMissing(
            f"metrics cannot be told at {address} ({error.strerror}): stop what listens there, or give "
            f"{PREFIX}METRICS_ADDRESS another"
        ) from None


def serve_metrics(host: str, port: int, context: ssl.SSLContext | None, beside: str | None = None) -> None:
    """Serves this process's metrics from a thread of its own while the process lives; `beside` is where its Temporal
    client tells more, which is added. Raises OSError."""

    def page(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)])
        return [generate_latest(REGISTRY), _told_beside(beside) if beside else b""]

    server = make_server(host, port, pulse.beside(page), ThreadingWSGIServer, handler_class=_Handler)
    if context is not None:
        # Each handshake in its connection's own thread, when it is first read: who says nothing holds up nobody.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def tell_of_files(settings: Settings) -> None:
    """Adds what is read from files whenever somebody asks."""
    REGISTRY.register(_Certificates(settings))
    if settings.metrics_textfiles_dir is not None:
        REGISTRY.register(_Textfiles(settings.metrics_textfiles_dir))


def said_in_files(folder: Path, name: str) -> float | None:
    """The greatest value of a metric in a folder of text files."""
    samples = (one for family in _Textfiles(folder).collect() for one in family.samples)
    return max((one.value for one in samples if one.name == name), default=None)


def _told_beside(address: str) -> bytes:
    """What the SDK tells on the loopback, where it speaks no TLS; nothing while it does not answer."""
    host, _, port = address.rpartition(":")
    asking = HTTPConnection(host, int(port), timeout=_BESIDE_S)
    with contextlib.closing(asking), contextlib.suppress(OSError, HTTPException):
        asking.request("GET", "/metrics")
        return asking.getresponse().read(_MOST_BYTES)
    return b""


class _Certificates(Collector):
    """Until when this process's certificates are good, as their files are now."""

    def __init__(self, settings: Settings) -> None:
        files = {use: getattr(settings, name) for use, name in _CERTIFICATES.items()}
        self._files: dict[str, Path] = {use: path for use, path in files.items() if path is not None}

    def collect(self) -> Iterator[Metric]:
        issued = GaugeMetricFamily(ISSUED, "Since when a certificate of this process is good", labels=["certificate"])
        expires = GaugeMetricFamily(EXPIRES, "When it expires", labels=["certificate"])
        for use, path in self._files.items():
            with contextlib.suppress(OSError, ValueError):
                since, until = lifetime(path)
                issued.add_metric([use], since.timestamp())
                expires.add_metric([use], until.timestamp())
        yield from (issued, expires)

    def describe(self) -> Iterator[Metric]:
        return iter(())


def lifetime(path: Path) -> tuple[datetime, datetime]:
    """Since and until when the first certificate in a file is good. Raises OSError, ValueError."""
    it = x509.load_pem_x509_certificate(path.read_bytes())
    return it.not_valid_before_utc, it.not_valid_after_utc


class _Textfiles(Collector):
    """What programs that run now and then, as the backup does, left in `*.prom` files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        for path in sorted(self._folder.glob("*.prom")):
            with contextlib.suppress(OSError, ValueError):
                yield from list(text_string_to_metric_families(path.read_text()))

    def describe(self) -> Iterator[Metric]:
        return iter(())
