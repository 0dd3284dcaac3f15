"""What staff do about other users, and that it is told."""

import pytest
from persons import Person, code_of

from api.deps import Parts
from domain.users import Role


@pytest.fixture
async def admin(person, parts: Parts) -> Person:
    parts.settings = parts.settings.model_copy(update={"require_staff_second_factor": False})
    one: Person = await person()
    await parts.users.set_standing((await one.me())["id"], "usr_admin", role=Role.ADMIN)
    await one.sign_in()
    return one


async def told(parts: Parts, user_id: str) -> list[tuple[str, str]]:
    from storage.journal import SqlJournal

    journal = SqlJournal(parts.users._engine)  # type: ignore[attr-defined]
    return [(line.kind, line.actor) for line in await journal.of(user_id)]


async def test_a_user_is_found_by_the_whole_address_and_that_is_told(person, admin: Person, parts: Parts) -> None:
    ana = await person()
    found = (await admin.ask("POST", "/users/find", json={"email": ana.email.upper()})).json()["items"]
    assert [one["id"] for one in found] == [(await ana.me())["id"]]
    assert (await admin.ask("POST", "/users/find", json={"email": "nobody@example.com"})).json()["items"] == []
    [line] = await parts.journal.of(f"access/{found[0]['organisation_id']}")
    assert (line.kind, line.actor) == ("personal_data.read", (await admin.me())["id"])
    assert (line.data["route"], line.data["subjects"]) == ("find_user", [found[0]["id"]])


async def test_disabling_shuts_out_and_enabling_lets_in_again(person, admin: Person, parts: Parts) -> None:
    ana = await person()
    ana_id, admin_id = (await ana.me())["id"], (await admin.me())["id"]
    assert (await admin.ask("POST", f"/users/{ana_id}/disable")).json()["disabled"] is True
    assert (await ana.refresh()).status_code == 401
    assert code_of(await ana.sign_in()) == (403, "user_disabled")
    assert (await admin.ask("POST", f"/users/{ana_id}/enable")).json()["disabled"] is False
    assert (await ana.sign_in()).status_code == 200
    kinds = await told(parts, ana_id)
    assert ("user.disabled", admin_id) in kinds
    assert ("user.enabled", admin_id) in kinds


async def test_a_disabled_admin_does_nothing_here_with_the_token_they_still_hold(
    person, admin: Person, parts: Parts
) -> None:
    ana = await person()
    me, ana_id = (await admin.me())["id"], (await ana.me())["id"]
    await parts.users.set_standing(me, "usr_another", disabled=True)
    for path in (f"/users/{me}/enable", f"/users/{ana_id}/disable", f"/users/{ana_id}/enable"):
        assert code_of(await admin.ask("POST", path)) == (401, "unauthenticated")
    assert code_of(await admin.ask("GET", "/organisations")) == (401, "unauthenticated")
    assert code_of(await admin.ask("POST", "/users/find", json={"email": ana.email})) == (401, "unauthenticated")


async def test_another_role_is_signed_in_to_anew(person, admin: Person) -> None:
    ana = await person()
    ana_id = (await ana.me())["id"]
    assert (await ana.ask("GET", "/areas")).status_code == 403
    assert (await admin.ask("PUT", f"/users/{ana_id}/role", json={"role": "support"})).json()["role"] == "support"
    assert (await ana.refresh()).status_code == 401
    await ana.sign_in()
    assert (await ana.ask("GET", "/areas")).status_code == 200
    await admin.ask("PUT", f"/users/{ana_id}/role", json={"role": "customer"})
    assert (await ana.refresh()).status_code == 401
    await ana.sign_in()
    assert (await ana.ask("GET", "/areas")).status_code == 403


async def test_a_lost_second_factor_is_taken_off_by_hand(person, admin: Person, parts: Parts) -> None:
    ana = await person()
    ana_id = (await ana.me())["id"]
    path = f"/users/{ana_id}/remove-second-factor"
    assert code_of(await admin.ask("POST", path)) == (409, "second_factor_missing")
    await ana.second_factor()
    assert (await admin.ask("POST", path)).status_code == 200
    assert (await ana.refresh()).status_code == 401
    assert (await ana.sign_in()).status_code == 200
    assert ana.letters()[-1].subject == "Second factor off"
    assert ("user.second_factor_off", (await admin.me())["id"]) in await told(parts, ana_id)


async def test_nobody_does_it_to_themselves_or_to_nobody(admin: Person) -> None:
    me = (await admin.me())["id"]
    for method, what, body in (
        ("PUT", "role", {"role": "customer"}), ("POST", "disable", None), ("POST", "enable", None),
        ("POST", "remove-second-factor", None),
    ):  # fmt: skip
        assert code_of(await admin.ask(method, f"/users/{me}/{what}", json=body)) == (409, "conflict")
        assert code_of(await admin.ask(method, f"/users/usr_0/{what}", json=body)) == (404, "not_found")
