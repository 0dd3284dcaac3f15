"""Servers that know places, or pretend to, answer by answer; and an address to ask for."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from domain.places import Address

Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Does what `then` says to every request, and remembers what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.heads: list[str] = []
        self.then: Script = says([])

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            where = urlsplit(head.split(" ")[1])
            self.heads.append(head)
            self.asked.append((where.path, dict(parse_qsl(where.query))))
            await self.then(writer)
            await writer.drain()


def says(told: Any, status: int = 200, *headers: str) -> Script:
    """Answers with JSON, or with these very bytes."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    head = "\r\n".join([f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers, "", ""]).encode()

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.write(head + body)

    return script


async def hangs(_: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drips(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 x\r\nContent-Length: 1000\r\n\r\n[")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def breaks_off(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 x\r\nContent-Length: 1000\r\n\r\n[")
    await writer.drain()
    writer.close()


async def floods(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()


def address(**more: Any) -> Address:
    known = {
        "street": "Avenida Paulista",
        "number": "1578",
        "complement": "Apto 31",
        "district": "Bela Vista",
        "city": "São Paulo",
        "state": "SP",
        "postal_code": "01310-200",
    }
    return Address.model_validate({**known, **more})
