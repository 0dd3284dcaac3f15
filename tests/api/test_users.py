"""Registering, signing in, and what a token then says."""

import httpx
import jwt
import pytest

from api.deps import Parts

ANA = {"email": "ana@example.com", "password": "a long enough secret", "name": "Ana Souza"}


async def test_a_new_user_owns_an_organisation_and_signs_in(http: httpx.AsyncClient, parts: Parts) -> None:
    made = await http.post("/v1/users", json=ANA)
    assert made.status_code == 201
    signed = await http.post("/v1/users/sign-in", json={"email": "ANA@example.com", "password": ANA["password"]})
    token = signed.json()["access_token"]
    me = await http.get("/v1/users/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json() == made.json()
    assert me.json()["role"] == "customer"
    assert "password" not in made.text
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["org"] == me.json()["organisation_id"]
    assert claims["exp"] - claims["iat"] == signed.json()["expires_in"] == 600
    assert set(claims) == {"iss", "aud", "sub", "org", "role", "iat", "exp"}  # nothing personal


async def test_an_address_registers_once_however_it_is_written(http: httpx.AsyncClient) -> None:
    await http.post("/v1/users", json=ANA)
    again = await http.post("/v1/users", json={**ANA, "email": "Ana@Example.com"})
    assert (again.status_code, again.json()["code"]) == (409, "email_taken")


async def test_a_wrong_password_and_an_unknown_user_answer_alike(http: httpx.AsyncClient) -> None:
    await http.post("/v1/users", json=ANA)
    wrong = await http.post("/v1/users/sign-in", json={"email": ANA["email"], "password": "something else"})
    nobody = await http.post("/v1/users/sign-in", json={"email": "bia@example.com", "password": "something else"})
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.content == nobody.content


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
    ],
)
async def test_what_cannot_be_registered(more: dict[str, str], http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/users", json={**ANA, **more})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert ANA["password"] not in answer.text


async def test_a_password_is_the_same_however_it_was_composed(http: httpx.AsyncClient) -> None:
    await http.post("/v1/users", json={**ANA, "password": "uma senha longa e não óbvia"})
    decomposed = "uma senha longa e na\u0303o o\u0301bvia"
    answer = await http.post("/v1/users/sign-in", json={"email": ANA["email"], "password": decomposed})
    assert answer.status_code == 200


async def test_the_keys_are_public(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/users/jwks")
    assert [key["kid"] for key in answer.json()["keys"]] == ["first"]
    assert all("d" not in key for key in answer.json()["keys"])
    assert answer.headers["cache-control"] == "public, max-age=300"
