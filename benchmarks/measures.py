"""The four figures."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy

from benchmarks.bare import QUEUE, BareWorkflow
from benchmarks.shop import REQUEST, Shop
from workflows.addressing import delivery_workflow_id

_AT_ONCE = 20
_REPORTS = {
    "ACCEPTED": "scan.accepted",
    "PICKUP_ONGOING": "scan.courier_to_pickup",
    "ARRIVED_AT_MERCHANT": "scan.at_pickup",
    "ORDER_PICKED": "scan.picked_up",
    "DELIVERY_ONGOING": "scan.in_transit",
    "ARRIVED_AT_CUSTOMER": "scan.at_dropoff",
    "ORDER_DELIVERED": "scan.delivered",
    "DELIVERY_FINISHED": "scan.finished",
}
"""Eight scans."""

_BY_HAND = "[sandbox:never_accepted]"
"""In the sandbox nothing will move: reports go when the stopwatch says."""

Progress = Callable[[int], None]


async def all_of(count: int, one: Callable[[], Awaitable[Any]], progress: Progress) -> float:
    """How many a second, so many at a time."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def placed() -> None:
        async with places:
            await one()
        progress(1)

    began = time.perf_counter()
    await asyncio.gather(*(placed() for _ in range(count)))
    return count / (time.perf_counter() - began)


async def lives_a_second(shop: Shop, count: int, progress: Progress) -> float:
    """From POST to delivered, through HTTP, carriers, webhooks and the live stream."""

    async def life() -> None:
        await shop.saw(await shop.order(), "delivery.delivered")

    return await all_of(count, life, progress)


@asynccontextmanager
async def bare_worker(address: str) -> AsyncIterator[None]:
    """The baseline's worker, in a process of its own as ours is."""
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.bare", address, stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout
    if not await worker.stdout.readline():
        raise RuntimeError("the bare workflow's worker did not start: its error is above")
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()


async def bare_lives_a_second(temporal: Client, count: int, progress: Progress) -> float:
    """The same commands, with nothing behind them."""

    async def life() -> None:
        start = WithStartWorkflowOperation(
            BareWorkflow.run, id=f"bare-{uuid4()}", task_queue=QUEUE, id_conflict_policy=WorkflowIDConflictPolicy.FAIL
        )
        await temporal.execute_update_with_start_workflow(BareWorkflow.quoted, start_workflow_operation=start)
        handle = await start.workflow_handle()
        await handle.execute_update(BareWorkflow.accept)
        for _ in range(8):
            await handle.signal(BareWorkflow.scanned)
        await handle.result()

    return await all_of(count, life, progress)


async def bare_round_trips(temporal: Client, count: int) -> list[float]:
    """Seconds from an update to the answer of a bare workflow that is already running."""
    start = await temporal.start_workflow(BareWorkflow.run, id=f"bare-{uuid4()}", task_queue=QUEUE)
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        await start.execute_update(BareWorkflow.quoted)
        taken.append(time.perf_counter() - began)
    await start.terminate()
    return taken


async def offers(shop: Shop, count: int, progress: Progress) -> list[float]:
    """Seconds from POST to the answer with every carrier's offer, one at a time."""
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        await shop.call("POST", "/v1/deliveries", json=REQUEST)
        taken.append(time.perf_counter() - began)
        progress(1)
    return taken


class Courier:
    """A carrier's side, by hand: reports go when the stopwatch says."""

    def __init__(self, sandbox: httpx.AsyncClient, provider: dict[str, Any]) -> None:
        self._sandbox, self._provider = sandbox, provider

    async def order_of(self, reference: str) -> dict[str, Any]:
        """The carrier's booking behind a delivery's `booking.reference`."""
        items = (await self._sandbox.get("/control/bookings")).json()["items"]
        return next(b for b in items if reference in (b["delivery_id"], b["order_id"]))

    def report(self, booking: dict[str, Any], kind: str, at: datetime) -> tuple[bytes, dict[str, str]]:
        """A signed webhook."""
        settings, credentials = self._provider["settings"], self._provider["credentials"]
        body = {
            "deliveryId": booking["delivery_id"],
            "orderId": booking["order_id"],
            "orderDisplayId": booking["display_id"],
            "merchant": {"id": settings["merchant_id"], "name": settings["merchant_name"]},
            "event": {"type": kind, "datetime": at.isoformat(), "message": kind},
            "customerName": "Ana",
        }
        raw = json.dumps(body).encode()
        headers = {
            "Content-Type": "application/json",
            "X-App-Id": settings["app_id"],
            "X-App-MerchantId": settings["merchant_id"],
            "X-App-Signature": hmac.new(credentials["client_secret"].encode(), raw, hashlib.sha256).hexdigest(),
        }
        return raw, headers


async def webhook_to_stream(shop: Shop, courier: Courier, count: int, progress: Progress) -> tuple[list[float], str]:
    """Seconds from sending a webhook to its line on the customer's stream, one at a time; and one of the deliveries
    that lived so, its scans spread in time."""
    taken, delivery_id = [], ""
    for _ in range(count):
        delivery_id = await shop.order(_BY_HAND)
        await shop.saw(delivery_id, "delivery.placed")
        delivery = await shop.call("GET", f"/v1/deliveries/{delivery_id}")
        booking = await courier.order_of(delivery["booking"]["reference"])
        now = datetime.now(UTC)
        for number, (kind, line) in enumerate(_REPORTS.items()):
            raw, headers = courier.report(booking, kind, now + timedelta(seconds=number))
            seen = asyncio.create_task(shop.saw(delivery_id, line))
            began = time.perf_counter()
            await shop.http.post("/v1/webhooks/open_delivery/ligeiro", content=raw, headers=headers)
            taken.append(await seen - began)
        progress(1)
    return taken, delivery_id


async def events_of_a_life(temporal: Client, delivery_id: str) -> int:
    """History events of a delivery, once it has settled."""
    handle = temporal.get_workflow_handle(delivery_workflow_id(delivery_id))
    while (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:  # its result is sealed, even to us
        await asyncio.sleep(0.2)
    return len((await handle.fetch_history()).events)
