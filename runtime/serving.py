"""An HTTP server that nobody notices leaving: it says that it is about to go, serves on for a while, and then ends.

On SIGTERM, in this order: `/healthz/ready` answers 503, and every answer asks whoever sent the request not to send
another on that connection; after `serve_on` seconds the door is shut, whoever knocked before still let in; connections
that stand are served for as long again, unless they end before; then those that stand idle are closed, and requests
under way have `GRACEFUL_S` more. So no request meets a connection that is being closed, as long as a proxy lets go of
those that stand idle before `serve_on` seconds have passed.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from socket import socket

import uvicorn

GRACEFUL_S = 10
LATER_S = 15
"""For what is done once an answer is out."""
_KEPT_S = 90  # longer than proxies keep a connection that stands idle: who closes it must not be us
_SHAKING_HANDS_S = 1.0
_TICK_S = 0.1


def leaves_within(serve_on: float) -> float:
    """Seconds from SIGTERM to the end, at most: orchestrators must wait longer."""
    return 2 * serve_on + GRACEFUL_S + LATER_S


class Leaving:
    """How far this process is on its way out: `begun` while it says so and serves on, `shut` once nobody new comes."""

    def __init__(self) -> None:
        self.begun = self.shut = False


class Server(uvicorn.Server):
    """Uvicorn's, but for its end. Two Ctrl-C end it at once."""

    def __init__(self, config: uvicorn.Config, leaving: Leaving, serve_on: float) -> None:
        config.timeout_keep_alive, config.timeout_graceful_shutdown = _KEPT_S, GRACEFUL_S
        super().__init__(config)
        self._leaving, self._serve_on = leaving, serve_on
        self._let_in: set[asyncio.Task[object]] = set()

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Leaves as the module says."""
        self._leaving.begun = True
        self.config.encoded_headers.append((b"connection", b"close"))
        began = time.monotonic()
        await self._while(lambda: time.monotonic() - began < self._serve_on)
        self._shut_the_door()
        self._leaving.shut = True
        shut = time.monotonic()
        least = min(_SHAKING_HANDS_S, self._serve_on)

        def somebody_stands() -> bool:
            passed = time.monotonic() - shut
            return passed < least or (bool(self.server_state.connections) and passed < self._serve_on)

        await self._while(somebody_stands)
        await super().shutdown(sockets)

    async def _while(self, so: Callable[[], bool]) -> None:
        tick = 0
        while so() and not self.force_exit:
            await self.on_tick(tick)  # the date in answers' headers goes on, and the header above gets there
            tick += 1
            await asyncio.sleep(_TICK_S)

    def _shut_the_door(self) -> None:
        """Takes in who waits before it: the kernel would hang up on them."""
        loop = asyncio.get_running_loop()
        for server in self.servers:
            for each in server.sockets:
                with each.dup() as door, contextlib.suppress(OSError):  # which says that nobody waits any more
                    while True:
                        connection, _ = door.accept()
                        connection.setblocking(False)
                        arrives = loop.connect_accepted_socket(self._protocol, connection, ssl=self.config.ssl)
                        task = asyncio.ensure_future(arrives)
                        task.add_done_callback(asyncio.Task.exception)  # seen: some hang up
                        self._let_in.add(task)
            server.close()

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made
