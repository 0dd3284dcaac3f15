"""What was erased is shown as such: never an error of ours, and nobody asks its workflow any more."""

from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from bodies import shipment

from api.deliveries.asking import delivery_id
from api.deps import Parts
from domain import audit
from domain.deliveries import Delivery, DeliveryStatus, RecordMove
from domain.erasure import erased_request
from domain.quotes import Service
from domain.users import Principal, Role


@pytest.fixture
async def gone(parts: Parts) -> Delivery:
    """As the store reads it once its key is deleted."""
    now = datetime.now(UTC)
    it = Delivery(
        id=f"del_{'e' * 32}",
        organisation_id="org_x",
        created_by="usr_x",
        created_at=now,
        updated_at=now,
        seq=1,
        status=DeliveryStatus.DELIVERED,
        request=erased_request(Service.EXPRESS, "NF-1"),
        erased=True,
    )
    line = audit.Line(seq=1, kind="delivery.delivered", actor="system", at=now)
    await parts.deliveries.record(RecordMove(delivery=it, lines=(line,)))
    return it


async def test_an_erased_delivery_is_shown_as_erased(http: httpx.AsyncClient, gone: Delivery, signed: Any) -> None:
    headers = await signed(Role.SUPPORT)
    shown = await http.get(f"/v1/deliveries/{gone.id}", headers=headers)
    assert (shown.status_code, shown.json()["erased"], shown.json()["status"]) == (200, True, "delivered")
    assert shown.json()["request"]["dropoff"]["contact"]["name"] == "erased"
    listed = await http.get("/v1/deliveries", headers=headers)
    assert [item["erased"] for item in listed.json()["items"]] == [True]


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("GET", "/live", None),
        ("POST", "/cancel", {}),
        ("POST", "/decide", {"decision": "retry"}),
        ("POST", "/quote-again", None),
        ("POST", "/force-status", {"status": "lost", "reason": "x"}),
    ],
)
async def test_nobody_asks_an_erased_deliverys_workflow(
    method: str, rest: str, body: Any, http: httpx.AsyncClient, gone: Delivery, signed: Any
) -> None:
    answer = await http.request(method, f"/v1/deliveries/{gone.id}{rest}", json=body, headers=await signed(Role.ADMIN))
    assert (answer.status_code, answer.json()["code"]) == (410, "erased")


async def test_the_request_that_made_it_sent_again_finds_it_erased(
    http: httpx.AsyncClient, parts: Parts, gone: Delivery, signed: Any
) -> None:
    headers = await signed()
    token = headers["Authorization"].removeprefix("Bearer ")
    said = jwt.decode(token, options={"verify_signature": False})
    named = {"user_id": said["sub"], "organisation_id": said["org"], "role": said["role"], "org_role": said["org_role"]}
    its_id = delivery_id(Principal.model_validate(named), "k")
    mine = gone.model_copy(update={"id": its_id, "organisation_id": said["org"]})
    line = audit.Line(seq=1, kind="delivery.delivered", actor="system", at=gone.created_at)
    await parts.deliveries.record(RecordMove(delivery=mine, lines=(line,)))
    again = await http.post("/v1/deliveries", json=shipment(), headers={**headers, "Idempotency-Key": "k"})
    assert (again.status_code, again.json()["id"], again.json()["erased"]) == (201, mine.id, True)
    assert again.headers["idempotency-replayed"] == "true"
