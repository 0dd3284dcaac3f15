"""A customer's side of the wire: a server that answers call by call as it is told, and remembers what it was sent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from standardwebhooks import Webhook

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Call:
    """What came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> dict[str, object]:
        """What it says, if the library says that we sent it; raises otherwise."""
        told: dict[str, object] = Webhook(secret).verify(self.body, self.headers)
        return told

    def signed(self, secret: str) -> bool:
        """Whether the library would have signed it so, whatever the time it was sent at."""
        at = datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)
        told: str = Webhook(secret).sign(self.id, at, self.body.decode())
        return told in self.headers["webhook-signature"].split(" ")


@dataclass
class Receiver:
    """Does what `on` says for the next calls, then what `then` says."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    then: Script = field(default_factory=lambda: says(204))
    on: list[Script] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [call.id for call in self.calls]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.strip().split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.calls.append(Call(first.split(" ")[1], headers, body))
                await (self.on.pop(0) if self.on else self.then)(writer)
                await writer.drain()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()


def says(status: int, *headers: str, body: bytes = b"") -> Script:
    head = "\r\n".join([f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers, "", ""]).encode()

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(head + body)

    return script


async def hangs(_: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drips_its_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 x\r\n")
    while True:
        writer.write(b"X-More: 1\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def breaks_off(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def floods(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            await writer.drain()
