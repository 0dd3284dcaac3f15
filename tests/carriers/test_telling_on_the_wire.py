"""Whatever carriers there are, none of them named: what is noted of whole bookings holds nothing of anybody."""

import contextlib
import json
from uuid import uuid4

import pytest
from fakes.carriers import InMemoryAccountStore
from fakes.exchanges import InMemoryExchangeLog
from sandboxed import CourierSide

from carriers import CarrierBook, discover
from domain import errors
from domain.bookings import BookingOrder, Decision, Instruction
from domain.parcels import Parcel
from domain.places import Address, Contact, Stop
from domain.quotes import Offer, QuoteRequest
from sandbox.providers import protocols

CODES = sorted(set(discover()) & {protocol.name for protocol in protocols()})
ENDS = {
    "pickup": {
        "street": "Travessa do Tucano", "number": "7788", "complement": "Gaiola 31", "district": "Jardim Papagaio",
        "name": "Arara Azul", "phone": "+5511987654321", "email": "arara@example.com", "tax_id": "52998224725",
        "instructions": "chave embaixo do vaso",
    },
    "dropoff": {
        "street": "Rua do Bem-te-vi", "number": "6699", "complement": "Poleiro 12", "district": "Vila Sabiá",
        "name": "Coruja Buraqueira", "phone": "+5511976543210", "email": "coruja@example.com", "tax_id": "39053344705",
        "instructions": "cuidado com o gavião",
    },
}  # fmt: skip
ELSE = (
    "alpiste dourado",
    "pedido-da-coruja",
    "o gavião voltou",
    "01310200",
    "01310-200",
    "23.5612",
    "46.6512",
    "-23.56",
)


def request() -> QuoteRequest:
    stops = {}
    for name, end in ENDS.items():
        where = {field: end[field] for field in ("street", "number", "complement", "district")}
        address = Address(
            **where, city="São Paulo", state="SP", postal_code="01310-200", latitude=-23.561234, longitude=-46.651234
        )
        contact = Contact(**{field: end[field] for field in ("name", "phone", "email", "tax_id")})
        stops[name] = Stop(contact=contact, address=address, instructions=end["instructions"])
    return QuoteRequest(**stops, parcels=(Parcel(description="alpiste dourado", weight_g=900),))


@pytest.mark.parametrize("code", CODES)
async def test_nothing_of_anybody_is_noted_of_a_whole_booking(code: str, couriers: dict[str, CourierSide]) -> None:
    account, log = couriers[code].account(), InMemoryExchangeLog()
    book = CarrierBook(InMemoryAccountStore(account), log=log)
    carrier, asked = await book.reach(account.ref), request()
    offer = (await carrier.quote(asked))[0]
    own = {"id": "off_1", "carrier": code, "carrier_account": account.account, "price": offer.cost}
    order = BookingOrder(
        key=str(uuid4()),
        delivery_id=f"del_{uuid4().hex}",
        attempt=1,
        offer=Offer(**{**offer.model_dump(), "expires_at": offer.expires_at or "2030-01-01T00:00:00Z", **own}),
        request=asked,
        reference="pedido-da-coruja",
    )
    booking = await carrier.book(order)
    decided = Instruction(booking=booking, decision=Decision.RETRY, note="o gavião voltou")
    rest = (carrier.find_booking(order), carrier.track(booking), carrier.decide(decided))
    for call in (*rest, carrier.cancel(booking, "customer_request")):
        with contextlib.suppress(errors.CarrierError):  # not every carrier can do each of them
            await call
    await book.close()
    told = [exchange.model_dump(mode="json") for exchange in log.exchanges.values()]
    assert {"quote", "book"} <= {exchange["operation"] for exchange in told}
    assert any(exchange["answer"] for exchange in told)
    kept = json.dumps([{**exchange, "id": "", "at": ""} for exchange in told], ensure_ascii=False)
    personal = [*(value for end in ENDS.values() for value in end.values()), *ELSE, *account.credentials.values()]
    digits = [end["phone"].lstrip("+") for end in ENDS.values()]
    assert [value for value in (*personal, *digits) if value in kept and len(value) > 4] == []
    for word in ("Tucano", "Papagaio", "Arara", "Coruja", "Gaiola", "Poleiro", "Sabiá", "gavião", "vaso"):
        assert word not in kept
