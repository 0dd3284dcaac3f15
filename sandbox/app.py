"""The application: every protocol's routes, the controls, and the couriers riding beside them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from sandbox import control, maps
from sandbox.couriers import Refusal
from sandbox.wire import problem
from sandbox.world import World


def create_app(state: str, speed: float, authority: str | None = None) -> FastAPI:
    """The sandbox over a state file, `speed` times as fast as life; `authority` is believed when webhooks are sent."""
    world = World(state, speed)
    trust = httpx.create_ssl_context(trust_env=False)
    if authority is not None:
        trust.load_verify_locations(authority)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # noqa: ARG001
        async with httpx.AsyncClient(verify=trust, trust_env=False) as client:
            riding = asyncio.create_task(world.couriers.run(client))
            riding.add_done_callback(_never_ends)
            yield
            riding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await riding
        world.store.close()

    app = FastAPI(title="Sandbox", lifespan=lifespan, openapi_url="/control/openapi.json", docs_url="/control/docs")
    app.state.world = world
    app.include_router(control.router)
    app.include_router(maps.router)
    for protocol in world.protocols.values():
        app.include_router(protocol.routes(), prefix=f"/{protocol.name}/{{provider}}")

    @app.exception_handler(Refusal)
    async def refused(_: Request, refusal: Refusal) -> JSONResponse:
        return problem(refusal.status, refusal.title)

    @app.exception_handler(RequestValidationError)
    async def unreadable(_: Request, error: RequestValidationError) -> JSONResponse:
        where = "/".join(str(part) for part in error.errors()[0]["loc"])
        return problem(400, f"Unreadable: {where}")

    return app


def _never_ends(riding: "asyncio.Task[None]") -> None:
    """A city without couriers would look alive and be dead: better to fall, and be started again."""
    if not riding.cancelled() and (error := riding.exception()):
        raise SystemExit(1) from error
