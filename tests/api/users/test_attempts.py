"""Trying too often: by account and by address, refused with how long to wait; the owner is not easily kept out."""

import itertools
from collections.abc import Awaitable, Callable

import httpx
import pytest
from persons import Person, code_of

from api.deps import Parts
from domain.limits import MAIL_ACCOUNT, PROOF, SIGN_IN_ACCOUNT, SIGN_IN_ADDRESS, SIGN_IN_PAIR


async def wrong(person: Person, times: int) -> list[int]:
    return [(await person.sign_in(password="a guess")).status_code for _ in range(times)]


async def refused_after(ask: Callable[[], Awaitable[httpx.Response]], most: int) -> httpx.Response:
    """The refusal once so many have tried; a slow machine may have been given some of them back meanwhile."""
    for tried in range(4 * most):
        answer = await ask()
        if answer.status_code == 429:
            assert tried >= most
            return answer
    raise AssertionError("never refused")


async def test_one_account_is_tried_so_often_from_one_address(person, client) -> None:
    ana = await person()
    await refused_after(lambda: ana.sign_in(password="a guess"), SIGN_IN_PAIR.most)
    refused = await ana.sign_in()  # the right one does not help now
    assert code_of(refused) == (429, "too_many")
    assert 1 <= int(refused.headers["retry-after"]) == refused.json()["retry_after"] <= 12
    elsewhere = Person(client("10.2.0.1"), ana._app, ana._parts, email=ana.email, password=ana.password)
    assert (await elsewhere.sign_in()).status_code == 200  # its owner is not kept out
    assert (await ana.refresh()).status_code == 200
    await elsewhere.http.aclose()


async def test_one_account_is_tried_so_often_from_anywhere(person, client, parts: Parts) -> None:
    ana = await person()
    for _ in range(SIGN_IN_ACCOUNT.most):
        await parts.limits.take(SIGN_IN_ACCOUNT, ana.email)
    assert code_of(await ana.sign_in()) == (429, "too_many")


async def test_one_address_tries_so_many_accounts(client, app, parts: Parts) -> None:
    http, numbers = client("10.3.0.1"), itertools.count()

    async def ask() -> httpx.Response:
        return await Person(http, app, parts, email=f"nobody{next(numbers)}@example.com").sign_in(password="a guess")

    await refused_after(ask, SIGN_IN_ADDRESS.most)
    await http.aclose()


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("10.4.0.1", "10.4.0.2", False),
    ],
)
async def test_an_address_is_a_household(first: str, second: str, same: bool, client, app, parts: Parts) -> None:
    """Of IPv6, where a household has more addresses than anybody could try, the network counts."""
    one, two = (
        Person(client(where), app, parts, email=f"nobody.{id(client)}@example.com") for where in (first, second)
    )
    assert await wrong(one, SIGN_IN_PAIR.most) == [401] * SIGN_IN_PAIR.most
    assert await wrong(two, 1) == [429 if same else 401]
    for person in (one, two):
        await person.http.aclose()


async def test_what_succeeds_does_not_count(person) -> None:
    ana = await person()
    for _ in range(SIGN_IN_PAIR.most + 2):
        assert (await ana.sign_in()).status_code == 200
    await ana.second_factor()
    for _ in range(SIGN_IN_PAIR.most + 2):
        assert code_of(await ana.sign_in()) == (401, "second_factor_required")


async def test_codes_are_guessed_no_oftener_than_passwords(person) -> None:
    ana = await person()
    await ana.second_factor()
    await refused_after(lambda: ana.sign_in(code="not a code"), SIGN_IN_PAIR.most)


async def test_passwords_inside_a_session_are_guessed_no_oftener(person) -> None:
    ana = await person()
    body = {"current_password": "a guess", "new_password": "quite another secret"}
    await refused_after(lambda: ana.ask("POST", "/users/me/password", json=body), PROOF.most)


async def test_nobodys_mailbox_is_filled_and_the_answer_is_the_same_for_everybody(person) -> None:
    ana = await person()
    for email, before in ((ana.email, 1), (f"nobody.{id(ana)}@example.com", 0)):
        body = {"email": email}
        found = [await ana.ask("POST", "/users/forgot-password", json=body) for _ in range(MAIL_ACCOUNT.most + 1)]
        statuses = [answer.status_code for answer in found]
        assert statuses.index(429) == MAIL_ACCOUNT.most - before
        assert int(found[-1].headers["retry-after"]) > 60
    assert len(ana.letters()) == MAIL_ACCOUNT.most
