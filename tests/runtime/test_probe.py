"""What an orchestrator asks by: right when a process can serve, wrong otherwise, by TLS where it speaks that."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from runtime._certificates import Certificates
from runtime.settings import Settings
from runtime.tls import server_context


class _Process(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz/ready" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def process(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Its port, and what it has in its environment."""
    server, env = ThreadingHTTPServer(("127.0.0.1", 0), _Process), {}
    if request.param:
        certificates = Certificates(tmp_path)
        certificates.ensure()
        pair = certificates.of("api")
        settings = Settings(tls_cert_file=pair.certificate, tls_key_file=pair.key)
        context = server_context(settings)
        assert context is not None
        server.socket = context.wrap_socket(server.socket, server_side=True)
        env = {"ENTREGA_TLS_CERT_FILE": str(pair.certificate), "ENTREGA_TLS_CA_FILE": str(certificates.authority)}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, env
    server.shutdown()
    server.server_close()


def _asked(target: str, env: dict[str, str]) -> tuple[int, str]:
    ended = subprocess.run([sys.executable, "-m", "runtime.probe", target], env=env, capture_output=True, text=True)
    return ended.returncode, ended.stderr.strip()


def test_it_tells_who_can_serve_from_who_cannot(process: tuple[int, dict[str, str]]) -> None:
    port, env = process
    assert _asked(f"localhost:{port}/healthz/ready", env) == (0, "")
    assert _asked(f"localhost:{port}/elsewhere", env) == (1, "it answers 503")
    code, said = _asked("localhost:1/healthz/ready", env)
    assert code == 1
    assert said.startswith("no answer")
