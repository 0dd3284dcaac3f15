"""The couriers: they take bookings, ride, and report; what they do next is always in the store before it happens."""

import asyncio
import hashlib
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from sandbox import itineraries
from sandbox.bookings import (
    ENDS,
    Booking,
    Decision,
    Errand,
    Happening,
    Leg,
    Problem,
    Reason,
    State,
    Step,
    Told,
)
from sandbox.callbacks import Callbacks
from sandbox.city import Point, along, near, streets_m
from sandbox.clock import CityClock
from sandbox.faults import Faults
from sandbox.providers import Callback, Provider
from sandbox.store import Store

_NAMES = ("Ana Souza", "Bruno Lima", "Carla Dias", "Davi Rocha", "Elisa Nunes", "Fábio Melo", "Gabi Pinto", "Hugo Reis")
_ANSWER_WITHIN_S = 300.0  # city seconds
_ANSWER_WITHIN_AT_LEAST_S = 2.0  # wall seconds, so that a fast city still leaves time for HTTP
_UNTIL_BOOKED_S = 120.0  # city seconds between an estimate and the booking that it allows for
_UNTIL_BOOKED_AT_LEAST_S = 5.0  # wall seconds: whoever books does not hurry as the city does
_MARGIN_S = 900.0  # city seconds between the estimate and the latest delivery
_DRIFT_PERCENT = 60
_LONGEST_NAP_S = 1.0


Render = Callable[[Booking], Sequence[Callback]]
"""How a provider's protocol tells of a booking's latest happening, if it does."""


class Refusal(Exception):
    """The carrier says no at once, with an HTTP status and a reason for people."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status, self.title = status, title


@dataclass(frozen=True)
class Estimate:
    """What a ride costs, and until when it would be there and handed over if it were booked soon, in city seconds;
    `problem` where it cannot be had."""

    price_cents: int
    vehicle: str
    pickup_at: float
    dropoff_at: float
    problem: Reason | None


class Couriers:
    """Every provider's couriers, whatever protocol their company speaks."""

    def __init__(
        self, store: Store, clock: CityClock, faults: Faults, providers: dict[str, Provider], render: Render
    ) -> None:
        self._store, self._clock, self._providers, self._render = store, clock, providers, render
        self._bell = asyncio.Event()
        self._callbacks = Callbacks(store, clock, faults, self._bell.set)

    # What a carrier is asked

    def estimate(self, provider: Provider, errand: Errand) -> Estimate:
        """The same errand has the same estimate, so that a quote and the booking after it agree."""
        metres = streets_m(errand.pickup, errand.dropoff)
        vehicles = [v for v in errand.vehicles if v in provider.vehicles] if errand.vehicles else provider.vehicles
        there = itineraries.to_pickup(provider, self._start(provider, errand), errand.pickup)
        ride = itineraries.to_dropoff(provider, errand.pickup, errand.dropoff, [])
        handed_over = itineraries.hand_over([], [])[0]
        booked_at = self._clock.now() + max(_UNTIL_BOOKED_S, _UNTIL_BOOKED_AT_LEAST_S * self._clock.speed)
        pickup_at = booked_at + sum(leg.wait for leg in there)
        problem = Reason.TOO_FAR if metres > provider.reach_km * 1000 else None if vehicles else Reason.NO_VEHICLE
        return Estimate(
            price_cents=provider.price_cents(metres),
            vehicle=vehicles[0] if vehicles else "",
            pickup_at=pickup_at,
            dropoff_at=pickup_at + sum(leg.wait for leg in (*ride, handed_over)),
            problem=problem,
        )

    def book(self, provider: Provider, errand: Errand) -> Booking:
        """Take an order, durably; taking it twice is refused (422) unless the first attempt was rejected."""
        try:
            asked = itineraries.scenarios(errand.instructions, provider)
        except itineraries.UnknownScenario as unknown:
            raise Refusal(400, f"Unknown scenario {unknown}") from None
        last = self._store.last_booking(provider.name, errand.order_id)
        if last is not None and last.state is not State.REJECTED:
            last.posts += 1
            self._store.save_booking(last)
            raise Refusal(422, "Duplicate orderId")
        if "refused_at_once" in asked:
            raise Refusal(422, "No delivery person available")
        booking = self._new_booking(provider, errand, asked)
        self._store.add_booking(booking)
        self._bell.set()
        return booking

    def find(self, provider: Provider, order_id: str) -> Booking:
        """The latest attempt at an order."""
        booking = self._store.last_booking(provider.name, order_id)
        if booking is None:
            raise Refusal(404, "Order not found")
        return booking

    def cancel(self, provider: Provider, order_id: str) -> None:
        """Call the courier off, if the parcel has not been picked up; again is harmless."""
        booking = self.find(provider, order_id)
        if booking.state in (State.CANCELLED, State.REJECTED):
            return
        if booking.happened(Step.PICKED_UP):
            raise Refusal(422, "Order already picked up")
        if "refuses_cancel" in booking.scenarios:
            raise Refusal(422, "Cancellation refused")
        self._replan(booking, itineraries.cancelled(provider, booking.scenarios))

    def tell(self, provider: Provider, order_id: str, what: Told) -> None:
        """The merchant lets the courier know something that it may be waiting for."""
        booking = self.find(provider, order_id)
        if booking.state is not State.LIVE:
            raise Refusal(422, f"Order already {booking.state}")
        if what not in booking.told:
            booking.told.append(what)
            if booking.next_due is None:
                booking.arm(self._clock.now())
            self._store.save_booking(booking)
            self._bell.set()

    def decide(self, provider: Provider, order_id: str, decision: Decision) -> None:
        """The merchant says what to do about a problem; saying the same again is harmless."""
        booking = self.find(provider, order_id)
        problem = booking.problems[-1] if booking.problems else None
        if problem is not None and problem.decision is decision:
            return
        if problem is None or not problem.needs_decision or booking.history[-1].step is not Step.PROBLEM:
            raise Refusal(422, "No problem waits for a decision")
        problem.decision, problem.decided_at = decision, time.time()
        errand = booking.errand
        back = itineraries.way_back(provider, errand.pickup, errand.dropoff)
        self._replan(booking, itineraries.decided(decision, back, errand.returns, errand.awaits))

    def position(self, booking: Booking, city_at: float) -> Point:
        """Where the courier was at a city second."""
        provider, errand, last = self._providers[booking.provider], booking.errand, booking.at
        if booking.happened(Step.RETURNED):
            return errand.pickup
        match last.step:
            case Step.TO_PICKUP:
                way = (booking.courier_start, errand.pickup)
            case Step.AT_PICKUP | Step.PICKED_UP:
                return errand.pickup
            case Step.TO_DROPOFF:
                way = (errand.pickup, errand.dropoff)
            case Step.AT_DROPOFF | Step.HANDED_OVER | Step.FINISHED:
                return errand.dropoff
            case Step.RETURNING:
                way = (errand.dropoff, errand.pickup)
            case _:
                return booking.courier_start
        return along(*way, (city_at - last.city_at) / max(provider.ride_s(streets_m(*way)), 1))

    # What couriers do by themselves

    async def run(self, client: httpx.AsyncClient) -> None:
        """Do what is due and tell of it, for ever."""
        try:
            while True:
                self._bell.clear()
                self.catch_up()
                self._callbacks.dispatch(client)
                try:
                    async with asyncio.timeout(self._nap()):
                        await self._bell.wait()
                except TimeoutError:
                    continue
        finally:
            await self._callbacks.stop()

    def wake(self) -> None:
        """Something has changed: look again at what is due."""
        self._bell.set()

    def catch_up(self) -> None:
        """Take every step that has fallen due, in the order in which it did."""
        while (booking := self._store.next_booking()) and (booking.next_due or 0) <= self._clock.now():
            with self._store.transaction():
                self._take_step(booking)

    def _nap(self) -> float:
        waits = [_LONGEST_NAP_S]
        booking = self._store.next_booking()
        if booking is not None and booking.next_due is not None:
            waits.append(self._clock.wall(booking.next_due) - time.time())
        callback_at = self._store.next_callback_at(time.time())
        if callback_at is not None:
            waits.append(callback_at - time.time())
        return max(min(waits), 0)

    def _replan(self, booking: Booking, legs: list[Leg]) -> None:
        booking.plan = legs
        booking.arm(self._clock.now())
        with self._store.transaction():
            # What is due at once is done at once: whoever asks again finds it done.
            if legs[0].wait == 0:
                self._take_step(booking)
            else:
                self._store.save_booking(booking)
        self._bell.set()

    def _take_step(self, booking: Booking) -> None:
        leg, due = booking.plan.pop(0), booking.next_due
        assert due is not None, "only an armed step is taken"
        at = self._clock.wall(due)
        booking.history.append(Happening(step=leg.step, city_at=due, at=at, reason=leg.reason))
        booking.state = ENDS.get(leg.step, booking.state)
        if leg.step is Step.PROBLEM and leg.reason is not None:
            asks = leg.reason is Reason.NOBODY_HOME
            booking.problems.append(Problem(reason=leg.reason, at=at, needs_decision=asks))
        booking.arm(due)
        self._store.save_booking(booking)
        self._tell(booking)

    def _tell(self, booking: Booking) -> None:
        step = booking.history[-1].step
        silent = "silent" in booking.scenarios and step not in (Step.ACCEPTED, Step.REJECTED)
        if not silent and "silent_all" not in booking.scenarios:
            provider = self._providers[booking.provider]
            for callback in self._render(booking):
                self._callbacks.enqueue(provider, booking, callback)

    def _start(self, provider: Provider, errand: Errand) -> Point:
        """Where the provider's nearest courier waits: the same for everything that leaves from one door."""
        return near(errand.pickup, f"{provider.name}/{errand.pickup}")

    def _new_booking(self, provider: Provider, errand: Errand, asked: set[str]) -> Booking:
        estimate, start = self.estimate(provider, errand), self._start(provider, errand)
        now, wall = self._clock.now(), time.time()
        courier = int.from_bytes(hashlib.sha256(str(start).encode()).digest()[:2])
        if estimate.problem or "refused" in asked:
            plan = itineraries.refusal(provider, estimate.problem or Reason.NO_COURIER)
        else:
            plan = itineraries.itinerary(
                provider, start, errand.pickup, errand.dropoff, errand.returns, errand.awaits, asked
            )
        wanted = errand.deliver_within_minutes
        booking = Booking(
            delivery_id=str(uuid.uuid4()),
            provider=provider.name,
            errand=errand,
            scenarios=sorted(asked),
            created_at=wall,
            price_cents=estimate.price_cents,
            extra_percent=_DRIFT_PERCENT if "price_drift" in asked else 0,
            vehicle=estimate.vehicle,
            courier_id=f"{provider.name}-{courier}",
            courier_name=_NAMES[courier % len(_NAMES)],
            courier_start=start,
            pickup_estimate=estimate.pickup_at,
            dropoff_estimate=estimate.dropoff_at,
            deliver_by=now + wanted * 60 if wanted else estimate.dropoff_at + _MARGIN_S,
            answer_by=wall + max(_ANSWER_WITHIN_S / self._clock.speed, _ANSWER_WITHIN_AT_LEAST_S),
            plan=plan,
            history=[Happening(step=Step.PENDING, city_at=now, at=wall)],
        )
        booking.arm(now)
        return booking
