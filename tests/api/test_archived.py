"""A delivery that lies in the archive is said to, to those who might have seen it; for others it never was."""

from typing import Any

import httpx
import jwt
import pytest
from bodies import shipment
from hands import Told
from making import booking, charge, delivery, line, move, scan

from api.deliveries.asking import delivery_id
from api.deps import Parts
from domain.deliveries import Delivery, DeliveryStatus
from domain.users import OrgRole, Principal, Role
from runtime.links import tracking_token

NEVER = f"del_{'0' * 32}"
ASKED = [
    ("GET", "/deliveries/{}", None),
    ("GET", "/deliveries/{}/entries", None),
    ("POST", "/deliveries/{}/accept", {"offer_id": f"off_{'0' * 32}"}),
    ("POST", "/deliveries/{}/quote-again", None),
    ("POST", "/deliveries/{}/cancel", {}),
    ("POST", "/deliveries/{}/decide", {"decision": "retry"}),
    ("POST", "/deliveries/{}/retry-booking", {}),
    ("POST", "/deliveries/all/export", {"delivery_id": "{}"}),
    ("GET", "/tracking/{}", None),
]
STEERED = [
    ("GET", "/deliveries/{}/live", None),
    ("POST", "/deliveries/{}/change-carrier", {}),
    ("POST", "/deliveries/{}/force-status", {"status": "lost", "reason": "x"}),
    ("POST", "/deliveries/{}/clear-attention", {"reason": "x"}),
]


def said(headers: dict[str, str]) -> dict[str, Any]:
    token = headers["Authorization"].split()[1]
    told: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return told


async def archived(parts: Parts, organisation_id: str, created_by: str = "usr_1", **more: Any) -> Delivery:
    its = booking()
    it = delivery(
        organisation_id=organisation_id, created_by=created_by, status=DeliveryStatus.DELIVERED, booking=its, **more
    )
    placed = {"status": "delivered", "carrier": its.carrier, "account": its.carrier_account}
    told = line(1, actor=created_by, data={**placed, "booking_reference": its.reference})
    await parts.deliveries.record(move(it, told, entries=charge(it)))
    await parts.scans.keep([scan(booking_reference=its.reference)])
    parts.deliveries.leave(it.id)  # type: ignore[attr-defined]
    return it


async def asked(http: httpx.AsyncClient, how: tuple[str, str, Any], its_id: str, headers: dict[str, str]) -> Any:
    method, path, body = how
    filled = {name: value.format(its_id) for name, value in body.items()} if body else body
    return await http.request(method, f"/v1{path.format(its_id)}", json=filled, headers=headers)


@pytest.mark.parametrize("how", ASKED, ids=lambda how: how[1])
async def test_it_is_gone_for_whose_it_is_and_not_there_for_others(
    how: tuple[str, str, Any], http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers = await signed()
    it = await archived(parts, said(headers)["org"])
    answer = await asked(http, how, it.id, headers)
    assert (answer.status_code, answer.json()["code"]) == (410, "archived")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await asked(http, how, it.id, await signed(Role.SUPPORT))).status_code == 410
    for others in (await signed(), await signed(organisation_id=it.organisation_id, org_role=OrgRole.PARTNER)):
        hidden = await asked(http, how, it.id, others)
        missing = await asked(http, how, NEVER, others)
        assert (hidden.status_code, hidden.content) == (missing.status_code, missing.content)
        assert hidden.status_code in (403, 404)


@pytest.mark.parametrize("how", STEERED, ids=lambda how: how[1])
async def test_nobody_steers_it(how: tuple[str, str, Any], http: httpx.AsyncClient, parts: Parts, signed: Any) -> None:
    it = await archived(parts, "org_x")
    answer = await asked(http, how, it.id, await signed(Role.SUPPORT))
    assert (answer.status_code, answer.json()["code"]) == (410, "archived")


async def test_a_partner_is_told_of_its_own(http: httpx.AsyncClient, parts: Parts, signed: Any) -> None:
    headers = await signed(org_role=OrgRole.PARTNER)
    it = await archived(parts, said(headers)["org"], said(headers)["sub"])
    for path in (f"/v1/deliveries/{it.id}", f"/v1/tracking/{it.id}", f"/v1/stream?delivery_id={it.id}"):
        assert (await http.get(path, headers=headers)).status_code == 410


async def test_while_its_row_is_there_still_its_timeline_is_gone(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers = await signed()
    it = delivery(organisation_id=said(headers)["org"])
    await parts.deliveries.record(move(it))
    parts.journal.archive(it.id)  # type: ignore[attr-defined]
    assert (await http.get(f"/v1/deliveries/{it.id}", headers=headers)).status_code == 200
    gone = await http.get(f"/v1/tracking/{it.id}", headers=headers)
    assert (gone.status_code, gone.json()["code"]) == (410, "archived")


async def test_the_recipients_page_says_so_and_no_more(http: httpx.AsyncClient, parts: Parts) -> None:
    it = await archived(parts, "org_x")
    gone = await http.get(f"/v1/track/{tracking_token(parts.settings, it.id)}")
    assert (gone.status_code, gone.json()["code"]) == (410, "archived")
    assert set(gone.json()) == {"type", "title", "status", "code", "detail"}
    never = await http.get(f"/v1/track/{tracking_token(parts.settings, NEVER)}")
    assert never.status_code == 404


async def test_the_request_that_made_it_sent_again_starts_nothing(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers = await signed()
    told = said(headers)
    named = {"user_id": told["sub"], "organisation_id": told["org"], "role": told["role"], "org_role": told["org_role"]}
    await archived(parts, told["org"], id=delivery_id(Principal.model_validate(named), "k"))
    # Nothing answers where Temporal should be: had anything been started, this would be 503.
    again = await http.post("/v1/deliveries", json=shipment(), headers={**headers, "Idempotency-Key": "k"})
    assert (again.status_code, again.json()["code"]) == (410, "archived")


async def test_it_can_still_be_erased_and_is_in_the_export(http: httpx.AsyncClient, parts: Parts, signed: Any) -> None:
    headers = await signed()
    parts.deliverer = Told(alive=False)
    it = await archived(parts, said(headers)["org"])
    kept = (await http.post("/v1/deliveries/all/export", json={}, headers=headers)).json()
    [item] = kept["deliveries"]
    assert (item["delivery_id"], item["archived"], len(item["entries"])) == (it.id, True, 2)
    for _ in range(2):
        gone = await http.post(f"/v1/deliveries/{it.id}/erase", json={}, headers=headers)
        assert (gone.status_code, gone.content) == (204, b"")
    [told] = await parts.journal.of(f"key/{it.id}")
    assert (told.kind, told.data["ground"]) == ("key.erased", "owner")
    others = await http.post(f"/v1/deliveries/{it.id}/erase", json={}, headers=await signed())
    assert others.status_code == 404
