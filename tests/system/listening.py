"""Who listens where, as the kernel says, and what a port says to who speaks in the clear."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

import psutil


class Listener(NamedTuple):
    """A port that a part, or a child of its process, listens on."""

    part: str
    address: str
    port: int


def listeners(pids: Mapping[str, int]) -> set[Listener]:
    """Every one of these parts' processes."""
    found = set()
    for part, pid in pids.items():
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            for connection in each.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN:
                    found.add(Listener(part, connection.laddr.ip, connection.laddr.port))
    return found


async def said_to_plaintext(port: int, address: str = "127.0.0.1") -> bytes:
    """All that is answered to a request for metrics without TLS."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        async with asyncio.timeout(20):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def refused(said: bytes) -> bool:
    """Whether that was nothing, or no more than that TLS is wanted."""
    return said == b"" or said.startswith(b"HTTP/1.0 400 ")
