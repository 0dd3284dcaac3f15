"""Uber Direct over real HTTP: the production adapter, and the couriers' side of the wire."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from sandboxed import CourierSide

from carriers.uber_direct import UberDirect
from domain import errors
from domain.bookings import BookingOrder, Cancellation
from domain.tracking import Scan, ScanKind


class Life:
    """One order at the sandbox's Uber, and what is heard of it."""

    def __init__(self, side: CourierSide, adapter: UberDirect, order: BookingOrder) -> None:
        self.side, self.adapter, self.order = side, adapter, order
        self.scans: dict[str, Scan] = {}

    async def offered(self, marks: str = "") -> BookingOrder:
        """The order under a fresh key, with a quote to book it by."""
        dropoff = self.order.request.dropoff.model_copy(update={"instructions": marks})
        request = self.order.request.model_copy(update={"dropoff": dropoff})
        [offer] = await self.adapter.quote(request)
        assert offer.expires_at is not None
        assert offer.expires_at > datetime.now(UTC)
        offered = {"carrier_reference": offer.carrier_reference, "cost": offer.cost}
        changes = {"offer": self.order.offer.model_copy(update=offered), "key": str(uuid4()), "request": request}
        self.order = self.order.model_copy(update=changes)
        return self.order

    async def until(self, kind: ScanKind) -> Scan:
        """Hears webhooks of this order until one is of a kind; every signature is checked on the way."""
        async with asyncio.timeout(30):
            while True:
                heard = await self.side.heard.get()
                for told in self.adapter.parse_webhook(heard.headers, heard.body):
                    if told.booking_key == self.order.key:
                        self.scans.setdefault(told.id, told)
                        if told.kind is kind:
                            return told


@pytest.fixture
async def life(couriers: dict[str, CourierSide], http: httpx.AsyncClient, order: BookingOrder) -> Life:
    side = couriers["uber_direct"]
    return Life(side, UberDirect(side.account(breaker_failures=1000), http), order)


async def test_a_delivery_lives_to_its_end(life: Life) -> None:
    order = await life.offered()
    booked = await life.adapter.book(order)
    assert (booked.confirmed, booked.cost) == (True, order.offer.cost)
    delivered = await life.until(ScanKind.DELIVERED)
    assert delivered.proof
    assert delivered.proof.photo_url
    kinds = [told.kind for told in sorted(life.scans.values(), key=lambda told: told.occurred_at)]
    assert list(dict.fromkeys(kinds)) == [
        ScanKind.ACCEPTED,
        ScanKind.COURIER_TO_PICKUP,
        ScanKind.AT_PICKUP,
        ScanKind.PICKED_UP,
        ScanKind.OUT_FOR_DELIVERY,
        ScanKind.AT_DROPOFF,
        ScanKind.DELIVERED,
    ]
    assert {told.booking_reference for told in life.scans.values()} == {booked.reference}
    assert any(told.carrier_code == "courier_update" for told in life.scans.values())
    assert {told.id for told in await life.adapter.track(booked)} <= set(life.scans)
    with pytest.raises(errors.CarrierRejected) as late:
        await life.adapter.cancel(booked, "customer_request")
    assert late.value.data["reason"] == "too_late"


async def test_an_order_whose_answer_was_lost_is_booked_once(life: Life) -> None:
    order = await life.offered("[sandbox:slow_pickup]")
    assert await life.adapter.find_booking(order) is None
    await life.side.will("lose_reply", "book")
    with pytest.raises(errors.CarrierUnavailable) as lost:
        await life.adapter.book(order)
    assert lost.value.data["sent"]
    found = await life.adapter.find_booking(order)
    again = await life.adapter.book(order)
    assert found
    assert again.reference == found.reference
    [kept] = [taken for taken in await life.side.bookings() if taken["order_id"] == order.key]
    assert kept["posted"] == 2
    for _ in range(2):
        assert await life.adapter.cancel(again, "customer_request") == Cancellation()
    await life.until(ScanKind.CANCELLED)
    assert await life.adapter.find_booking(order) is None


async def test_nobody_home_and_it_comes_back_by_itself(life: Life) -> None:
    booked = await life.adapter.book(await life.offered("[sandbox:waits_for_decision]"))
    assert (await life.until(ScanKind.RETURNING)).reason == "customer_unavailable"
    returned = await life.until(ScanKind.RETURNED)
    assert returned.booking_reference == booked.reference
    assert returned.id in {told.id for told in await life.adapter.track(booked)}


async def test_what_is_stolen_is_paid_for(life: Life) -> None:
    booked = await life.adapter.book(await life.offered("[sandbox:lost]"))
    await life.until(ScanKind.CANCELLED)
    refunded = await life.until(ScanKind.REFUNDED)
    assert refunded.description.startswith("BRL ")
    assert refunded.id in {told.id for told in await life.adapter.track(booked)}


async def test_a_quote_is_good_once_and_for_a_while(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    order = await life.offered("[sandbox:slow_pickup]")
    booked = await life.adapter.book(order)
    with pytest.raises(errors.CarrierRejected) as used:
        await life.adapter.book(order.model_copy(update={"key": str(uuid4())}))
    assert used.value.data["reason"] == "quote_used"
    await life.adapter.cancel(booked, "customer_request")
    monkeypatch.setattr("sandbox.uber_direct.telling.QUOTE_LIVES_S", -1)
    [stale] = await life.adapter.quote(order.request)
    late = {"offer": order.offer.model_copy(update={"carrier_reference": stale.carrier_reference}), "key": str(uuid4())}
    with pytest.raises(errors.CarrierRejected) as expired:
        await life.adapter.book(order.model_copy(update=late))
    assert expired.value.data["reason"] == "quote_expired"


async def test_a_price_may_drift_and_a_courier_refuse(life: Life) -> None:
    dear = await life.adapter.book(await life.offered("[sandbox:price_drift,slow_pickup]"))
    assert dear.cost
    assert dear.cost.amount == round(life.order.offer.cost.amount * 1.6)
    await life.adapter.cancel(dear, "price_drift")
    with pytest.raises(errors.CarrierRejected) as refused:
        await life.adapter.book(await life.offered("[sandbox:refused_at_once]"))
    assert refused.value.data["reason"] == "region_not_served"
    await life.adapter.book(await life.offered("[sandbox:refused]"))
    await life.until(ScanKind.CANCELLED)
