"""Registering: who owns an address shows it by following a link; a stranger learns nothing by trying."""

import re
import secrets
import statistics
import time
from typing import Any

import jwt
import pytest
from hands import Letters
from persons import Person, code_of

from api.deps import Parts
from domain.users import Locale


def claims(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(
        person.http.headers["Authorization"].split()[1], options={"verify_signature": False}
    )
    return found


async def test_a_new_user_owns_an_organisation_and_signs_in(person) -> None:
    ana = await person(verify=False)
    me = await ana.me()
    assert (me["email"], me["role"], me["email_verified"], me["disabled"]) == (ana.email, "customer", False, False)
    told = claims(ana)
    assert set(told) == {
        "iss", "aud", "sub", "org", "role", "org_role", "amr", "verified", "iat", "exp",
    }  # fmt: skip  # nothing personal
    assert (told["sub"], told["org"], told["org_role"]) == (me["id"], me["organisation_id"], "owner")
    assert (told["amr"], told["exp"] - told["iat"]) == (["pwd"], 600)
    [mine] = (await ana.ask("GET", "/organisations")).json()["items"]
    assert mine == {"organisation_id": told["org"], "organisation_name": "Bia Prado", "role": "owner"}


async def test_until_the_link_is_followed_nothing_can_be_requested(person) -> None:
    ana = await person(verify=False)
    assert claims(ana)["verified"] is False
    refused = await ana.ask("POST", "/deliveries", json={})
    assert code_of(refused) == (403, "email_unverified")
    assert (await ana.ask("GET", "/deliveries")).status_code == 200
    await ana.verify()
    assert (await ana.refresh()).status_code == 200
    assert claims(ana)["verified"] is True
    assert (await ana.me())["email_verified"] is True
    assert code_of(await ana.ask("POST", "/deliveries", json={})) == (422, "invalid")  # let in, and looked at


async def test_where_no_verified_address_is_asked_for_anything_goes(person, parts: Parts) -> None:
    parts.settings = parts.settings.model_copy(update={"require_verified_email": False})
    ana = await person(verify=False)
    assert claims(ana)["verified"] is True
    assert code_of(await ana.ask("POST", "/deliveries", json={})) == (422, "invalid")


async def test_a_link_is_good_once_and_another_can_be_asked_for(person) -> None:
    ana = await person(verify=False)
    first = ana.token()
    assert (await ana.ask("POST", "/users/me/verification")).status_code == 202
    assert ana.token() != first
    await ana.verify()
    for token in (first, ana.token(), secrets.token_urlsafe(32)):
        spent = await ana.ask("POST", "/users/verify-email", json={"token": token})
        assert code_of(spent) == (422, "link_spent")
    sent = len(ana.letters())
    assert (await ana.ask("POST", "/users/me/verification")).status_code == 202
    assert len(ana.letters()) == sent  # it is verified


async def test_an_address_registers_once_and_only_its_owner_hears_of_another_try(person, letters: Letters) -> None:
    ana = await person()
    again = Person(
        ana.http, ana._app, ana._parts, email=ana.email.replace("ana", "ANA"), password="another long secret"
    )
    fresh = Person(ana.http, ana._app, ana._parts)
    known, unknown = await again.register(), await fresh.register()
    assert known.status_code == unknown.status_code == 202
    assert known.json() == {"sent_to": again.email}
    assert set(known.headers) == set(unknown.headers)
    assert ana.letters()[-1].subject == "You already have an account"
    assert again.password not in letters.sent[-1].text
    assert code_of(await again.sign_in()) == (401, "unauthenticated")
    assert (await ana.sign_in()).status_code == 200


async def test_known_and_unknown_addresses_take_as_long(person, record_property) -> None:
    """Reported, not asserted: a busy machine proves nothing either way."""
    ana = await person()
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for _ in range(12):
        for which in times:
            email = ana.email if which == "known" else f"{secrets.token_hex(8)}@example.com"
            ana.http._transport.client = (f"10.9.{secrets.randbelow(250)}.{secrets.randbelow(250)}", 1)
            began = time.perf_counter()
            await ana.http.post("/v1/users/sign-in", json={"email": email, "password": "wrong"})
            times[which].append(time.perf_counter() - began)
    ratio = statistics.median(times["known"]) / statistics.median(times["unknown"])
    record_property("sign-in, known/unknown", round(ratio, 3))
    print(f"sign-in, known/unknown address: ratio of medians {ratio:.3f}")


@pytest.mark.parametrize("locale", list(Locale))
async def test_letters_are_in_the_users_language_with_the_link_in_both_bodies(person, locale: Locale) -> None:
    ana = await person(locale=str(locale), verify=False, sign_in=False)
    [letter] = ana.letters()
    assert letter.subject == {"pt-BR": "Confirme seu e-mail", "en": "Confirm your e-mail address"}[locale]
    link = re.search(r"https://entrega\.example/verify-email#token=[\w-]{43}", letter.text)
    assert link is not None
    assert f'href="{link[0]}"' in letter.html
    assert f'lang="{locale}"' in letter.html


async def test_a_mail_server_that_is_down_costs_a_letter_and_nothing_else(person, letters: Letters) -> None:
    letters.alive = False
    ana = await person(verify=False)
    assert ana.letters() == []
    letters.alive = True
    assert (await ana.ask("POST", "/users/me/verification")).status_code == 202
    await ana.verify()


@pytest.mark.parametrize(
    "more",
    [
        {"password": "short"},
        {"password": "x" * 129},
        {"email": "ana"},
        {"email": "ana@localhost"},
        {"email": "a" * 250 + "@example.com"},
        {"name": ""},
        {"name": "A\x07na"},
        {"role": "admin"},
        {"organisation_id": "org_1"},
        {"email_verified_at": "2026-01-01T00:00:00Z"},
        {"locale": "xx"},
    ],
)
async def test_what_cannot_be_registered(more: dict[str, str], http) -> None:
    ana = {"email": "ana@example.com", "password": "a long enough secret", "name": "Bia Prado"}
    answer = await http.post("/v1/users", json={**ana, **more})
    assert code_of(answer) == (422, "invalid")
    assert ana["password"] not in answer.text


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("fourteen chars", "password_too_short"),
        ("password1234567", "password_too_common"),
        ("ana-prado-example-com", "password_too_common"),
    ],
)
async def test_a_password_that_others_would_try_first_is_refused(password: str, code: str, http) -> None:
    body = {"email": "ana.prado@example.com", "password": password, "name": "Ana Prado"}
    answer = await http.post("/v1/users", json=body)
    assert code_of(answer) == (422, code)
    assert password not in answer.text


async def test_a_password_is_the_same_however_it_was_composed(person) -> None:
    ana = await person(password="uma senha longa e não óbvia", sign_in=False)
    assert (await ana.sign_in(password="uma senha longa e na\u0303o o\u0301bvia")).status_code == 200


async def test_the_keys_are_public(http) -> None:
    answer = await http.get("/v1/users/jwks")
    assert [key["kid"] for key in answer.json()["keys"]] == ["first"]
    assert all("d" not in key for key in answer.json()["keys"])
    assert answer.headers["cache-control"] == "public, max-age=300"
