"""A carrier that nobody has heard of: one file in the folder, and it is asked for offers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.carriers import InMemoryAccountStore

import carriers
from activities.quotes import AskCarrier, QuoteActivities
from carriers import CarrierBook, discover
from domain.bookings import BookingSafety
from domain.money import Currency, Money
from domain.quotes import AccountRef, CarrierAccount, QuoteRequest

ADAPTER = '''
"""Pombo Correio, by air."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import httpx
from pydantic import Field, SecretStr

from carriers._base import AdapterCredentials, AdapterSettings, CarrierAdapter, Reply, Said
from carriers._base import hmac_sha256, money, no, signed
from domain import errors
from domain.availability import Availability
from domain.bookings import Booking, BookingOrder, BookingSafety, Cancellation, Instruction
from domain.quotes import CarrierOffer, Offer, QuoteRequest
from domain.tracking import Scan, ScanKind, scan_id

# ── settings and credentials ──────────────────────────────────────────────────────────────────────────────


class Credentials(AdapterCredentials):
    """Its key, for both ways."""

    api_key: Annotated[SecretStr, Field(min_length=1)]


# ── status and error tables ───────────────────────────────────────────────────────────────────────────────

_STATUSES = {"FLYING": ScanKind.IN_TRANSIT, "LANDED": ScanKind.DELIVERED}
_MEANINGS = {"TOO_HEAVY": no("too_heavy"), "401": no("unauthorized")}


class _Price(Said):
    reais: str


class _Flight(Said):
    flight: str
    order: str
    status: str
    at: str


# ── operations ────────────────────────────────────────────────────────────────────────────────────────────


class Pombo(CarrierAdapter[AdapterSettings, Credentials]):
    """One bird a booking; the same order id is the same bird."""

    code = "pombo"
    name = "Pombo Correio"
    safety = BookingSafety.IDEMPOTENT
    statuses = _STATUSES
    meanings = _MEANINGS
    settings_model = AdapterSettings
    credentials_model = Credentials

    async def authorise(self, request: httpx.Request) -> None:
        request.headers["x-key"] = self.credentials.api_key.get_secret_value()

    def explain(self, reply: Reply) -> tuple[str, str]:
        return reply.text_at("error"), ""

    async def quote(self, request: QuoteRequest) -> Sequence[CarrierOffer]:
        said = (await self.send("POST", "/price", operation="quote", json={"grams": request.weight_g})).read(_Price)
        cost = money(said.reais, "BRL")
        if cost is None:
            raise errors.CarrierMisbehaved(reason="no_price")
        return [CarrierOffer(service="pigeon", cost=cost)]

    async def availability(self, request: QuoteRequest, offer: Offer) -> Availability:
        await self.quote(request)
        return Availability(available=True)

    async def book(self, order: BookingOrder) -> Booking:
        reply = await self.send("PUT", f"/flights/{order.key}", operation="book", json={})
        return self.booking(order, reply.read(_Flight).flight)

    async def find_booking(self, order: BookingOrder) -> Booking | None:
        return await self.book(order)

    async def cancel(self, booking: Booking, reason: str) -> Cancellation:
        await self.send("DELETE", f"/flights/{booking.key}", operation="cancel", json_due=False)
        return Cancellation()

    async def track(self, booking: Booking) -> Sequence[Scan]:
        flight = (await self.send("GET", f"/flights/{booking.key}", operation="track")).read(_Flight)
        return [self._scan(flight)]

    async def decide(self, instruction: Instruction) -> None:
        raise errors.CarrierRejected(reason="takes_no_instructions")

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Scan]:
        proof = headers.get("x-signature", ""), hmac_sha256(self.credentials.api_key, body)
        return [self._scan(signed(body, _Flight, proof))]

    def _scan(self, flight: _Flight) -> Scan:
        told: dict[str, Any] = {"kind": _STATUSES.get(flight.status, ScanKind.UNKNOWN), "occurred_at": flight.at}
        own = scan_id(flight.flight, flight.status)
        return self.scan(id=own, booking_reference=flight.flight, booking_key=flight.order, **told)


ADAPTER = Pombo
'''


@pytest.fixture
def pombo(tmp_path: Path) -> Iterator[None]:
    """The file lies where carriers lie."""
    (tmp_path / "pombo.py").write_text(ADAPTER)
    carriers.__path__.append(str(tmp_path))
    discover.cache_clear()
    yield
    carriers.__path__.remove(str(tmp_path))
    discover.cache_clear()


async def test_one_file_more_and_it_is_asked(pombo: None, scripted: Any, request_: QuoteRequest) -> None:
    scripted.on("/price", (200, {"reais": "12.90"}))
    account = CarrierAccount(
        carrier="pombo",
        account="one",
        name="Pombo",
        margin_percent=10,
        settings={"base_url": scripted.url},
        credentials={"api_key": "k"},
    )
    book = CarrierBook(InMemoryAccountStore(account))
    [profile] = [profile for profile in book.profiles() if profile.code == "pombo"]
    assert (profile.name, profile.safety) == ("Pombo Correio", BookingSafety.IDEMPOTENT)
    assert [known.ref for known in await book.enabled()] == [account.ref]
    ref = AccountRef(carrier="pombo", account="one")
    ask = AskCarrier(account=ref, request=request_, deadline=timedelta(seconds=5), offer_ttl=timedelta(minutes=5))
    [offer] = (await QuoteActivities(book).ask_carrier(ask)).offers
    assert (offer.cost, offer.price) == (
        Money(amount=1290, currency=Currency.BRL),
        Money(amount=1419, currency=Currency.BRL),
    )
    assert scripted.asked[0].headers["x-key"] == "k"
    await book.close()


def test_without_the_file_nobody_has_heard_of_it() -> None:
    assert "pombo" not in discover()
