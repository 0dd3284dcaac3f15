"""A small world for workflow tests: a scripted carrier, stores in memory, and workers on a real server."""

import asyncio
import itertools
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.availability import AvailabilityActivities
from activities.deliveries import DeliveryActivities
from activities.quotes import QuoteActivities
from activities.tracking import TrackingActivities
from domain import errors
from domain.availability import Availability, Hours, PostalRange, Radius, ServiceArea, Slot
from domain.bookings import Booking, BookingOrder, BookingSafety, Cancellation, Instruction
from domain.deliveries import Delivery, DeliveryPolicy, DeliveryRequest, DeliveryStatus, RecordMove
from domain.ledger import Entry, imbalance
from domain.money import Currency, Money
from domain.pauses import Pause, PauseMode
from domain.places import Points
from domain.quotes import AccountRef, CarrierAccount, CarrierOffer, Decline, Offer, QuoteRequest
from domain.routing import Asking, asking
from domain.sla import SlaTerms
from domain.terms import Margin
from domain.tracking import Scan, ScanKind
from runtime.temporal import make_worker
from workers.heartbeats import Heartbeats
from workers.interceptors import DomainErrors
from workflows import addressing, messages, search
from workflows.deliveries import DeliveryWorkflow
from workflows.upkeep import SweepInboxWorkflow

Keep = Callable[[str, WorkflowHandle[Any, Any]], Awaitable[None]]
"""Keeps a run's history under a name, where the tests run with --record."""


def brl(amount: int) -> Money:
    return Money(amount=amount, currency=Currency.BRL)


def stop(postal_code: str = "01310200", **more: Any) -> dict[str, Any]:
    address = {
        "street": "Avenida Paulista",
        "number": "1578",
        "district": "Bela Vista",
        "city": "São Paulo",
        "state": "SP",
        "postal_code": postal_code,
    }
    return {"contact": {"name": "Ana"}, "address": address, **more}


def request(**more: Any) -> DeliveryRequest:
    body = {"pickup": stop(), "dropoff": stop("04538133"), "parcels": [{"description": "Bolo", "weight_g": 1500}]}
    return DeliveryRequest.model_validate({**body, **more})


class ScriptedCarrier:
    """A carrier that does as told; `on` maps an operation to what happens instead, consumed one call at a time."""

    safety: ClassVar[BookingSafety] = BookingSafety.FINDABLE
    acknowledges: ClassVar[int] = 202

    def __init__(self, ref: AccountRef, cost: int = 1000, minutes: int = 40, confirms: bool = True) -> None:
        self.ref, self.cost, self.minutes, self.confirms = ref, cost, minutes, confirms
        self.on: dict[str, list[Any]] = defaultdict(list)
        self.calls: list[str] = []
        self.bookings: dict[str, Booking] = {}
        self.cancelled: list[str] = []
        self.instructions: list[Instruction] = []
        self.reports: list[Scan] = []
        self.requests: dict[str, QuoteRequest] = {}
        self.orders: list[BookingOrder] = []
        self._numbers = itertools.count(1)

    async def _told(self, operation: str) -> Any:
        self.calls.append(operation)
        todo = self.on[operation].pop(0) if self.on[operation] else None
        if callable(todo):
            todo = todo()
        if asyncio.iscoroutine(todo):
            todo = await todo
        if isinstance(todo, Exception):
            raise todo
        return todo

    async def quote(self, request: QuoteRequest) -> Sequence[CarrierOffer]:
        self.requests["quote"] = request
        if (told := await self._told("quote")) is not None:
            return told
        arrives = datetime.now(UTC) + timedelta(minutes=self.minutes)
        return [CarrierOffer(service="moto", cost=brl(self.cost), delivery_eta_at=arrives)]

    async def availability(self, request: QuoteRequest, offer: Offer) -> Availability:
        self.requests["availability"] = request
        return await self._told("availability") or Availability(available=True)

    async def book(self, order: BookingOrder) -> Booking:
        self.requests["book"] = order.request
        self.orders.append(order)
        before = await self._told("book")
        assert order.key not in self.bookings, "booked twice under one key"
        booking = before or Booking(
            carrier=self.ref.carrier,
            carrier_account=self.ref.account,
            offer_id=order.offer.id,
            key=order.key,
            attempt=order.attempt,
            reference=f"{self.ref.account}-{next(self._numbers)}",
            confirmed=self.confirms,
        )
        self.bookings[order.key] = booking
        await self._told("booked")
        return booking

    async def find_booking(self, order: BookingOrder) -> Booking | None:
        await self._told("find")
        return self.bookings.get(order.key)

    async def cancel(self, booking: Booking, reason: str) -> Cancellation:
        told = await self._told("cancel")
        self.cancelled.append(booking.key)
        return told or Cancellation()

    async def track(self, booking: Booking) -> Sequence[Scan]:
        await self._told("track")
        return self.reports

    async def decide(self, instruction: Instruction) -> None:
        await self._told("decide")
        self.instructions.append(instruction)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Scan]:
        raise NotImplementedError

    @property
    def live(self) -> list[str]:
        return [key for key in self.bookings if key not in self.cancelled]


@dataclass
class World:
    """Implements the ports the activities need, in memory."""

    carriers: dict[AccountRef, ScriptedCarrier] = field(default_factory=dict)
    rows: dict[str, Delivery] = field(default_factory=dict)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    journal: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    entries_of: dict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    slots: dict[str, Slot] = field(default_factory=dict)
    capacity: int = 100
    areas_open: bool = True
    radius: Radius | None = None
    paused: dict[str, PauseMode] = field(default_factory=dict)
    preferred: set[str] = field(default_factory=set)
    left_out: tuple[Decline, ...] = ()

    def carrier(self, name: str, **more: Any) -> ScriptedCarrier:
        ref = AccountRef(carrier="scripted", account=name)
        self.carriers[ref] = ScriptedCarrier(ref, **more)
        return self.carriers[ref]

    # ports: Carriers
    async def reach(self, ref: AccountRef) -> ScriptedCarrier:
        return self.carriers[ref]

    async def account(self, ref: AccountRef) -> CarrierAccount:
        return CarrierAccount(carrier=ref.carrier, account=ref.account, name=ref.account, margin_percent=20)

    async def enabled(self) -> Sequence[CarrierAccount]:
        return [await self.account(ref) for ref in self.carriers]

    async def asked(self, request: QuoteRequest, organisation_id: str) -> Asking:
        return asking(await self.enabled(), (), (), request, organisation_id, datetime.now(UTC))

    async def pause(self, ref: AccountRef) -> Pause | None:
        if ref.account not in self.paused:
            return None
        fields = {"carrier": ref.carrier, "mode": self.paused[ref.account], "reason": "outage", "actor": "usr_s"}
        return Pause.model_validate({**fields, "created_at": datetime.now(UTC)})

    # DeliveryStore
    async def record(self, move: RecordMove) -> None:
        told = self.journal[move.delivery.id]
        for line in move.lines:
            if line.seq <= len(told):
                if told[line.seq - 1].digest() != line.digest():
                    raise errors.DeliveryDiverged(f"{told[line.seq - 1]} is not {line}")
                continue
            assert line.seq == len(told) + 1
            told.append(line)
        known = {entry.id for entry in self.entries_of[move.delivery.id]}
        self.entries_of[move.delivery.id] += [entry for entry in move.entries if entry.id not in known]
        assert not imbalance(self.entries_of[move.delivery.id])
        self.rows[move.delivery.id] = move.delivery
        self.states[move.delivery.id] = move.state

    # AvailabilityStore
    async def areas(self) -> Sequence[ServiceArea]:
        if not self.areas_open:
            return []
        always = [
            Hours.model_validate({"weekday": day, "opens": "00:00", "closes": "23:59:59.999999"}) for day in range(7)
        ]
        span = PostalRange(first="01000000", last="05999999")
        where = {"radius": self.radius} if self.radius else {"postal_ranges": (span,)}
        return [ServiceArea(id="area_sp", name="SP", hours=tuple(always), capacity=self.capacity, **where)]

    async def reserve(self, slot: Slot, capacity: int) -> Slot | None:
        if slot.delivery_id not in self.slots and len(self.slots) >= capacity:
            return None
        return self.slots.setdefault(slot.delivery_id, slot)

    async def release(self, delivery_id: str) -> None:
        self.slots.pop(delivery_id, None)

    # ScanStore
    async def keep(self, scans: Sequence[Scan]) -> Sequence[Any]:
        return []

    async def signalled(self, scans: Sequence[Scan], after_close: bool = False) -> None:
        return None

    def kinds(self, delivery_id: str) -> list[str]:
        return [line.kind for line in self.journal[delivery_id]]

    def owed(self, delivery_id: str, account: str = "customer_receivable") -> int:
        return sum(e.money.amount for e in self.entries_of[delivery_id] if e.account == account)

    def accounts(self) -> tuple[messages.Asked, ...]:
        out = {decline.carrier_account for decline in self.left_out}
        return tuple(
            messages.Asked(carrier=ref.carrier, account=ref.account, preferred=ref.account in self.preferred)
            for ref in self.carriers
            if ref.account not in out
        )


@asynccontextmanager
async def workers(client: Client, world: Any, **more: Any) -> AsyncIterator[None]:
    """Every queue's worker, without a workflow cache: each task replays from the start, so that a story which
    depends on anything but its history shows at once."""
    deliveries = DeliveryActivities(world, world)
    settings: dict[str, Any] = {"max_cached_workflows": 0, "graceful_shutdown_timeout": timedelta(0), **more}
    availability = AvailabilityActivities(world, world)
    tracking = TrackingActivities(world, world, world)
    made = [
        make_worker(
            client,
            addressing.DELIVERIES,
            workflows=[DeliveryWorkflow, SweepInboxWorkflow],
            activities=[
                deliveries.record_move,
                deliveries.book_carrier,
                deliveries.cancel_booking,
                deliveries.instruct_carrier,
            ],
            interceptors=[DomainErrors(), Heartbeats()],
            **settings,
        ),
        make_worker(
            client,
            addressing.QUOTES,
            activities=[QuoteActivities(world).ask_carrier],
            interceptors=[DomainErrors(), Heartbeats()],
        ),
        make_worker(
            client,
            addressing.AVAILABILITY,
            activities=[availability.reserve_slot, availability.release_slot],
            interceptors=[DomainErrors(), Heartbeats()],
        ),
        make_worker(
            client,
            addressing.TRACKING,
            activities=[tracking.poll_carrier, tracking.sweep_inbox],
            interceptors=[DomainErrors(), Heartbeats()],
        ),
    ]
    async with made[0], made[1], made[2], made[3]:
        yield


class Life:
    """One delivery in a test."""

    def __init__(
        self, client: Client, world: World, policy: DeliveryPolicy | None = None, its_id: str | None = None
    ) -> None:
        self.client, self.world = client, world
        self.id = its_id or f"del_{uuid.uuid4().hex}"
        self.policy = policy or DeliveryPolicy()
        self.points: Points | None = None
        self.terms: SlaTerms | None = None
        self.margin: Margin | None = None
        self.handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(addressing.delivery_workflow_id(self.id))
        self._scans = itertools.count(1)

    async def requested(self, **more: Any) -> Delivery:
        """Starts it and waits for the offers."""
        operation = WithStartWorkflowOperation(
            DeliveryWorkflow.run,
            messages.DeliveryStart(
                delivery_id=self.id,
                organisation_id="org_1",
                actor="usr_1",
                request=request(**more),
                points=self.points,
                accounts=self.world.accounts(),
                left_out=self.world.left_out,
                policy=self.policy,
                terms=self.terms,
                margin=self.margin,
            ),
            id=addressing.delivery_workflow_id(self.id),
            task_queue=addressing.DELIVERIES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=search.at_start("org_1", "express"),
        )
        return await self.client.execute_update_with_start_workflow(
            DeliveryWorkflow.quoted,
            messages.Quoted(actor="usr_1"),
            start_workflow_operation=operation,
            id=f"quoted-{self.id}",
        )

    async def accept(self, delivery: Delivery, account: str | None = None, **more: Any) -> Delivery:
        offers = [offer for offer in delivery.offers if account in (None, offer.carrier_account)]
        ask = messages.Accept(actor="usr_1", offer_id=offers[0].id, **more)
        return await self.handle.execute_update(DeliveryWorkflow.accept, ask)

    async def ask(self, update: Callable[..., Any], ask: Any, **more: Any) -> Delivery:
        return await self.handle.execute_update(update, ask, **more)

    @property
    def row(self) -> Delivery:
        return self.world.rows[self.id]

    async def until(self, ready: Callable[[Delivery], bool]) -> Delivery:
        for _ in range(6000):
            if self.id in self.world.rows and ready(self.row):
                return self.row
            await asyncio.sleep(0.01)
        raise AssertionError(f"still {self.row.status}, {self.row.attention}: {self.world.kinds(self.id)}")

    async def reaches(self, status: str) -> Delivery:
        return await self.until(lambda delivery: delivery.status == status)

    def scan(self, kind: str, minutes: float = 0, **more: Any) -> Scan:
        booking = self.row.booking
        fields = {
            "id": f"scan-{next(self._scans)}",
            "carrier": "scripted",
            "carrier_account": booking.carrier_account if booking else "x",
            "booking_reference": booking.reference if booking else "unknown",
            "kind": ScanKind(kind),
            "carrier_code": kind.upper(),
            "occurred_at": datetime(2030, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes),
        }
        return Scan.model_validate({**fields, **more})

    async def reports(self, *scans: Scan | str) -> None:
        told = tuple(self.scan(s, minutes=i) if isinstance(s, str) else s for i, s in enumerate(scans))
        await self.handle.signal(DeliveryWorkflow.carrier_reported, messages.CarrierReport(scans=told))

    async def booked(self, **more: Any) -> Delivery:
        """From request to booked, on the first offer."""
        await self.accept(await self.requested(**more))
        return await self.reaches(DeliveryStatus.BOOKED)
