"""Asks a process of ours whether it can serve: `python -m runtime.probe localhost:8000/healthz/ready` fails if not.

For containers' health checks, of which there are many each minute: it imports nothing of ours and no library. HTTPS
where this process's own environment says that it speaks TLS, believing the same authority.
"""

import http.client
import os
import ssl
import sys

_WITHIN_S = 4.0


def probe(target: str, authority: str | None = None, *, tls: bool = False) -> int:
    """The status of a GET, redirects not followed. Raises OSError and http.client.HTTPException."""
    where, _, path = target.partition("/")
    connection: http.client.HTTPConnection
    if tls:
        trust = ssl.create_default_context(cafile=authority)
        connection = http.client.HTTPSConnection(where, timeout=_WITHIN_S, context=trust)
    else:
        connection = http.client.HTTPConnection(where, timeout=_WITHIN_S)
    try:
        connection.request("GET", f"/{path}", headers={"Connection": "close"})
        return connection.getresponse().status
    finally:
        connection.close()


def main() -> int:
    """0 if it answers with 200."""
    tls = bool(os.environ.get("ENTREGA_TLS_CERT_FILE"))
    try:
        status = probe(sys.argv[1], os.environ.get("ENTREGA_TLS_CA_FILE"), tls=tls)
    except (OSError, http.client.HTTPException) as error:
        print(f"no answer: {error}", file=sys.stderr)  # noqa: T201
        return 1
    if status != http.HTTPStatus.OK:
        print(f"it answers {status}", file=sys.stderr)  # noqa: T201
    return int(status != http.HTTPStatus.OK)


if __name__ == "__main__":
    sys.exit(main())
