"""The book of accounts asks and pauses as rules and pauses say, and remembers them while their store is down."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import fakes
import pytest

from carriers import CarrierBook
from domain import errors
from domain.pauses import Pause
from domain.quotes import AccountRef, CarrierAccount, QuoteRequest
from domain.routing import AccountRule, Asking

SETTINGS = {"base_url": "http://127.0.0.1:9", "merchant_id": "m", "merchant_name": "Entrega", "app_id": "a"}


def account(name: str, **more: object) -> CarrierAccount:
    made = {"carrier": "open_delivery", "account": name, "name": name, "settings": SETTINGS}
    return CarrierAccount.model_validate(
        {**made, "credentials": {"client_id": "us", "client_secret": "secret"}, **more}
    )


class Flaky(fakes.InMemoryRoutingStore):
    """A store that can be down."""

    down = False

    async def rules(self) -> Sequence[AccountRule]:
        if self.down:
            raise errors.Unavailable
        return await super().rules()


@pytest.fixture
def routing() -> Flaky:
    return Flaky()


@pytest.fixture
async def book(routing: Flaky, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CarrierBook]:
    """Every look is a read."""
    monkeypatch.setattr("carriers._FRESH_S", 0)
    accounts = (account("one"), account("two"), account("off", enabled=False), account("lacking", credentials={}))
    made = CarrierBook(fakes.InMemoryAccountStore(*accounts), routing)
    yield made
    await made.close()


@pytest.fixture
def request_() -> QuoteRequest:
    address = {"street": "Rua A", "number": "1", "district": "Centro", "city": "São Paulo", "state": "SP"}
    stop = {"contact": {"name": "Ana"}, "address": {**address, "postal_code": "01310200"}}
    parcels = [{"description": "Bolo", "weight_g": 1500}]
    return QuoteRequest.model_validate({"pickup": stop, "dropoff": stop, "parcels": parcels})


def names(asking: Asking) -> list[str]:
    return [one.account for one in asking.accounts]


async def deny(routing: Flaky, name: str) -> None:
    body = {"id": "rule_1", "name": "No", "effect": "deny", "accounts": [f"open_delivery/{name}"]}
    await routing.put_rule(AccountRule.model_validate(body), "usr_1")


async def pause(routing: Flaky, mode: str) -> None:
    body = {"carrier": "open_delivery", "mode": mode, "reason": "outage", "actor": "usr_1"}
    await routing.put_pause(Pause.model_validate({**body, "created_at": datetime.now(UTC)}))


async def test_whole_and_enabled_accounts_are_asked_as_rules_say(
    book: CarrierBook, routing: Flaky, request_: QuoteRequest
) -> None:
    assert names(await book.asked(request_, "org_1")) == ["one", "two"]
    await deny(routing, "one")
    asking = await book.asked(request_, "org_1")
    assert names(asking) == ["two"]
    assert [(d.carrier_account, d.reason) for d in asking.declined] == [("one", "denied_by_rule")]
    assert [one.account for one in await book.enabled()] == ["one", "two"]


async def test_a_pause_is_known_until_it_is_lifted_and_hides_no_adapter(
    book: CarrierBook, routing: Flaky, request_: QuoteRequest
) -> None:
    ref = AccountRef(carrier="open_delivery", account="one")
    assert await book.pause(ref) is None
    await pause(routing, "elsewhere")
    found = await book.pause(ref)
    assert found is not None
    assert found.mode == "elsewhere"
    assert names(await book.asked(request_, "org_1")) == []
    assert await book.reach(ref)
    await routing.lift_pause("open_delivery", None, "usr_1")
    assert await book.pause(ref) is None


async def test_what_was_read_holds_while_the_store_is_down(
    book: CarrierBook, routing: Flaky, request_: QuoteRequest
) -> None:
    await deny(routing, "one")
    assert names(await book.asked(request_, "org_1")) == ["two"]
    routing.down = True
    assert names(await book.asked(request_, "org_1")) == ["two"]


async def test_nobody_is_asked_before_the_rules_were_ever_read(
    book: CarrierBook, routing: Flaky, request_: QuoteRequest
) -> None:
    routing.down = True
    with pytest.raises(errors.Unavailable):
        await book.asked(request_, "org_1")
