"""EasyPost against the sandbox's mail: parcels' lives by real HTTP and signed webhooks."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from sandboxed import CourierSide

from carriers.easypost import EasyPost
from domain import errors
from domain.bookings import Booking, BookingOrder, Cancellation
from domain.quotes import Offer, QuoteRequest
from domain.tracking import Scan, ScanKind


class Mail:
    """One parcel, and whoever sends it."""

    def __init__(self, side: CourierSide, http: httpx.AsyncClient, request: QuoteRequest) -> None:
        self.side, self.request = side, request
        self.adapter = EasyPost(side.account(), http)

    async def posted(self, service: str = "correios_pac", scenario: str = "") -> Booking:
        """Quoted and bought."""
        mark = self.request.dropoff.model_copy(update={"instructions": scenario and f"[sandbox:{scenario}]"})
        request = self.request.model_copy(update={"dropoff": mark})
        [offer] = [one for one in await self.adapter.quote(request) if one.service == service]
        known = {**offer.model_dump(), "expires_at": "2030-01-01T00:00:00Z", "price": offer.cost}
        taken = Offer(**known, id="off_1", carrier="easypost", carrier_account="postal")
        self.order = BookingOrder(key=str(uuid4()), delivery_id="del_1", attempt=1, offer=taken, request=request)
        return await self.adapter.book(self.order)

    async def hears(self, booking: Booking, *until: ScanKind) -> list[ScanKind]:
        """Every kind that webhooks tell, in order, to the first of these."""
        told: dict[str, Scan] = {}
        async with asyncio.timeout(60):
            while not any(scan.kind in until for scan in told.values()):
                heard = await self.side.heard.get()
                scans = self.adapter.parse_webhook(heard.headers, heard.body)
                told |= {scan.id: scan for scan in scans if scan.booking_reference == booking.reference}
        return [scan.kind for scan in told.values()]


@pytest.fixture
def mail(couriers: dict[str, CourierSide], http: httpx.AsyncClient, request_: QuoteRequest) -> Mail:
    return Mail(couriers["easypost"], http, request_)


async def test_a_parcel_is_bought_once_labelled_tracked_and_signed_for(mail: Mail) -> None:
    booked = await mail.posted()
    assert booked.confirmed
    assert booked.cost == mail.order.offer.cost
    assert await mail.adapter.book(mail.order) == booked == await mail.adapter.find_booking(mail.order)
    label = await mail.side.http.get(str(booked.label_url))
    assert str(booked.tracking_number) in label.text
    way = [ScanKind.ACCEPTED, ScanKind.IN_TRANSIT, ScanKind.IN_TRANSIT, ScanKind.OUT_FOR_DELIVERY, ScanKind.DELIVERED]
    assert await mail.hears(booked, ScanKind.DELIVERED) == way
    tracked = await mail.adapter.track(booked)
    assert [one.kind for one in tracked] == way
    assert tracked[-1].proof is not None
    assert tracked[-1].proof.signed_by == "Maria Souza"
    with pytest.raises(errors.CarrierRejected) as late:
        await mail.adapter.cancel(booked, "customer_request")
    assert late.value.data["reason"] == "too_late"


async def test_a_faster_service_costs_more_days_less(mail: Mail) -> None:
    slow, fast = await mail.adapter.quote(mail.request)
    assert (slow.service, fast.service) == ("correios_pac", "correios_sedex")
    assert slow.cost.amount < fast.cost.amount
    assert (slow.delivery_days, fast.delivery_days) == (6, 1)


async def test_a_cancelled_parcel_is_paid_back_later(mail: Mail) -> None:
    booked = await mail.posted(scenario="slow_pickup")
    assert await mail.adapter.cancel(booked, "customer_request") == Cancellation(refund_pending=True)
    assert await mail.adapter.cancel(booked, "customer_request") == Cancellation(refund_pending=True)
    found = await mail.adapter.find_booking(mail.order)
    assert found is not None
    assert found.closed
    # On a busy machine the post may have taken note of the parcel before it was cancelled.
    assert (await mail.hears(booked, ScanKind.REFUNDED))[-2:] == [ScanKind.CANCELLED, ScanKind.REFUNDED]
    tracked = [one.kind for one in await mail.adapter.track(booked)]
    assert tracked[-2:] == [ScanKind.CANCELLED, ScanKind.REFUNDED]
    assert await mail.adapter.cancel(booked, "customer_request") == Cancellation()


async def test_a_refund_that_is_refused_is_found_by_asking(mail: Mail) -> None:
    booked = await mail.posted(scenario="slow_pickup,no_refund")
    assert (await mail.adapter.cancel(booked, "customer_request")).refund_pending
    async with asyncio.timeout(30):
        while not any(one.kind is ScanKind.REFUND_REJECTED for one in await mail.adapter.track(booked)):
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("scenario", "ends"), [("returned", ScanKind.RETURNED), ("lost", ScanKind.LOST), ("refused", ScanKind.CANCELLED)]
)
async def test_other_ways_a_parcel_may_go(mail: Mail, scenario: str, ends: ScanKind) -> None:
    booked = await mail.posted(scenario=scenario)
    assert (await mail.hears(booked, ends))[-1] is ends


async def test_a_purchase_may_be_refused_and_a_price_may_rise(mail: Mail) -> None:
    with pytest.raises(errors.CarrierRejected) as refused:
        await mail.posted(scenario="refused_at_once")
    assert refused.value.data["reason"] == "purchase_failed"
    booked = await mail.posted(scenario="price_drift")
    assert booked.cost is not None
    assert booked.cost.amount == round(mail.order.offer.cost.amount * 1.6)


async def test_a_request_that_lacks_something_is_refused_in_its_words(mail: Mail) -> None:
    nameless = mail.request.dropoff.contact.model_copy(update={"name": ""})
    dropoff = mail.request.dropoff.model_copy(update={"contact": nameless})
    with pytest.raises(errors.CarrierRejected) as refused:
        await mail.adapter.quote(mail.request.model_copy(update={"dropoff": dropoff}))
    assert refused.value.data["reason"] == "malformed"
    assert "unrecognised" not in refused.value.data
