"""`python -m sandbox --port 8090 --state sandbox.db --speed 60`."""

import argparse

import uvicorn

from sandbox.app import create_app


def main() -> None:
    """Serves until SIGTERM or Ctrl-C; the state file remembers everything."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Courier companies on the wire.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--state", default="sandbox.db", help="SQLite file; made if absent")
    parser.add_argument("--speed", type=float, default=60, help="how many times faster than life (60)")
    parser.add_argument("--certificate", help="serve HTTPS with this one, in PEM, and --key")
    parser.add_argument("--key")
    parser.add_argument("--authority", help="who is believed when webhooks are sent, besides the public ones; PEM")
    chosen = parser.parse_args()
    app = create_app(chosen.state, chosen.speed, chosen.authority)
    uvicorn.run(
        app,
        host=chosen.host,
        port=chosen.port,
        log_level="warning",
        timeout_graceful_shutdown=2,
        ssl_certfile=chosen.certificate,
        ssl_keyfile=chosen.key,
    )


if __name__ == "__main__":
    main()
