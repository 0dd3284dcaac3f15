"""What probes are told of a process that serves no API."""

import asyncio
import time
from typing import Any

from runtime.pulse import Pulse


def _asked(pulse: Pulse, path: str) -> tuple[str, bytes]:
    said: list[str] = []
    page = pulse.beside(lambda _environ, start: (start("200 OK", []), [b"metrics"])[1])
    body: Any = page({"PATH_INFO": path}, lambda status, _headers: said.append(status))
    return said[0], b"".join(body)


async def test_it_is_ready_while_it_takes_work_and_lives_on_while_it_ends_it() -> None:
    pulse = Pulse()
    async with pulse.beating():
        assert _asked(pulse, "/healthz/ready") == ("503 Service Unavailable", b"no\n")
        with pulse.serving():
            assert _asked(pulse, "/healthz/ready") == ("200 OK", b"ok\n")
        assert _asked(pulse, "/healthz/ready")[0].startswith("503")
        assert _asked(pulse, "/healthz/live") == ("200 OK", b"ok\n")
    assert _asked(pulse, "/metrics") == ("200 OK", b"metrics")


async def test_a_loop_that_stands_still_is_found_dead() -> None:
    pulse = Pulse()
    async with pulse.beating(serving=True):
        await asyncio.sleep(0)
        assert pulse.ready()
        later = time.monotonic() + 60
        assert not pulse.live(later)
