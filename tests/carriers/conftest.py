"""A carrier's side of the wire, on real sockets: one scripted answer by answer, and one that may do anything."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sandboxed import TRUST, _webhooks, couriers, sandbox_url  # noqa: F401 - fixtures

from carriers._base import client
from carriers.open_delivery import OpenDelivery
from domain.bookings import BookingOrder
from domain.money import Currency, Money
from domain.parcels import Parcel
from domain.places import Address, Contact, Stop
from domain.quotes import CarrierAccount, Offer, QuoteRequest

SECRET = "s3cret"
KEY = "52122852-6626-51ed-9022-0242ac120002"
MERCHANT = "22815773000169-dbc7e35a-c936-4665-9e13-eb55eb8b6824"
APP = "0b8b2f0e-7d52-4f0e-8a52-9d2f2f0f7a11"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Handler], Awaitable[str]]


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def read_request(reader: asyncio.StreamReader) -> Asked:
    """The next request on a connection; raises IncompleteReadError at its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
    return Asked(method, path, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def answer(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} x", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts servers that a test makes up; whatever hangs in them ends with the test."""
    servers: list[asyncio.Server] = []
    tasks: set[asyncio.Task[None]] = set()

    async def start(handler: Handler) -> str:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                await handler(reader, writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                tasks.discard(task)
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
    for task in tasks:
        task.cancel()


@dataclass
class Scripted:
    """Answers each path from its script, the last answer again and again, and remembers what it was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    tokens: int = 0
    script: dict[str, list[tuple[int, object]]] = field(default_factory=dict)

    def on(self, path: str, *answers: tuple[int, object]) -> None:
        self.script[path] = list(answers)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked = await read_request(reader)
            if asked.path == "/oauth/token":
                self.tokens += 1
                status, told = 200, {"access_token": f"t{self.tokens}", "token_type": "bearer", "expires_in": 3600}
                answers = self.script.get(asked.path)
                if answers:
                    status, told = answers[0]  # type: ignore[assignment]
            else:
                self.asked.append(asked)
                answers = self.script.get(asked.path, [(404, {"title": "no such thing", "status": 404})])
                status, told = answers.pop(0) if len(answers) > 1 else answers[0]  # type: ignore[assignment]
            writer.write(answer(status, told if isinstance(told, bytes) else json.dumps(told).encode()))
            await writer.drain()


@pytest.fixture
async def scripted(serve: Serve) -> Scripted:
    carrier = Scripted()
    carrier.url = await serve(carrier.handle)
    return carrier


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client(TRUST) as opened:
        yield opened


def account(base_url: str = "http://127.0.0.1:9", **settings: object) -> CarrierAccount:
    return CarrierAccount(
        carrier="open_delivery",
        account="ligeiro",
        name="Ligeiro",
        settings={"base_url": base_url, "merchant_id": MERCHANT, "merchant_name": "P", "app_id": APP, **settings},
        credentials={"client_id": "us", "client_secret": SECRET},
    )


@pytest.fixture
def account_() -> Callable[..., CarrierAccount]:
    """An account at a server."""
    return account


@pytest.fixture
def request_() -> QuoteRequest:
    def stop(name: str, number: str, instructions: str) -> Stop:
        address = Address(
            street="Avenida Paulista",
            number=number,
            district="Bela Vista",
            city="São Paulo",
            state="SP",
            postal_code="01310-200",
            latitude=-23.56,
            longitude=-46.65,
        )
        return Stop(contact=Contact(name=name, phone="+5511999990000"), address=address, instructions=instructions)

    parcel = Parcel(description="Bolo", weight_g=1500, declared_value=Money(amount=8990, currency=Currency.BRL))
    pickup, dropoff = stop("Padaria", "1578", "pelos fundos"), stop("Maria Souza", "900", "tocar duas vezes")
    return QuoteRequest(pickup=pickup, dropoff=dropoff, parcels=(parcel,))


@pytest.fixture
def order(request_: QuoteRequest) -> BookingOrder:
    money = Money(amount=1290, currency=Currency.BRL)
    offer = Offer(
        id="off_1",
        carrier="open_delivery",
        carrier_account="ligeiro",
        service="motorbike_bag",
        cost=money,
        price=money,
        expires_at="2030-01-01T00:00:00Z",
    )
    return BookingOrder(
        key=KEY,
        delivery_id="del_3f9a5c00000000000000000000000000",
        attempt=1,
        offer=offer,
        request=request_,
        reference="P-77",
        price_drift_percent=10,
    )


@pytest.fixture
def adapter(scripted: Scripted, http: httpx.AsyncClient) -> OpenDelivery:
    return OpenDelivery(account(scripted.url), http)


@pytest.fixture
def make(http: httpx.AsyncClient) -> Callable[..., OpenDelivery]:
    """An adapter for a server, with settings of its own."""
    return lambda base_url, **settings: OpenDelivery(account(base_url, **settings), http)
