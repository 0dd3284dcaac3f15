"""What a user changes of themselves."""

import secrets

import pytest
from persons import Person, code_of


async def test_a_name_and_a_language_change_at_will(person) -> None:
    ana = await person()
    changed = await ana.ask("PATCH", "/users/me", json={"name": "Bia Souza", "locale": "pt-BR"})
    assert (changed.json()["name"], changed.json()["locale"]) == ("Bia Souza", "pt-BR")
    assert (await ana.ask("PATCH", "/users/me", json={})).json() == changed.json() == await ana.me()
    await ana.ask("POST", "/users/forgot-password", json={"email": ana.email})
    assert ana.letters()[-1].subject == "Escolha uma nova senha"


@pytest.mark.parametrize("field", ["role", "email", "email_verified", "organisation_id", "disabled_at", "id"])
async def test_nothing_else_changes_that_way(field: str, person) -> None:
    ana = await person()
    before = await ana.me()
    assert code_of(await ana.ask("PATCH", "/users/me", json={field: "admin"})) == (422, "invalid")
    assert await ana.me() == before


async def test_a_new_address_is_confirmed_from_it_and_the_old_one_hears_of_it(person) -> None:
    ana = await person()
    address = f"new.{secrets.token_hex(6)}@example.com"
    wrong = await ana.ask("POST", "/users/me/email", json={"password": "a guess", "email": address})
    assert code_of(wrong) == (401, "unauthenticated")
    asked = await ana.ask("POST", "/users/me/email", json={"password": ana.password, "email": address})
    assert asked.status_code == 202
    assert (await ana.me())["email"] == ana.email
    assert ana.letters()[-1].subject == "Your account's e-mail address is about to change"
    there = Person(ana.http, ana._app, ana._parts, email=address, password=ana.password)
    await there.verify()
    assert (await ana.me())["email"] == address
    assert (await ana.sign_in()).status_code == 401
    assert (await there.sign_in()).status_code == 200


async def test_anothers_address_cannot_be_taken_nor_found_out_about(person) -> None:
    ana, bia = await person(), await person()
    taken = await ana.ask("POST", "/users/me/email", json={"password": ana.password, "email": bia.email})
    free = await ana.ask("POST", "/users/me/email", json={"password": ana.password, "email": "free.one@example.com"})
    assert taken.status_code == free.status_code == 202
    assert bia.letters()[-1].subject == "You already have an account"
    assert "token" not in bia.letters()[-1].text
