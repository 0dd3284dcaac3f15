"""How people wish to be told, what the app shows them, and letters in an organisation's own words, over the API."""

from typing import Any

import httpx
import jwt
import pytest
from making import NOW, delivery, line, move

from api.deps import Parts
from domain.telling import MEMBERS_HEAR, member_id, recipients_id
from domain.users import Locale
from runtime.letters import SignedLinks
from storage._crypto import BlindIndex
from storage._engine import connect
from storage._keks import Keks
from storage.deliveries import SqlDeliveryStore
from storage.keys import KeyRing

WISHES, NOTICES, LETTERS = "/v1/notification-preferences", "/v1/notifications", "/v1/letter-templates"


def claims(headers: dict[str, str]) -> dict[str, Any]:
    return dict(jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False}))


async def test_preferences_are_usual_until_they_are_chosen(http: httpx.AsyncClient, parts: Parts, signed: Any) -> None:
    headers = await signed()
    usual = (await http.get(WISHES, headers=headers)).json()
    assert set(usual["events"]) == set(MEMBERS_HEAR)
    assert usual["events"]["delivery.booked"] == ["in_app"]
    body = {
        "events": {"delivery.booked": ["email"]},
        "quiet_hours": {"since": "22:00", "until": "07:00"},
        "digest": "hourly",
        "time_zone": "America/Manaus",
    }
    chosen = (await http.put(WISHES, json=body, headers=headers)).json()
    assert (chosen["events"]["delivery.booked"], chosen["digest"], chosen["usual"]) == (
        ["email"], "hourly", usual["usual"]
    )  # fmt: skip
    assert (await http.get(WISHES, headers=headers)).json() == chosen
    subscriber = member_id(claims(headers)["org"], claims(headers)["sub"])
    assert parts.letter_writer.told == [(subscriber, None, True)]  # type: ignore[attr-defined]
    assert (await http.get(WISHES, headers=await signed())).json() == usual


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Mars"},
        {"digest": "yearly"},
        {"events": {"delivery.quoted": ["email"]}},
        {"events": {"delivery.booked": ["fax"]}},
        {"quiet_hours": {"since": "22:00"}},
        {"quiet_hours": {"since": "25:00", "until": "07:00"}},
        {"phone": "+55"},
    ],
)
async def test_wishes_that_make_no_sense_are_refused(wrong: Any, http: httpx.AsyncClient, signed: Any) -> None:
    assert (await http.put(WISHES, json=wrong, headers=await signed())).status_code == 422


async def test_the_app_lists_counts_and_reads(http: httpx.AsyncClient, postgres: Any, keks: Keks, signed: Any) -> None:
    headers = await signed()
    engine = connect(postgres.url("deliveries"), application_name="tests-api")
    store = SqlDeliveryStore(engine, KeyRing(engine, keks), BlindIndex(bytes(32)))
    it = delivery(organisation_id=claims(headers)["org"])
    lines = [line(seq, kind=f"delivery.{kind}", at=NOW) for seq, kind in enumerate(("booked", "lost"), start=1)]
    await store.record(move(it, *lines))
    await engine.dispose()
    assert (await http.get(f"{NOTICES}/unread", headers=headers)).json() == {"count": 2, "more": False}
    lost, booked = (await http.get(NOTICES, headers=headers)).json()["items"]
    assert (lost["type"], booked["type"], lost["delivery_id"]) == ("delivery.lost", "delivery.booked", it.id)
    assert (await http.post(f"{NOTICES}/read", json={"ids": [lost["id"]]}, headers=headers)).status_code == 204
    [unread] = (await http.get(NOTICES, params={"unread": True}, headers=headers)).json()["items"]
    assert unread == booked
    others = await signed()
    assert (await http.get(NOTICES, headers=others)).json()["items"] == []
    assert (await http.post(f"{NOTICES}/read", json={"ids": [booked["id"]]}, headers=others)).status_code == 204
    assert (await http.get(f"{NOTICES}/unread", headers=headers)).json()["count"] == 1
    assert (await http.post(f"{NOTICES}/read-all", json={}, headers=headers)).status_code == 204
    assert (await http.get(f"{NOTICES}/unread", headers=headers)).json()["count"] == 0
    wrong = await http.post(f"{NOTICES}/read", json={"ids": ["9" * 40 + ".1"]}, headers=headers)
    assert wrong.status_code == 422


async def test_a_letter_is_previewed_worded_and_reset(http: httpx.AsyncClient, signed: Any) -> None:
    headers = await signed()
    key = {"audience": "recipient", "event": "delivery.delivered", "locale": "pt-BR"}
    words = {"subject": "$sender: chegou!", "paragraphs": ["<b>Oi</b>, é o $reference.", "$link"]}
    shown = (await http.post(f"{LETTERS}/preview", json={**key, "words": words}, headers=headers)).json()
    assert shown["subject"] == "Padaria do Bairro: chegou!"
    assert "<p>&lt;b&gt;Oi&lt;/b&gt;, é o Pedido 1042.</p>" in shown["html"]
    every = (await http.get(LETTERS, headers=headers)).json()["items"]
    assert {one["own"] for one in every} == {False}
    assert {one["locale"] for one in every} == {*Locale}
    kept = await http.put(LETTERS, json={**key, "words": words}, headers=headers)
    assert (kept.status_code, kept.json()["own"]) == (200, True)
    own = [one for one in (await http.get(LETTERS, headers=headers)).json()["items"] if one["own"]]
    assert [one["words"] for one in own] == [words]
    assert (await http.post(f"{LETTERS}/preview", json=key, headers=headers)).json() == shown
    assert (await http.post(f"{LETTERS}/reset", json=key, headers=headers)).json()["own"] is False
    assert (await http.post(f"{LETTERS}/preview", json=key, headers=headers)).json() != shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": {"subject": "x", "paragraphs": ["http://evil.example"]}},
        {"words": {"subject": "$password", "paragraphs": ["x"]}},
        {"audience": "member", "words": {"subject": "$sender", "paragraphs": ["x"]}},
        {"event": "delivery.lost", "words": {"subject": "x", "paragraphs": ["x"]}},
    ],
)
async def test_words_that_cannot_be_sent_are_refused(wrong: Any, http: httpx.AsyncClient, signed: Any) -> None:
    body = {"audience": "recipient", "event": "delivery.delivered", "locale": "en", **wrong}
    headers = await signed()
    for method, path in (("PUT", ""), ("POST", "/preview")):
        answer = await http.request(method, LETTERS + path, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_looking_at_a_link_ends_nothing_and_one_click_does(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    headers = await signed()
    organisation, links = claims(headers)["org"], SignedLinks(parts.settings)
    mine = member_id(organisation, claims(headers)["sub"])
    await http.put(WISHES, json={}, headers=headers)
    for subscriber, address in ((mine, None), (recipients_id(organisation), bytes(range(32)))):
        where = links.unsubscribe(subscriber, address).removeprefix("https://entrega.example")
        page = await http.get(where)
        assert (page.status_code, '<form method="post">' in page.text) == (200, True)
        assert "form-action 'self'" in page.headers["Content-Security-Policy"]
        assert (await http.get(WISHES, headers=headers)).json()["letters"] is (address is None)
        assert address is None or not await parts.templates.refused(subscriber, address)
        for _ in range(2):
            clicked = await http.post(where, data={"List-Unsubscribe": "One-Click"})
            assert clicked.status_code == 200
        assert address is None or await parts.templates.refused(subscriber, address)
        assert (await http.get(WISHES, headers=headers)).json()["letters"] is False
        forged = where.replace("uns_", "uns_A" if "uns_A" not in where else "uns_B", 1)[:-1]
        assert (await http.post(forged)).status_code == 404
