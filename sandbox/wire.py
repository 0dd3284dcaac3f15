"""What routes of every protocol stand on: refusals as problems, and faults committed on the wire itself."""

import asyncio
import gzip
import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from sandbox.couriers import Refusal
from sandbox.faults import Due, Fault, Operation
from sandbox.providers import Provider
from sandbox.world import World

_HANG_S = 60.0
_DRIP_S = 1.0
_SLOW_S = 3.0
_HUGE = 64 * 2**20
_CHUNK = b" " * 2**16


def world_of(request: Request) -> World:
    """The sandbox behind a request."""
    world: World = request.app.state.world
    return world


def provider_of(request: Request) -> Provider:
    """The provider in the path; raises a 404 Refusal."""
    provider = world_of(request).providers.get(request.path_params["provider"])
    if provider is None:
        raise Refusal(404, "No such provider")
    return provider


def problem(status: int, title: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error as carriers write it."""
    body = {"title": title, "status": status}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


class FaultyRoute(APIRoute):
    """A route whose first tag is its neutral operation, and which goes wrong when it is told to."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with the fault that is due around it."""
        handle, operation = super().get_route_handler(), Operation(str(self.tags[0]))

        async def faulty(request: Request) -> Response:
            try:
                provider = provider_of(request)
            except Refusal as refusal:
                return problem(refusal.status, refusal.title)
            due = world_of(request).faults.take(provider, operation)
            if due is None:
                return await handle(request)
            if due.fault is Fault.DOCUMENTED:
                return _documented(world_of(request), provider, due.code)
            instead = await _undone(due)
            return instead or _done(due, await handle(request))

        return faulty


def _documented(world: World, provider: Provider, code: str | None) -> Response:
    known = {error.code: error for error in world.protocols[provider.protocol].errors}
    if code not in known:
        raise Refusal(400, f"{provider.protocol} documents no error {code}")
    error = known[code]
    return JSONResponse(dict(error.body), error.status, dict(error.headers))


async def _undone(due: Due) -> Response | None:
    """What is answered without having done anything, if that is the fault."""
    match due.fault:
        case Fault.HANG:
            await asyncio.sleep(due.seconds or _HANG_S)
            return Broken(b"", 0, 0)
        case Fault.REFUSE:
            return problem(422, "Refused")
        case Fault.FAIL:
            return problem(503, "Out of order")
        case Fault.THROTTLE:
            return problem(429, "Slow down", {"Retry-After": f"{due.seconds or 1:g}"})
        case Fault.REDIRECT:
            return Response(status_code=307, headers={"Location": "http://127.0.0.1:9/elsewhere"})
        case Fault.GARBAGE:
            return Response("<html><body>It works!</body></html>", media_type="text/html")
        case _:
            return None


def _done(due: Due, response: Response) -> Response:
    """What becomes of an answer after the deed."""
    body = bytes(response.body)
    match due.fault:
        case Fault.TRUNCATED:
            return Broken(body[: len(body) // 2], len(body), 0)
        case Fault.LOSE_REPLY:
            return Broken(b"", len(body), 0)
        case Fault.DRIP:
            return Broken(body, len(body), due.seconds or _DRIP_S)
        case Fault.HUGE:
            return Broken(_CHUNK * (_HUGE // len(_CHUNK)), _HUGE, 0)
        case Fault.BOMB:
            packed = gzip.compress(bytes(_HUGE))
            return Response(packed, response.status_code, {"Content-Encoding": "gzip"}, "application/json")
        case Fault.NOT_NUMBERS:
            return _rewritten(response, lambda value: float("nan") if isinstance(value, int | float) else value)
        case Fault.WRONG_TYPES:
            return _rewritten(response, lambda _value: [[]])
        case _:
            return response


def _rewritten(response: Response, change: Callable[[Any], Any]) -> Response:
    """The same answer, with each of its values (not its members' names) changed."""

    def rewrite(value: Any) -> Any:
        match value:
            case dict():
                return {name: rewrite(inner) for name, inner in value.items()}
            case list():
                return [rewrite(inner) for inner in value]
            case _:
                return change(value)

    told = rewrite(json.loads(bytes(response.body) or b"{}"))
    return Response(json.dumps(told), response.status_code, media_type="application/json")


class Broken(Response):
    """Promises `promised` bytes and sends `sent`, a byte every `pause_s` seconds if any; then the connection drops."""

    def __init__(self, sent: bytes, promised: int, pause_s: float) -> None:
        super().__init__(media_type="application/json")
        self._sent, self._promised, self._pause_s = sent, max(promised, 1), pause_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        headers = [(b"content-type", b"application/json"), (b"content-length", str(self._promised).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        size = 1 if self._pause_s else len(_CHUNK)
        for begin in range(0, len(self._sent), size):
            await send({"type": "http.response.body", "body": self._sent[begin : begin + size], "more_body": True})
            if self._pause_s:
                await asyncio.sleep(self._pause_s)


async def slowly(scenarios: list[str]) -> None:
    """A carrier that takes its time to answer a booking."""
    if "slow_reply" in scenarios:
        await asyncio.sleep(_SLOW_S)
