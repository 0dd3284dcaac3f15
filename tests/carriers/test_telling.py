"""What is kept of what was said: enough to see what went wrong, and nothing that is anybody's."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fakes.carriers import InMemoryAccountStore
from fakes.exchanges import InMemoryExchangeLog
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers import CarrierBook
from carriers._base.redaction import MASK, Redactor, read, size
from carriers._base.telling import Transcript
from carriers._base.wire import Progress
from carriers.open_delivery import OpenDelivery
from domain import errors
from domain.bookings import Booking, BookingOrder, Decision, Instruction
from domain.exchanges import LARGEST, Exchange
from domain.money import Currency, Money
from domain.parcels import Parcel
from domain.places import Address, Contact, Stop
from domain.quotes import AccountRef, QuoteRequest

AVAILABILITY = "/v2/logistics/availability"
PRICE = {"deliveryPrice": {"price": {"value": 12.9, "currency": "BRL"}}, "vehicles": {"availableVehicles": 2}}

CANARIES = {
    "street": "Travessa dos Canários",
    "number": "7788",
    "complement": "Gaiola 31",
    "district": "Jardim Canário",
    "city": "Canarana",
    "postal_code": "99887766",
    "name": "Canária Passarinho",
    "phone": "+5511987654321",
    "email": "canaria@example.com",
    "tax_id": "12345678909",
    "instructions": "chave embaixo do vaso do canário",
    "description": "gaiola dourada",
    "latitude": "-23.512345",
    "longitude": "-46.612345",
    "secret": "s3cret-of-the-canary",
    "note": "o canário canta às onze",
    "reference": "pedido-do-canario",
}


@pytest.fixture
def private() -> QuoteRequest:
    """A request in which everything personal can be known again."""
    address = Address(
        **{name: CANARIES[name] for name in ("street", "number", "complement", "district", "city", "postal_code")},
        state="SP",
        latitude=float(CANARIES["latitude"]),
        longitude=float(CANARIES["longitude"]),
    )
    contact = Contact(**{name: CANARIES[name] for name in ("name", "phone", "email", "tax_id")})
    stop = Stop(contact=contact, address=address, instructions=CANARIES["instructions"])
    parcel = Parcel(
        description=CANARIES["description"], weight_g=1500, declared_value=Money(amount=8990, currency=Currency.BRL)
    )
    return QuoteRequest(pickup=stop, dropoff=stop, parcels=(parcel,))


@pytest.fixture
def log() -> InMemoryExchangeLog:
    return InMemoryExchangeLog()


@pytest.fixture
def noted(log: InMemoryExchangeLog) -> Callable[[], list[Exchange]]:
    return lambda: list(log.exchanges.values())


@pytest.fixture
def spoken(scripted: Any, make: Callable[..., OpenDelivery], log: InMemoryExchangeLog) -> OpenDelivery:
    adapter = make(scripted.url)
    adapter.log = log
    adapter.credentials = adapter.credentials.model_copy(
        update={"client_secret": type(adapter.credentials.client_secret)(CANARIES["secret"])}
    )
    return adapter


async def quietly(*calls: Any) -> None:
    for call in calls:
        with contextlib.suppress(errors.CarrierError):
            await call


def told(exchanges: list[Exchange]) -> str:
    return "\n".join(json.dumps(exchange.model_dump(mode="json"), ensure_ascii=False) for exchange in exchanges)


@pytest.mark.parametrize("status", [200, 409, 422, 500])
async def test_nothing_personal_is_kept_whatever_is_echoed_wherever(
    status: int,
    scripted: Any,
    spoken: OpenDelivery,
    private: QuoteRequest,
    order: BookingOrder,
    noted: Callable[[], list[Exchange]],
) -> None:
    order = order.model_copy(update={"request": private, "reference": CANARIES["reference"]})
    booking = Booking(
        carrier="open_delivery", carrier_account="ligeiro", offer_id="o", key=order.key, attempt=1, reference="r-1"
    )
    everything = " ".join(CANARIES.values())
    echo = {
        **{name: value for name, value in CANARIES.items() if name != "secret"},
        "title": everything,
        "message": everything,
        "detail": everything,
        "errors": [{"message": f"{name} is {value}", "code": value} for name, value in CANARIES.items()],
        "error": everything,
        "details": {"reason": everything, "code": "INVALID", "anything": everything},
        "orderId": CANARIES["name"],
        "embedded": json.dumps(CANARIES),
        CANARIES["email"]: 1,
        CANARIES["phone"]: {CANARIES["name"]: 2},
        "point": [float(CANARIES["latitude"]), float(CANARIES["longitude"])],
        "digits": [int(CANARIES["tax_id"]), int(CANARIES["postal_code"])],
        "type": [CANARIES["name"], CANARIES["email"]],
        "customer": {"first": CANARIES["name"], "id": CANARIES["tax_id"], "code": CANARIES["phone"]},
    }
    paths = ("availability", "delivery", f"delivery/{order.key}", f"cancel/{order.key}", f"handleProblem/{order.key}")
    for path in paths:
        scripted.on(f"/v2/logistics/{path}", (status, echo))
    instruction = Instruction(booking=booking, decision=Decision.RETRY, reason="other", note=CANARIES["note"])
    await quietly(spoken.quote(private), spoken.book(order), spoken.find_booking(order), spoken.track(booking))
    await quietly(spoken.cancel(booking, "customer_request"), spoken.decide(instruction))
    kept = told(noted())
    assert len(noted()) >= len(paths)
    assert [name for name, value in CANARIES.items() if value in kept] == []
    for word in ("Canária", "Passarinho", "canário", "Gaiola", "gaiola", "vaso", "987654321", "canaria", "t1"):
        assert word not in kept.replace("availability", "")


async def test_what_helps_is_kept(
    scripted: Any,
    spoken: OpenDelivery,
    request_: QuoteRequest,
    order: BookingOrder,
    noted: Callable[[], list[Exchange]],
) -> None:
    scripted.on(AVAILABILITY, (422, {"title": "INVALID_ADDRESS", "status": 422, "requestedPrice": "12.90"}))
    scripted.on("/v2/logistics/delivery", (202, {"deliveryId": "d-1", "event": "PENDING", "completion": {}}))
    await quietly(spoken.quote(request_))
    await spoken.book(order)
    token, quote, book = noted()
    assert (token.operation, token.status, token.outcome) == ("token", 200, "ok")
    assert (token.request, token.answer) == (None, None)
    assert (quote.operation, quote.method, quote.path, quote.status) == ("quote", "POST", AVAILABILITY, 422)
    assert (quote.outcome, quote.reason) == ("carrier_rejected", "invalid_address")
    assert quote.answer == {"title": "INVALID_ADDRESS", "status": 422, "requestedPrice": "12.90"}
    assert quote.request["dropoff" if "dropoff" in quote.request else "deliveryAddress"] == {  # type: ignore[index, operator]
        **dict.fromkeys(("city", "district", "street", "number", "postalCode", "instructions"), MASK),
        "country": "BR",
        "complement": "",
        "state": "BR-SP",
        "latitude": MASK,
        "longitude": MASK,
    }
    assert quote.request["totalWeight"] == 1500  # type: ignore[index, call-overload]
    assert quote.request["vehicle"]["type"][-1] == "VUC"  # type: ignore[index, call-overload]
    assert quote.headers == {"content-type": "application/json"}
    assert (book.outcome, book.answer) == ("ok", {"deliveryId": "d-1", "event": "PENDING", "completion": {}})
    assert book.request["orderId"] == order.key  # type: ignore[index, call-overload]
    assert book.carrier == "open_delivery"
    assert book.account == "ligeiro"


async def test_a_renewed_token_is_told_as_it_happened(
    scripted: Any, spoken: OpenDelivery, request_: QuoteRequest, noted: Callable[[], list[Exchange]]
) -> None:
    scripted.on(AVAILABILITY, (401, {}), (200, PRICE))
    await spoken.quote(request_)
    story = [(exchange.operation, exchange.status, exchange.outcome) for exchange in noted()]
    assert sorted(story) == sorted(
        [("token", 200, "ok"), ("token", 200, "ok"), ("quote", 401, "renewed"), ("quote", 200, "ok")]
    )


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (b"<html>Maria Souza</html>", {"content_type": "application/json", "bytes": 24}),
        (b"", None),
        (b"[" * 2000, {"content_type": "application/json", "bytes": 2000}),
    ],
)
async def test_of_what_is_no_json_only_type_and_length_are_kept(
    answer: bytes,
    kept: Any,
    scripted: Any,
    spoken: OpenDelivery,
    request_: QuoteRequest,
    noted: Callable[[], list[Exchange]],
) -> None:
    scripted.on(AVAILABILITY, (200, answer))
    await quietly(spoken.quote(request_))
    assert noted()[-1].answer == kept
    assert (noted()[-1].outcome, noted()[-1].reason) == ("carrier_misbehaved", "not_json")


async def test_silence_is_told_too(
    serve: Any, make: Callable[..., OpenDelivery], request_: QuoteRequest, log: InMemoryExchangeLog
) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    for url, reason in ((await serve(hang), "timeout"), ("http://127.0.0.1:1", "unreachable")):
        adapter = make(url, deadline_s=0.3)
        adapter.log = log
        await quietly(adapter.quote(request_))
        last = list(log.exchanges.values())[-1]
        assert (last.operation, last.status, last.answer) == ("token", None, None)
        assert last.reason == ("unreachable" if reason == "unreachable" else None)


async def test_what_never_left_is_not_told(
    scripted: Any, make: Callable[..., OpenDelivery], request_: QuoteRequest, log: InMemoryExchangeLog
) -> None:
    adapter = make(scripted.url, breaker_failures=1)
    adapter.log = log
    scripted.on(AVAILABILITY, (500, {}))
    await quietly(*(adapter.quote(request_) for _ in range(3)))
    assert [exchange.operation for exchange in log.exchanges.values()] == ["token", "quote"]


async def test_every_adapter_of_a_book_notes_in_its_log(
    scripted: Any, account_: Any, request_: QuoteRequest, log: InMemoryExchangeLog
) -> None:
    book = CarrierBook(InMemoryAccountStore(account_(scripted.url)), log=log)
    scripted.on(AVAILABILITY, (200, PRICE))
    carrier = await book.reach(AccountRef(carrier="open_delivery", account="ligeiro"))
    await carrier.quote(request_)
    await book.close()
    assert [exchange.operation for exchange in log.exchanges.values()] == ["token", "quote"]


# ── bodies as other carriers write them ───────────────────────────────────────────────────────────────────

BODIES: dict[str, tuple[object, object]] = {
    "amounts as decimal strings, places as strings, ids as long numbers": (
        {
            "data": {
                "orderId": "190020105329", "quotationId": "1537145716382834747", "status": "ASSIGNING_DRIVER",
                "priceBreakdown": {"base": "9.50", "total": "19", "currency": "BRL"}, "driverId": "80557",
                "distance": {"value": "9822", "unit": "m"}, "shareLink": "https://share.example.com/?sign=c4b4",
                "stops": [
                    {
                        "stopId": "1537145717607571512", "coordinates": {"lat": "-23.598", "lng": "-46.685"},
                        "address": "Av. Brasil, 1155", "name": "Ana", "phone": " 551133350200",
                        "POD": {"status": "PENDING", "image": "https://x.example.com/1.jpg"},
                    }
                ],
            }
        },
        {
            "data": {
                "orderId": "190020105329", "quotationId": "1537145716382834747", "status": "ASSIGNING_DRIVER",
                "priceBreakdown": {"base": "9.50", "total": "19", "currency": "BRL"}, "driverId": "80557",
                "distance": {"value": "9822", "unit": "m"}, "shareLink": MASK,
                "stops": [
                    {
                        "stopId": "1537145717607571512", "coordinates": {"lat": MASK, "lng": MASK},
                        "address": MASK, "name": MASK, "phone": MASK, "POD": {"status": "PENDING", "image": MASK},
                    }
                ],
            }
        },
    ),
    "an address as JSON in a string, a PIN, instants": (
        {
            "pickup_address": '{"street_address":["100 Maiden Ln"],"zip_code":"10023"}', "pickup_phone_number": "+1555",
            "dropoff_verification": {"pincode": {"enabled": True, "value": "1234"}}, "kind": "delivery",
            "created": "2030-01-01T12:30:15.000Z", "dropoff_eta": None, "fee": 799, "complete": False,
            "courier": {"name": "Joe", "rating": "4.9", "vehicle_type": "car", "location": {"lat": 40.7, "lng": -74.0}},
            "external_id": "52122852-6626-51ed-9022-0242ac120002", "manifest_reference": "for Maria",
        },
        {
            "pickup_address": MASK, "pickup_phone_number": MASK, "dropoff_verification": MASK, "kind": "delivery",
            "created": "2030-01-01T12:30:15.000Z", "dropoff_eta": None, "fee": 799, "complete": False,
            "courier": {"name": MASK, "rating": MASK, "vehicle_type": "car", "location": {"lat": MASK, "lng": MASK}},
            "external_id": "52122852-6626-51ed-9022-0242ac120002", "manifest_reference": MASK,
        },
    ),
    "a parcel's rates, and why one carrier gave none": (
        {
            "id": "shp_4f53", "tracking_code": "9400100105440283158312", "reference": "Maria's",
            "to_address": {"id": "adr_1", "street1": "179 N Harbor Dr", "zip": "90277", "country": "US", "state": "CA"},
            "rates": [{"service": "Priority", "rate": "7.42", "delivery_days": 2, "carrier_account_id": "ca_1"}],
            "messages": [{"carrier": "UPS", "type": "rate_error", "message": "Account 123456 of a@b.example closed"}],
            "message": "left with Maria", "weight": 15.4, "postage_label": {"label_url": "https://x.example/l.png"},
        },
        {
            "id": "shp_4f53", "tracking_code": "9400100105440283158312", "reference": MASK,
            "to_address": {"id": "adr_1", "street1": MASK, "zip": MASK, "country": "US", "state": "CA"},
            "rates": [{"service": "Priority", "rate": "7.42", "delivery_days": 2, "carrier_account_id": "ca_1"}],
            "messages": [{"carrier": "UPS", "type": "rate_error", "message": f"Account {MASK} of {MASK} closed"}],
            "message": MASK, "weight": 15.4, "postage_label": {"label_url": MASK},
        },
    ),
}  # fmt: skip


def redact(body: object, most: int = LARGEST, **more: Any) -> Any:
    return Redactor(**more).redacted(read(json.dumps(body).encode()), most, failed=False)


@pytest.mark.parametrize("name", BODIES)
def test_a_body_and_what_is_kept_of_it(name: str) -> None:
    said, kept = BODIES[name]
    assert redact(said) == kept


def test_secrets_are_masked_wherever_they_stand() -> None:
    secrets = ("key-12345",)
    assert redact({"id": "key-12345", "status": "ok-key-12345", "type": "a"}, secrets=secrets) == {
        "id": MASK,
        "status": MASK,
        "type": "a",
    }
    assert Redactor(secrets).path("/bot/key-12345/x/a@b.example/+5511/ok") == f"/bot/{MASK}/x/{MASK}/{MASK}/ok"


def test_what_is_too_long_is_cut_and_says_so() -> None:
    kept = redact({"rates": [{"id": f"rate_{n}", "rate": "1.50"} for n in range(5000)]}, most=2000)
    assert kept["rates"][0] == {"id": "rate_0", "rate": "1.50"}
    assert MASK in (kept["rates"][-1], *kept["rates"][-1])
    assert 1500 < size(kept) <= 2000


CANARY = "Canária Passarinho 987654321"
texts = st.sampled_from([CANARY, CANARY.upper(), f" {CANARY} ", "canaria@example.com", "+55 11 98765-4321"])
keys = st.one_of(
    st.sampled_from(["id", "status", "type", "name", "amount", "customer", "tracking_code", "created", "x", "event"]),
    st.text("abxyz_Z0@ é", max_size=6),
)
leaves = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts)
bodies = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=8), st.dictionaries(keys, inner, max_size=8)),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(request=st.dictionaries(keys, bodies), answer=st.dictionaries(keys, bodies), failed=st.booleans())
def test_whatever_the_shape_no_name_contact_or_long_text_gets_in(request: Any, answer: Any, failed: bool) -> None:
    redactor, said, told = Redactor(), read(json.dumps(request).encode()), read(json.dumps(answer).encode())
    redactor.learn(told, failed=failed)
    kept = [redactor.redacted(said, 6000, failed=False), redactor.redacted(told, 8000, failed=failed)]
    shown = json.dumps(kept, ensure_ascii=False)
    assert not [part for part in ("98765", "example.com", "4321") if part in shown]
    if not failed:  # words about an error are masked by what is known to be private
        assert "canária" not in shown.casefold()
    assert size(kept[0]) <= 6000
    assert size(kept[1]) <= 8000


async def test_an_exchange_is_never_larger_than_promised(serve: Any, http: httpx.AsyncClient) -> None:
    long = json.dumps({f"id{'x' * n}": "i" * 100 for n in range(60)} | {"names": ["n" * 9] * 9000}).encode()
    headers = [f"RateLimit-{'y' * 20}{letter}: {'v' * 60}" for letter in "abcdefghijkl"]

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"hidden" in head
        await reader.readexactly(len(long))
        writer.write("\r\n".join(["HTTP/1.1 200 x", f"Content-Length: {len(long)}", *headers, "", ""]).encode() + long)

    said, log = Transcript(AccountRef(carrier="c" * 64, account="a" * 64), "quote"), InMemoryExchangeLog()
    url = f"{await serve(handle)}/{'p' * 3000}?{'&'.join(f'q{n}=hidden' for n in range(300))}"
    await said.exchange(http, httpx.Request("POST", url, content=long), Progress())
    said.tell(log, "ok", ())
    [exchange] = log.exchanges.values()
    shown = exchange.model_dump_json()
    assert 12_000 < len(shown.encode()) <= LARGEST
    assert "hidden" not in shown
    assert len(exchange.headers) == 8


def test_a_body_too_long_to_look_through_is_not_read() -> None:
    assert read(b"[" + b"1," * 200_000 + b"1]") is None
