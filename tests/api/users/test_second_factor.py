"""A second factor: asked for after the password, each code good once, and never easier to take off than to put on."""

import base64

import jwt
import pyotp
import pytest
from persons import code_of

from api.deps import Parts
from api.users import codes
from domain.user_ports import SecondFactor
from domain.users import Role

# RFC 6238, appendix B, SHA-1: eight digits there; ours are the last six.
RFC_SECRET = b"12345678901234567890"
RFC_VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.parametrize("at", RFC_VECTORS)
def test_the_vectors_of_the_rfc(at: int) -> None:
    factor, code = SecondFactor(secret=RFC_SECRET, confirmed=True), RFC_VECTORS[at][-6:]
    assert codes.step_of(factor, code, at) == at // 30
    assert codes.step_of(factor, code, at + 30) == codes.step_of(factor, code, at - 30) == at // 30
    assert codes.step_of(factor, code, at + 60) is codes.step_of(factor, code, at - 60) is None
    assert codes.step_of(factor, "000000", at) is None


def test_the_uri_is_what_authenticators_read() -> None:
    parsed = pyotp.parse_uri(codes.uri(RFC_SECRET, "ana@example.com"))
    assert isinstance(parsed, pyotp.TOTP)
    assert (parsed.secret, parsed.name, parsed.issuer) == (codes.base32(RFC_SECRET), "ana@example.com", "Entrega")


async def test_once_on_the_password_alone_opens_nothing(person) -> None:
    ana = await person()
    await ana.second_factor()
    assert ana.letters()[-1].subject == "Second factor on"
    asked = await ana.sign_in()
    assert code_of(asked) == (401, "second_factor_required")
    assert "set-cookie" not in asked.headers
    assert code_of(await ana.sign_in(code="000000")) == (401, "second_factor_wrong")
    assert code_of(await ana.sign_in(password="a guess", code="000000")) == (401, "unauthenticated")
    signed = await ana.sign_in(code=ana.code())
    claims = jwt.decode(signed.json()["access_token"], options={"verify_signature": False})
    assert claims["amr"] == ["pwd", "otp"]


async def test_a_code_is_good_once_even_the_one_that_confirmed(person) -> None:
    ana = await person()
    await ana.second_factor()
    assert ana.totp is not None
    used = ana.totp.generate_otp(ana._step)
    assert code_of(await ana.sign_in(code=used)) == (401, "second_factor_wrong")
    code = ana.code()
    assert (await ana.sign_in(code=code)).status_code == 200
    assert code_of(await ana.sign_in(code=code)) == (401, "second_factor_wrong")


async def test_turning_it_on_ends_sessions_that_knew_only_the_password(person, client) -> None:
    from persons import Person

    ana = await person()
    phone = Person(client("10.1.1.3"), ana._app, ana._parts, email=ana.email, password=ana.password)
    await phone.sign_in()
    await ana.second_factor()
    assert (await phone.refresh()).status_code == 401
    refreshed = await ana.refresh()
    claims = jwt.decode(refreshed.json()["access_token"], options={"verify_signature": False})
    assert claims["amr"] == ["pwd", "otp"]
    await phone.http.aclose()


async def test_a_recovery_code_signs_in_once_however_it_is_typed(person) -> None:
    ana = await person()
    await ana.second_factor()
    assert len(set(ana.codes)) == 10
    assert all(len(base64.b32decode(code.replace("-", "").upper())) * 8 >= 112 for code in ana.codes)
    first, second = ana.codes[:2]
    assert (await ana.sign_in(code=first)).status_code == 200
    assert code_of(await ana.sign_in(code=first)) == (401, "second_factor_wrong")
    assert (await ana.sign_in(code=second.upper().replace("-", " "))).status_code == 200
    state = (await ana.ask("GET", "/users/me/second-factor")).json()
    assert state == {"on": True, "recovery_codes_left": 8}


async def test_new_recovery_codes_ask_for_both_factors_and_replace_all(person) -> None:
    ana = await person()
    await ana.second_factor()
    path = "/users/me/second-factor/recovery-codes"
    one = await ana.ask("POST", path, json={"password": ana.password, "code": "000000"})
    assert code_of(one) == (401, "second_factor_wrong")
    renewed = await ana.ask("POST", path, json={"password": ana.password, "code": ana.code()})
    assert len(renewed.json()["codes"]) == 10
    assert code_of(await ana.sign_in(code=ana.codes[0])) == (401, "second_factor_wrong")
    assert (await ana.sign_in(code=renewed.json()["codes"][0])).status_code == 200


async def test_taking_it_off_asks_for_both_and_for_a_password_that_can_stand_alone(person) -> None:
    ana = await person()
    await ana.second_factor()
    assert (await ana.sign_in(code=ana.codes[0])).status_code == 200
    short = {"current_password": ana.password, "new_password": "8 chars!"}
    assert (await ana.ask("POST", "/users/me/password", json=short)).status_code == 200  # enough beside a factor
    path, body = "/users/me/second-factor/remove", {"password": "8 chars!", "code": ana.codes[1]}
    assert code_of(await ana.ask("POST", path, json=body)) == (422, "password_too_short")
    long = {"current_password": "8 chars!", "new_password": ana.password}
    assert (await ana.ask("POST", "/users/me/password", json=long)).status_code == 200
    wrong = await ana.ask("POST", path, json={"password": ana.password, "code": "000000"})
    assert code_of(wrong) == (401, "second_factor_wrong")
    assert (await ana.ask("POST", path, json={"password": ana.password, "code": ana.codes[1]})).status_code == 200
    assert ana.letters()[-1].subject == "Second factor off"
    assert (await ana.sign_in()).status_code == 200
    assert (await ana.ask("GET", "/users/me/second-factor")).json() == {"on": False, "recovery_codes_left": 0}


async def test_setting_it_up_asks_for_the_password_a_verified_address_and_a_first_code(person) -> None:
    ana = await person(verify=False)
    body = {"password": ana.password}
    refused = await ana.ask("POST", "/users/me/second-factor", json=body)
    assert code_of(refused) == (403, "email_unverified")
    await ana.verify()
    await ana.refresh()
    confirm = "/users/me/second-factor/confirm"
    assert code_of(await ana.ask("POST", confirm, json={"code": "000000"})) == (409, "second_factor_missing")
    guess = await ana.ask("POST", "/users/me/second-factor", json={"password": "a guess"})
    assert code_of(guess) == (401, "unauthenticated")
    assert (await ana.ask("POST", "/users/me/second-factor", json=body)).status_code == 201
    assert code_of(await ana.ask("POST", confirm, json={"code": "000000"})) == (401, "second_factor_wrong")
    assert (await ana.sign_in()).status_code == 200  # not in force
    await ana.second_factor()
    assert code_of(await ana.ask("POST", "/users/me/second-factor", json=body)) == (409, "second_factor_set")


async def test_staff_are_customers_until_they_show_a_second_factor(person, parts: Parts) -> None:
    ana = await person()
    me = await ana.me()
    await parts.users.set_standing(me["id"], "usr_admin", role=Role.ADMIN)
    plain = await ana.sign_in()
    assert plain.json()["second_factor_due"] is True
    assert code_of(await ana.ask("GET", "/areas")) == (403, "forbidden")
    await ana.second_factor()
    signed = await ana.sign_in(code=ana.code())
    assert signed.json()["second_factor_due"] is False
    assert (await ana.ask("GET", "/areas")).status_code == 200
    assert (await ana.refresh()).json()["second_factor_due"] is False


async def test_where_staff_need_none_the_password_is_enough(person, parts: Parts) -> None:
    parts.settings = parts.settings.model_copy(update={"require_staff_second_factor": False})
    ana = await person()
    await parts.users.set_standing((await ana.me())["id"], "usr_admin", role=Role.SUPPORT)
    assert (await ana.sign_in()).json()["second_factor_due"] is False
    assert (await ana.ask("GET", "/areas")).status_code == 200
