"""People have what is held on them, and end their accounts, with the proof that they are they."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from making import delivery, line, move
from persons import Person, code_of

from api.deps import Parts
from domain.users import OrgRole, Role

Someone = Callable[..., Awaitable[Person]]


async def test_a_person_has_everything_about_them_by_their_password(person: Someone, parts: Parts) -> None:
    ana, bia = await person(name="Zuleica Canarinho"), await person(name="Outrora")
    assert code_of(await ana.ask("POST", "/users/me/export", json={"password": "wrong"})) == (401, "unauthenticated")
    given = await ana.ask("POST", "/users/me/export", json={"password": ana.password})
    assert given.status_code == 200, given.text
    document = given.json()
    me = await ana.me()
    assert (document["user"]["email"], document["user"]["name"]) == (ana.email, "Zuleica Canarinho")
    assert [m["organisation_name"] for m in document["memberships"]] == ["Zuleica Canarinho"]
    assert len(document["sessions"]) == 1
    assert [one["kind"] for one in document["lines"]][:2] == ["user.registered", "user.email_verified"]
    assert bia.email not in given.text
    assert "password_hash" not in given.text
    [told] = await parts.journal.of(f"access/{me['organisation_id']}")
    assert (told.kind, told.actor, told.data["subjects"]) == ("user.exported", me["id"], [me["id"]])


async def test_a_code_is_wanted_where_a_second_factor_is_on(person: Someone) -> None:
    ana = await person()
    await ana.second_factor()
    for path in ("/users/me/export", "/users/me/erase"):
        refused = await ana.ask("POST", path, json={"password": ana.password})
        assert code_of(refused) == (401, "second_factor_required")
    given = await ana.ask("POST", "/users/me/export", json={"password": ana.password, "code": ana.code()})
    assert (given.status_code, given.json()["second_factor"]) == (200, True)
    assert given.json()["recovery_codes_left"] == len(ana.codes)
    assert not [code for code in ana.codes if code in given.text]


async def test_who_ends_their_account_is_nobody_from_then_on(person: Someone, parts: Parts) -> None:
    ana = await person(name="Zuleica Canarinho")
    me = await ana.me()
    assert code_of(await ana.ask("POST", "/users/me/erase", json={"password": "wrong"})) == (401, "unauthenticated")
    ended = await ana.ask("POST", "/users/me/erase", json={"password": ana.password})
    assert (ended.status_code, ended.content) == (204, b"")
    for method, path in (("GET", "/users/me"), ("GET", "/users/me/sessions"), ("GET", "/organisations")):
        assert code_of(await ana.ask(method, path)) == (401, "unauthenticated")
    assert (await ana.refresh()).status_code == 401
    assert code_of(await ana.sign_in()) == (401, "unauthenticated")
    assert code_of(await ana.ask("POST", "/users/me/export", json={"password": ana.password}))[0] == 401
    found = await parts.users.get(me["id"])
    assert found is not None
    assert (found.erased, found.name) == (True, "erased")
    anew = await person(email=ana.email, password=ana.password)
    assert (await anew.me())["id"] != me["id"]


async def test_who_has_deliveries_under_way_is_told_which(person: Someone, parts: Parts, their_deliveries: Any) -> None:
    ana = await person()
    me = await ana.me()
    it = delivery(organisation_id=me["organisation_id"], created_by=me["id"])
    await their_deliveries.record(move(it, line(1, data={"status": "quoted"})))
    refused = await ana.ask("POST", "/users/me/erase", json={"password": ana.password})
    assert code_of(refused) == (409, "deliveries_underway")
    assert refused.json()["deliveries"] == [it.id]
    assert (await ana.me())["id"] == me["id"]


@pytest.fixture
async def their_deliveries(postgres, keks) -> Any:  # type: ignore[no-untyped-def]
    """Deliveries in the same database as the people."""
    from storage._crypto import BlindIndex
    from storage._engine import connect
    from storage.deliveries import SqlDeliveryStore
    from storage.keys import KeyRing

    engine = connect(postgres.url("deliveries"), application_name="tests-api")
    yield SqlDeliveryStore(engine, KeyRing(engine, keks), BlindIndex(bytes(32)))
    await engine.dispose()


async def test_the_last_owner_hands_over_first(person: Someone, parts: Parts) -> None:
    ana, bia = await person(), await person()
    org = (await ana.me())["organisation_id"]
    await ana.ask("POST", f"/organisations/{org}/invitations", json={"email": bia.email, "role": "member"})
    await bia.ask("POST", "/invitations/accept", json={"token": bia.token()})
    refused = await ana.ask("POST", "/users/me/erase", json={"password": ana.password})
    assert code_of(refused) == (409, "last_owner")
    assert refused.json()["organisations"] == [org]
    her_id = (await bia.me())["id"]
    await ana.ask("PUT", f"/organisations/{org}/members/{her_id}", json={"role": "owner"})
    assert (await ana.ask("POST", "/users/me/erase", json={"password": ana.password})).status_code == 204
    membership = await parts.organisations.membership(org, her_id)
    assert membership is not None
    assert membership.role is OrgRole.OWNER


async def test_admins_do_both_for_others_with_a_ground_and_are_remembered(
    person: Someone, parts: Parts, signed: Any
) -> None:
    ana = await person(name="Zuleica Canarinho")
    its_id = (await ana.me())["id"]
    headers = await signed(Role.ADMIN)
    for what in ("export", "erase"):
        path = f"/users/{its_id}/{what}"
        assert (await ana.ask("POST", path, json={}, headers=headers)).status_code == 422
        assert code_of(await ana.ask("POST", path, json={"ground": "request"})) == (403, "forbidden")
    given = await ana.ask("POST", f"/users/{its_id}/export", json={"ground": "request"}, headers=headers)
    assert given.json()["user"]["name"] == "Zuleica Canarinho"
    for _ in range(2):
        done = await ana.ask("POST", f"/users/{its_id}/erase", json={"ground": "duty"}, headers=headers)
        assert done.status_code == 204
    lines = await parts.privacy.lines(its_id, 0, 100)
    assert ("user.erased", "duty") in {(one.kind, one.data.get("ground")) for one in lines}
    gone = await ana.ask("POST", f"/users/{its_id}/export", json={"ground": "request"}, headers=headers)
    assert code_of(gone) == (404, "not_found")
