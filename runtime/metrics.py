"""Metrics for Prometheus from processes that serve no API, over TLS where this process has a certificate."""

import ssl
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client.exposition import ThreadingWSGIServer, make_wsgi_app

_SILENT_S = 10


class _Handler(WSGIRequestHandler):
    timeout = _SILENT_S

    def log_message(self, format: str, *args: object) -> None:
        """Scrapes are no news."""


def serve_metrics(host: str, port: int, context: ssl.SSLContext | None) -> None:
    """Serves this process's metrics from a thread of its own while the process lives. Raises OSError."""
    server = make_server(host, port, make_wsgi_app(), ThreadingWSGIServer, handler_class=_Handler)
    if context is not None:
        # Each handshake in its connection's own thread, when it is first read: who says nothing holds up nobody.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
