"""Webhook endpoints: kept by an organisation, tested against a real server, and what was sent to them."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI
from making import NOW, message
from receiver import Receiver, receiving, says

from api.deps import Parts
from domain.access import chain_of
from domain.events import EVENTS, PING
from domain.notifications import Attempt, Outcome
from domain.users import OrgRole, Role

ALL = "/v1/webhook-endpoints"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


def headers_of(signed: dict[str, str], **more: str) -> dict[str, str]:
    return {**signed, **more}


async def added(http: httpx.AsyncClient, headers: Any, url: str, **more: Any) -> dict[str, Any]:
    answer = await http.post(ALL, json={"url": url, **more}, headers=headers)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_an_endpoint_shows_its_secret_once_and_owners_again(
    http: Any, parts: Parts, signed: Any, receiver: Receiver
) -> None:
    headers = await signed()
    made = await added(http, headers, receiver.url, events=["delivery.delivered"], description="ERP")
    where, secret = f"{ALL}/{made['id']}", made.pop("secret")
    assert secret.startswith("whsec_")
    assert (await http.get(where, headers=headers)).json() == made
    assert (await http.get(ALL, headers=headers)).json() == {"items": [made], "next": None}
    assert (await http.get(f"{where}/secret", headers=headers)).json()["current"] == secret
    claims = jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})
    member = await signed(organisation_id=claims["org"], org_role=OrgRole.MEMBER)
    assert (await http.get(where, headers=member)).json() == made
    assert (await http.get(f"{where}/secret", headers=member)).status_code == 403
    assert secret not in str(parts.journal.lines)  # type: ignore[attr-defined]
    kinds = [line.kind.partition(".")[2] for line in await parts.journal.of(made["id"])]
    assert kinds == ["added", "secret_shown"]


async def test_the_same_key_adds_one_endpoint(http: Any, signed: Any, receiver: Receiver) -> None:
    headers = headers_of(await signed(), **{"Idempotency-Key": "first"})
    first = await added(http, headers, receiver.url)
    assert await added(http, headers, receiver.url) == first
    other = await http.post(ALL, json={"url": receiver.url, "events": ["delivery.lost"]}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    others = headers_of(await signed(), **{"Idempotency-Key": "first"})
    assert (await added(http, others, receiver.url))["id"] != first["id"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "https://10.0.0.1/"}, "address_forbidden"),
        ({"url": "https://169.254.169.254/latest"}, "address_forbidden"),
        ({"url": "https://ana:senha@8.8.8.8/"}, "address_forbidden"),
        ({"url": "ftp://8.8.8.8/"}, "invalid"),
        ({"url": "https://8.8.8.8/", "events": ["delivery.eaten"]}, "invalid"),
        ({"url": "https://8.8.8.8/", "events": ["ping"]}, "invalid"),
    ],
)
async def test_what_may_not_be_called_or_told_is_refused(body: Any, code: str, http: Any, signed: Any) -> None:
    headers = await signed()
    answer = await http.post(ALL, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await http.get(ALL, headers=headers)).json()["items"] == []


async def test_an_endpoint_is_changed_disabled_and_deleted(http: Any, signed: Any, receiver: Receiver) -> None:
    headers = await signed()
    made = await added(http, headers, receiver.url, description="ERP")
    where = f"{ALL}/{made['id']}"
    off = (await http.patch(where, json={"enabled": False, "description": None}, headers=headers)).json()
    assert (off["enabled"], off["disabled_reason"], off["description"]) == (False, "customer", None)
    on = (await http.patch(where, json={"enabled": True, "events": ["delivery.lost"]}, headers=headers)).json()
    assert (on["enabled"], on["disabled_reason"], on["events"]) == (True, None, ["delivery.lost"])
    bad = await http.patch(where, json={"url": "https://10.0.0.1/"}, headers=headers)
    assert (bad.status_code, bad.json()["code"]) == (422, "address_forbidden")
    assert (await http.get(where, headers=headers)).json()["url"] == receiver.url
    assert (await http.delete(where, headers=headers)).status_code == 204
    assert (await http.get(where, headers=headers)).status_code == 404


async def test_a_test_is_sent_as_everything_else_and_says_what_came_of_it(
    http: Any, signed: Any, receiver: Receiver
) -> None:
    headers = await signed()
    made = await added(http, headers, receiver.url)
    where = f"{ALL}/{made['id']}"
    receiver.on = [says(204), says(500), says(429, "Retry-After: 60"), says(204)]
    told = [(await http.post(f"{where}/test", headers=headers)).json() for _ in range(4)]
    assert [(one["status"], one["taken"]) for one in told] == [(204, True), (500, False), (429, False), (204, True)]
    assert receiver.ids == [one["message_id"] for one in told]
    said = receiver.calls[0].verified(made["secret"])
    assert said["type"] == PING
    log = (await http.get(f"{where}/messages", headers=headers)).json()["items"]
    assert [(one["id"], one["outcome"]) for one in log] == [
        (one["message_id"], "sent" if one["taken"] else "failed") for one in reversed(told)
    ]
    again = await http.post(f"{where}/messages/{told[0]['message_id']}/resend", headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "not_allowed_now")


async def test_while_a_secret_is_rotated_both_verify(http: Any, signed: Any, receiver: Receiver) -> None:
    headers = await signed()
    made = await added(http, headers, receiver.url)
    where = f"{ALL}/{made['id']}"
    rotated = (await http.post(f"{where}/rotate-secret", json={"keep_for": "PT1H"}, headers=headers)).json()
    assert rotated["previous"] == made["secret"] != rotated["current"]
    await http.post(f"{where}/test", headers=headers)
    assert receiver.calls[0].verified(made["secret"]) == receiver.calls[0].verified(rotated["current"])
    at_once = (await http.post(f"{where}/rotate-secret", json={"keep_for": "PT0S"}, headers=headers)).json()
    await http.post(f"{where}/test", headers=headers)
    assert receiver.calls[1].verified(at_once["current"])
    assert not receiver.calls[1].signed(rotated["current"])


async def test_the_log_says_what_was_tried_and_a_message_is_sent_again(
    http: Any, parts: Parts, signed: Any, receiver: Receiver
) -> None:
    headers = await signed()
    made = await added(http, headers, receiver.url)
    kept = await parts.endpoints.get(made["id"])
    assert kept is not None
    sent = message(kept.endpoint, 4)
    await parts.messages.begin(sent)
    await parts.messages.attempted(sent, Attempt(number=1, at=NOW, status=500, latency_ms=3), Outcome.FAILED, None)
    where = f"{ALL}/{made['id']}/messages"
    told = (await http.get(f"{where}/{sent.id}", headers=headers)).json()
    assert (told["outcome"], told["status"], told["attempts"]) == ("failed", 500, 1)
    assert [(one["number"], one["status"], one["latency_ms"]) for one in told["log"]] == [(1, 500, 3)]
    assert (await http.get(where, params={"outcome": "sent"}, headers=headers)).json()["items"] == []
    again = await http.post(f"{where}/{sent.id}/resend", headers=headers)
    assert (again.status_code, again.json()["outcome"]) == (202, "waiting")
    assert parts.notifier.told == [(made["id"], sent.delivery_id, (4,), True)]  # type: ignore[attr-defined]
    parts.notifier.alive = False  # type: ignore[attr-defined]
    assert (await http.post(f"{where}/{sent.id}/resend", headers=headers)).status_code == 410


async def test_a_replay_is_asked_for_once_shows_how_far_it_is_and_needs_an_endpoint_that_is_enabled(
    http: Any, parts: Parts, signed: Any, receiver: Receiver
) -> None:
    headers = headers_of(await signed(), **{"Idempotency-Key": "first"})
    made = await added(http, headers, receiver.url)
    where, since = f"{ALL}/{made['id']}", "2026-01-31T00:00:00Z"
    off = (await http.patch(where, json={"enabled": False}, headers=headers)).json()
    assert off["missed_since"] is not None
    assert "replay" in off["advice"]
    body = {"since": off["missed_since"], "events": ["delivery.lost"], "only_failed": True}
    early = await http.post(f"{where}/replay", json=body, headers=headers)
    assert (early.status_code, early.json()["code"]) == (409, "not_allowed_now")
    on = (await http.patch(where, json={"enabled": True}, headers=headers)).json()
    assert (on["missed_since"], "replay" in on["advice"]) == (off["missed_since"], True)
    asked = await http.post(f"{where}/replay", json=body, headers=headers)
    told = asked.json()
    assert (asked.status_code, told["status"], told["only_failed"]) == (202, "running", True)
    again = await http.post(f"{where}/replay", json=body, headers=headers)
    assert (again.status_code, again.json(), again.headers["Idempotency-Replayed"]) == (202, told, "true")
    other = await http.post(f"{where}/replay", json={**body, "only_failed": False}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (await http.get(asked.headers["Location"], headers=headers)).json() == told
    assert (await http.get(f"{where}/replays", headers=headers)).json()["items"] == [told]
    second = await http.post(f"{where}/replay", json=body, headers={**headers, "Idempotency-Key": "second"})
    assert (second.status_code, second.json()["code"]) == (409, "replay_running")
    for wrong in ({"since": since}, {"since": since, "until": since}, {"since": "2999-01-01T00:00:00Z"}):
        answer = await http.post(f"{where}/replay", json=wrong, headers={**headers, "Idempotency-Key": "third"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), wrong
    kinds = [line.kind.partition(".")[2] for line in await parts.journal.of(made["id"])]
    assert kinds == ["added", "changed", "changed", "replayed"]


async def test_staff_look_which_is_told_and_change_nothing(
    http: Any, parts: Parts, signed: Any, receiver: Receiver
) -> None:
    made = await added(http, await signed(), receiver.url)
    support, where = await signed(Role.SUPPORT), f"{ALL}/{made['id']}"
    assert (await http.get(where, headers=support)).status_code == 200
    assert (await http.get(f"{where}/messages", headers=support)).status_code == 200
    [look] = await parts.journal.of(chain_of(made["organisation_id"]))
    assert (look.data["route"], look.data["subjects"]) == ("get_webhook_endpoint", [made["id"]])
    for method, path in (("GET", "/secret"), ("PATCH", ""), ("DELETE", ""), ("POST", "/test")):
        body = {"json": {}} if method == "PATCH" else {}
        assert (await http.request(method, where + path, headers=support, **body)).status_code == 404, path


def test_every_event_is_described(app: FastAPI) -> None:
    told = app.openapi()["webhooks"]
    assert set(told) == {*EVENTS, PING}
    headers = {one["name"] for one in told["delivery.booked"]["post"]["parameters"]}
    assert headers == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert "Event" in json.dumps(told["delivery.booked"]["post"]["requestBody"])
