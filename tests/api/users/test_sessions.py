"""Signing in, staying signed in, signing out: the cookie, and what a copy of it is worth."""

from datetime import UTC, datetime

import httpx
import jwt
import pytest
from argon2 import PasswordHasher
from persons import Person, code_of

from api.deps import Parts
from domain.errors import Unavailable
from runtime.passwords import Passwords

COOKIE = "__Host-entrega"


async def lines(person: Person, parts: Parts) -> list[str]:
    from storage.journal import SqlJournal

    me = await parts.users.by_email(person.email)
    assert me is not None
    return [line.kind for line in await SqlJournal(parts.users._engine).of(me[0].id)]  # type: ignore[attr-defined]


async def test_a_wrong_password_and_an_unknown_user_answer_alike(person, parts: Parts) -> None:
    ana = await person()
    wrong = await ana.sign_in(password="something else")
    nobody = await ana.sign_in(email="nobody@example.com", password="something else")
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.content == nobody.content
    me = await ana.me()
    [told] = [line for line in await parts.journal.of(me["id"]) if line.kind == "user.sign_in_failed"]
    assert (told.actor, told.data) == ("nobody", {"reason": "password", "tries": 1})


async def test_the_cookie_is_closed_to_scripts_other_hosts_and_other_sites(person) -> None:
    ana = await person(sign_in=False)
    set_cookie = (await ana.sign_in()).headers["set-cookie"]
    assert set_cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/", "Max-Age=2591"):
        assert part in set_cookie
    assert "Domain" not in set_cookie


async def test_on_the_loopback_without_tls_it_has_another_name(person, parts: Parts) -> None:
    parts.settings = parts.settings.model_copy(update={"public_url": "http://127.0.0.1:8000"})
    ana = await person(sign_in=False)
    set_cookie = (await ana.sign_in()).headers["set-cookie"]
    assert set_cookie.startswith("entrega_refresh=")
    assert "Secure" not in set_cookie
    for part in ("HttpOnly", "SameSite=strict"):
        assert part in set_cookie


async def test_anywhere_else_without_tls_a_browser_does_not_get_to_keep_it(person, parts: Parts) -> None:
    parts.settings = parts.settings.model_copy(update={"public_url": "http://entrega.example"})
    ana = await person(sign_in=False)
    assert "Secure" in (await ana.sign_in()).headers["set-cookie"]


async def test_a_cookie_is_exchanged_and_an_old_one_ends_the_session(person, parts: Parts) -> None:
    ana = await person()
    stolen = ana.http.cookies[COOKIE]
    for _ in range(3):
        before = ana.http.cookies[COOKIE]
        assert (await ana.refresh()).status_code == 200
        assert ana.http.cookies[COOKIE] != before
    theirs = await ana.ask("POST", "/users/refresh", headers={"Cookie": f"{COOKIE}={stolen}"})
    assert code_of(theirs) == (401, "unauthenticated")
    assert code_of(await ana.refresh()) == (401, "unauthenticated")
    assert (await lines(ana, parts))[-1] == "user.refresh_reused"


async def test_two_tabs_that_refresh_at_once_both_go_on(person) -> None:
    ana = await person()
    cookie = {"Cookie": f"{COOKIE}={ana.http.cookies[COOKIE]}"}
    first, second = [await ana.ask("POST", "/users/refresh", headers=cookie) for _ in range(2)]
    assert first.status_code == second.status_code == 200
    assert (await ana.refresh()).status_code == 200


@pytest.mark.parametrize("path", ["/users/refresh", "/users/sign-out"])
@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://blog.entrega.example"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "https://entrega.example.evil.example"}, False),
        ({"Origin": "https://entrega.example"}, True),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://app.entrega.example"}, True),
        ({}, True),
    ],
)
async def test_other_sites_pages_cannot_use_the_cookie(
    path: str, headers: dict[str, str], let_in: bool, person, parts: Parts
) -> None:
    parts.settings = parts.settings.model_copy(update={"app_url": "https://app.entrega.example"})
    ana = await person()
    del ana.http.headers["Sec-Fetch-Site"]
    answer = await ana.ask("POST", path, headers=headers)
    assert (answer.status_code < 400) is let_in
    if not let_in:
        assert code_of(answer) == (403, "forbidden")
        assert (await ana.refresh()).status_code == 200  # and nothing happened


@pytest.mark.parametrize("cookie", ["", "x", ".", "a.", ".b", "a.b", "a" * 5000])
async def test_a_cookie_that_is_none_of_ours_is_a_401(cookie: str, http) -> None:
    answer = await http.post("/v1/users/refresh", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert code_of(answer) == (401, "unauthenticated")


async def test_signing_out_ends_this_session_and_takes_the_cookie_back(person) -> None:
    ana = await person()
    cookie = ana.http.cookies[COOKIE]
    assert (await ana.ask("POST", "/users/sign-out")).status_code == 204
    assert COOKIE not in ana.http.cookies
    copied = await ana.ask("POST", "/users/refresh", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert copied.status_code == 401
    assert (await ana.me())["email"] == ana.email  # for ten minutes at most


async def test_sessions_are_listed_and_ended_one_by_one_or_all(person, client) -> None:
    ana = await person()
    phone = Person(client("10.1.1.1"), ana._app, ana._parts, email=ana.email, password=ana.password)
    await phone.sign_in()
    newest, oldest = (await ana.ask("GET", "/users/me/sessions")).json()["items"]
    assert newest["amr"] == ["pwd"]
    assert (await ana.ask("DELETE", f"/users/me/sessions/{newest['id']}")).status_code == 204
    assert code_of(await ana.ask("DELETE", f"/users/me/sessions/{newest['id']}")) == (404, "not_found")
    assert (await phone.refresh()).status_code == 401
    assert (await ana.refresh()).status_code == 200
    assert (await phone.sign_in()).status_code == 200
    assert (await ana.ask("POST", "/users/sign-out-everywhere")).status_code == 204
    for browser in (ana, phone):
        assert (await browser.refresh()).status_code == 401
    assert (await ana.ask("GET", "/users/me/sessions")).json()["items"] == []
    assert oldest["organisation_id"]
    await phone.http.aclose()


async def test_anothers_session_is_as_good_as_missing(person) -> None:
    ana, bia = await person(), await person()
    [hers] = (await bia.ask("GET", "/users/me/sessions")).json()["items"]
    theirs = await ana.ask("DELETE", f"/users/me/sessions/{hers['id']}")
    nobodys = await ana.ask("DELETE", "/users/me/sessions/ses_0")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.content == nobodys.content
    assert (await bia.refresh()).status_code == 200


async def test_a_disabled_user_neither_signs_in_nor_refreshes(person, parts: Parts) -> None:
    ana = await person()
    await parts.users.set_standing((await ana.me())["id"], "usr_admin", disabled=True)
    assert (await ana.refresh()).status_code == 401
    assert code_of(await ana.sign_in()) == (403, "user_disabled")
    assert code_of(await ana.sign_in(password="wrong")) == (401, "unauthenticated")  # as for anybody
    assert code_of(await ana.ask("GET", "/users/me")) == (401, "unauthenticated")
    assert (await ana.ask("POST", "/users/forgot-password", json={"email": ana.email})).status_code == 202
    assert "password" not in ana.letters()[-1].subject


async def test_a_hash_of_old_parameters_is_made_anew_at_the_next_sign_in(person, parts: Parts) -> None:
    ana = await person()
    weak = PasswordHasher(memory_cost=8_192, time_cost=1, parallelism=1).hash(ana.password)
    user, _ = await parts.users.by_email(ana.email) or (None, "")
    assert user is not None
    await parts.users.set_password(user.id, weak, None)
    assert (await ana.sign_in()).status_code == 200
    _, hashed = await parts.users.by_email(ana.email) or (None, "")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await ana.sign_in()).status_code == 200


async def test_a_queue_of_passwords_does_not_grow_without_end(person, app, monkeypatch) -> None:
    ana = await person(sign_in=False)
    monkeypatch.setattr(app.state, "passwords", full := Passwords(), raising=False)
    full._here = 10_000
    assert code_of(await ana.sign_in()) == (503, "unavailable")


async def test_who_switches_acts_elsewhere_and_stays_there(person) -> None:
    ana, bia = await person(), await person()
    home, elsewhere = (await ana.me())["organisation_id"], (await bia.me())["organisation_id"]
    refused = await ana.ask("POST", "/users/switch", json={"organisation_id": elsewhere})
    missing = await ana.ask("POST", "/users/switch", json={"organisation_id": "org_0"})
    assert refused.status_code == missing.status_code == 404
    assert refused.content == missing.content
    body = {"email": ana.email, "role": "viewer"}
    assert (await bia.ask("POST", f"/organisations/{elsewhere}/invitations", json=body)).status_code == 201
    assert (await ana.ask("POST", "/invitations/accept", json={"token": ana.token()})).status_code == 200
    switched = await ana.ask("POST", "/users/switch", json={"organisation_id": elsewhere})
    for token in (switched.json()["access_token"], (await ana.refresh()).json()["access_token"]):
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["org"], claims["org_role"]) == (elsewhere, "viewer")
    assert code_of(await ana.ask("POST", "/deliveries", json={})) == (403, "forbidden")
    me = await ana.me()
    assert me["organisation_id"] == home
    assert (await bia.ask("DELETE", f"/organisations/{elsewhere}/members/{me['id']}")).status_code == 204
    claims = jwt.decode((await ana.refresh()).json()["access_token"], options={"verify_signature": False})
    assert (claims["org"], claims["org_role"]) == (home, "owner")


async def test_a_store_that_is_down_lets_nobody_in(person, parts: Parts) -> None:
    class Down:
        async def take(self, limit: object, key: str) -> None:
            raise Unavailable("the database does not answer")

    ana = await person(sign_in=False)
    parts.limits = Down()  # type: ignore[assignment]
    answer = await ana.sign_in()
    assert code_of(answer) == (503, "unavailable")
    assert answer.headers["retry-after"]
    assert "set-cookie" not in answer.headers


async def test_staffs_sessions_last_a_day_at_most(person, parts: Parts) -> None:
    ana = await person(sign_in=False)
    user, _ = await parts.users.by_email(ana.email) or (None, "")
    assert user is not None
    from domain.users import Role

    await parts.users.set_standing(user.id, "usr_admin", role=Role.SUPPORT)
    await ana.sign_in()
    [session] = (await ana.ask("GET", "/users/me/sessions")).json()["items"]
    left = datetime.fromisoformat(session["expires_at"]) - datetime.now(UTC)
    assert 0 < left.total_seconds() <= 12 * 3600


async def test_an_answer_with_a_token_is_never_cached(person) -> None:
    ana = await person(sign_in=False)
    answer: httpx.Response = await ana.sign_in()
    assert answer.headers["cache-control"] == "no-store"
