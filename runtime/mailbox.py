"""A mail server for one machine: it takes every letter, keeps it as a file, and sends nothing anywhere."""

import argparse
import asyncio
import ssl
import time
from pathlib import Path

import uuid_utils.compat as uuid
from aiosmtpd.smtp import SMTP, Envelope, Session

_MOST_BYTES = 1 << 20


class Mailbox:
    """Keeps what comes in `folder`, one `.eml` each, named by when it came."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        """One letter."""
        name = f"{time.strftime('%Y%m%dT%H%M%S')}-{uuid.uuid7().hex}.eml"
        content = envelope.content or b""
        fresh = self._folder / f".{name}"
        await asyncio.to_thread(fresh.write_bytes, content if isinstance(content, bytes) else content.encode())
        await asyncio.to_thread(fresh.replace, self._folder / name)
        return "250 kept"


async def serve(folder: Path, port: int, tls: ssl.SSLContext | None = None) -> asyncio.Server:
    """Listens on the loopback, with `tls` from the first byte; folder and server are the caller's, to make and to
    close."""
    loop, mailbox = asyncio.get_running_loop(), Mailbox(folder)

    def connection() -> SMTP:
        return SMTP(mailbox, hostname="entrega.localhost", data_size_limit=_MOST_BYTES, enable_SMTPUTF8=True, loop=loop)

    return await loop.create_server(connection, "127.0.0.1", port, ssl=tls)


async def _run(folder: Path, port: int, tls: ssl.SSLContext | None) -> None:
    async with await serve(folder, port, tls) as server:
        await server.serve_forever()


def main() -> None:
    """`python -m runtime.mailbox --port PORT --folder FOLDER [--certificate FILE --key FILE]`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    chosen = parser.parse_args()
    chosen.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tls = None
    if chosen.certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(chosen.certificate, chosen.key)
    asyncio.run(_run(chosen.folder, chosen.port, tls))


if __name__ == "__main__":
    main()
