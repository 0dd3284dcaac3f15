"""Having all that deliveries hold, and making one forget: for its organisation's owner, and for staff with a ground."""

from typing import Any

import httpx
import jwt
import pytest
from hands import Told
from making import NOW, booking, charge, delivery, endpoint, line, move, scan, view

from api.deps import Parts
from domain.deliveries import Delivery, DeliveryStatus
from domain.exchanges import Exchange
from domain.ledger import imbalance
from domain.notifications import Secrets
from domain.users import Role

CANARY = "Zuleica Canarinho"


def org(headers: dict[str, str]) -> str:
    claims = jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})
    return str(claims["org"])


async def seeded(parts: Parts, organisation_id: str, status: DeliveryStatus = DeliveryStatus.DELIVERED) -> Delivery:
    """A delivery of which there is everything: money, scans with a proof, a note of what a carrier was told."""
    its_booking = booking()
    it = delivery(organisation_id=organisation_id, status=status, booking=its_booking)
    contact = it.request.dropoff.contact.model_copy(update={"name": CANARY})
    dropoff = it.request.dropoff.model_copy(update={"contact": contact})
    it = it.model_copy(update={"request": it.request.model_copy(update={"dropoff": dropoff})})
    told = {
        "status": str(status), "carrier": "moto", "account": "rapido", "booking_reference": its_booking.reference,
    }  # fmt: skip
    await parts.deliveries.record(move(it, line(1, data=told), entries=charge(it)))
    await parts.scans.keep([scan(booking_reference=its_booking.reference, description=f"com {CANARY}")])
    exchange = {
        "id": f"exc_{it.id}", "at": NOW, "carrier": "moto", "account": "rapido", "operation": "book", "method": "POST",
        "path": "/orders", "outcome": "ok", "ms": 3, "delivery_id": it.id, "answer": {"cost": 777_001},
    }  # fmt: skip
    parts.exchanges.note(Exchange.model_validate(exchange))
    return it


async def test_an_owner_has_all_that_their_deliveries_hold_and_nothing_of_others(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers = await signed()
    mine = [await seeded(parts, org(headers)) for _ in range(3)]
    others = await seeded(parts, "org_other")
    kept = await http.post("/v1/deliveries/all/export", json={}, headers=headers)
    assert kept.headers["content-disposition"].startswith("attachment")
    document = kept.json()
    assert {item["delivery"]["id"] for item in document["deliveries"]} == {it.id for it in mine}
    assert {item["delivery"]["request"]["dropoff"]["contact"]["name"] for item in document["deliveries"]} == {CANARY}
    assert {len(item["entries"]) for item in document["deliveries"]} == {2}  # what we pay is ours
    went = (await http.post("/v1/tracking/all/export", json={}, headers=headers)).json()
    assert {item["delivery_id"] for item in went["deliveries"]} == {it.id for it in mine}
    [first, *_] = went["deliveries"]
    assert first["scans"][0]["description"] == f"com {CANARY}"
    assert first["carriers_told"] == [
        {"at": first["carriers_told"][0]["at"], "carrier": "moto", "operation": "book", "outcome": "ok"}
    ]
    for answer in (kept.text, str(went)):
        assert others.id not in answer
        assert "777001" not in answer
    told = await parts.journal.of(f"access/{org(headers)}")
    assert [(one.kind, one.data["ground"]) for one in told] == [
        ("deliveries.exported", "owner"), ("tracking.exported", "owner")
    ]  # fmt: skip


async def test_staff_say_on_which_ground_and_whose(http: httpx.AsyncClient, parts: Parts, signed: Any) -> None:
    it = await seeded(parts, "org_theirs")
    headers = await signed(Role.SUPPORT)
    for path in ("/v1/deliveries/all/export", "/v1/tracking/all/export"):
        refused = await http.post(path, json={"delivery_id": it.id}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
        refused = await http.post(path, json={"delivery_id": it.id, "ground": "retention"}, headers=headers)
        assert refused.status_code == 422
        given = await http.post(path, json={"delivery_id": it.id, "ground": "request"}, headers=headers)
        assert (given.json()["organisation_id"], len(given.json()["deliveries"])) == ("org_theirs", 1)
        assert CANARY in given.text
    told = [line for line in await parts.journal.of("access/org_theirs") if line.kind.endswith(".exported")]
    assert [(line.data["ground"], line.data["subjects"]) for line in told] == [("request", [it.id])] * 2
    refused = await http.post(f"/v1/deliveries/{it.id}/erase", json={}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


async def test_saved_views_are_handed_out_with_all_deliveries_and_with_no_single_one(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers = await signed()
    me = jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})["sub"]
    it = await seeded(parts, org(headers))
    own, shared = view(org(headers), me), view(org(headers), "usr_1", name="B", shared=True)
    for one in (own, shared, view(org(headers), "usr_1"), view("org_other", me, shared=True)):
        await parts.views.put(one, one.created_by)
    kept = (await http.post("/v1/deliveries/all/export", json={}, headers=headers)).json()
    assert [one["id"] for one in kept["views"]] == [own.id, shared.id]
    assert kept["views"][0]["narrowing"] == own.narrowing
    kept = (await http.post("/v1/deliveries/all/export", json={"delivery_id": it.id}, headers=headers)).json()
    assert (kept["views"], len(kept["deliveries"])) == ([], 1)


async def test_whom_an_organisation_tells_is_handed_out_without_a_secret(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers = await signed()
    wishes = {"digest": "daily", "time_zone": "America/Manaus"}
    await http.put("/v1/notification-preferences", json=wishes, headers=headers)
    words = {"subject": "Oi", "paragraphs": [CANARY]}
    letter = {"audience": "recipient", "event": "delivery.delivered", "locale": "pt-BR", "words": words}
    put = await http.put("/v1/letter-templates", json=letter, headers=headers)
    assert put.status_code == 200, put.text
    mine, others = endpoint(organisation_id=org(headers)), endpoint(organisation_id="org_other")
    for one in (mine, others):
        await parts.endpoints.add(one, Secrets(current="whsec_bmV3"))
    answer = await http.post("/v1/notifications/all/export", json={}, headers=headers)
    document = answer.json()
    assert [(one["id"], one["url"], one["description"]) for one in document["endpoints"]] == [
        (mine.id, mine.url, mine.description)
    ]
    assert [one["words"] for one in document["templates"]] == [put.json()["words"]]
    [member] = document["members"]
    assert (member["preferences"]["digest"], member["preferences"]["time_zone"]) == ("daily", "America/Manaus")
    assert "whsec" not in answer.text
    [told] = await parts.journal.of(f"access/{org(headers)}")
    assert (told.kind, told.data) == ("notifications.exported", {"subjects": [org(headers)], "ground": "owner"})
    staff, path = await signed(Role.SUPPORT), "/v1/notifications/all/export"
    refused = await http.post(path, json={"organisation_id": org(headers)}, headers=staff)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    given = await http.post(path, json={"organisation_id": org(headers), "ground": "duty"}, headers=staff)
    assert given.json()["members"] == document["members"]


async def test_another_organisation_is_not_there(http: httpx.AsyncClient, signed: Any) -> None:
    headers = await signed()
    for path in (f"/v1/{what}/all/export" for what in ("deliveries", "tracking", "notifications")):
        answer = await http.post(path, json={"organisation_id": "org_other"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(("status", "alive"), [(DeliveryStatus.BOOKED, False), (DeliveryStatus.DELIVERED, True)])
async def test_a_delivery_is_not_erased_before_its_end(
    status: DeliveryStatus, alive: bool, http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers, deliverer = await signed(), Told(alive=alive)
    parts.deliverer = deliverer
    it = await seeded(parts, org(headers), status)
    refused = await http.post(f"/v1/deliveries/{it.id}/erase", json={}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "deliveries_underway")
    assert refused.json()["deliveries"] == [it.id]
    assert not (await http.get(f"/v1/deliveries/{it.id}", headers=headers)).json()["erased"]
    assert await parts.journal.of(f"key/{it.id}") == []


async def test_an_erased_delivery_has_forgotten_whom_it_was_about_and_nothing_else(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers = await signed()
    parts.deliverer = Told(alive=False)
    it, stays = await seeded(parts, org(headers)), await seeded(parts, org(headers))
    for _ in range(2):
        answer = await http.post(f"/v1/deliveries/{it.id}/erase", json={}, headers=headers)
        assert (answer.status_code, answer.json()["erased"], answer.json()["status"]) == (200, True, "delivered")
        assert CANARY not in answer.text
    assert imbalance(await parts.deliveries.entries(it.id)) == {}
    [told] = await parts.journal.of(f"key/{it.id}")
    assert (told.kind, told.actor != "", told.data["ground"]) == ("key.erased", True, "owner")
    kept = (await http.post("/v1/deliveries/all/export", json={}, headers=headers)).json()
    shown = {item["delivery"]["id"]: item["delivery"]["erased"] for item in kept["deliveries"]}
    assert shown == {it.id: True, stays.id: False}
