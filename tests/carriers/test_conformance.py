"""What every adapter must be, whichever are there; and the book in which their accounts are found."""

from collections.abc import Sequence
from typing import Any

import pytest
from fakes.carriers import InMemoryAccountStore

from carriers import CarrierBook, discover
from carriers._base import CarrierAdapter
from domain import errors
from domain.bookings import BookingSafety
from domain.ports import Carrier
from domain.quotes import AccountRef, CarrierAccount

ADAPTERS = sorted(discover().items())
OPERATIONS = [name for name in vars(Carrier) if not name.startswith("_") and name != "safety"]


def example(adapter: type[CarrierAdapter[Any, Any]]) -> CarrierAccount:
    """An account with every required field filled in."""
    settings = {name: "x" * 36 for name, field in adapter.settings_model.model_fields.items() if field.is_required()}
    credentials = dict.fromkeys(adapter.credentials_model.model_fields, "secret-value")
    settings["base_url"] = "http://127.0.0.1:1"
    return CarrierAccount(carrier=adapter.code, account="one", name="One", settings=settings, credentials=credentials)


@pytest.fixture(params=[adapter for _, adapter in ADAPTERS], ids=[code for code, _ in ADAPTERS])
def adapter(request: pytest.FixtureRequest) -> type[CarrierAdapter[Any, Any]]:
    found: type[CarrierAdapter[Any, Any]] = request.param
    return found


def test_it_is_named_for_its_file(adapter: type[CarrierAdapter[Any, Any]]) -> None:
    assert adapter.__module__ == f"carriers.{adapter.code}"
    assert adapter.name


def test_it_fulfils_the_port(adapter: type[CarrierAdapter[Any, Any]]) -> None:
    assert adapter.safety in BookingSafety
    for name in OPERATIONS:
        assert name in vars(adapter), name


def test_its_fields_are_described_and_its_secrets_hidden(adapter: type[CarrierAdapter[Any, Any]]) -> None:
    schema = adapter.credentials_model.model_json_schema()
    assert schema["properties"]
    assert all(field.get("writeOnly") for field in schema["properties"].values())
    assert "base_url" in adapter.settings_model.model_json_schema()["required"]


@pytest.mark.parametrize("base_url", ["ftp://x", "x", "http://", "file:///etc", "http://a:b@c", "http://c/?q=1"])
def test_it_goes_only_where_http_goes(adapter: type[CarrierAdapter[Any, Any]], base_url: str) -> None:
    good = example(adapter)
    assert adapter.problems(good) == []
    bad = good.model_copy(update={"settings": {**good.settings, "base_url": base_url}})
    assert [problem.split(":")[0] for problem in adapter.problems(bad)] == ["settings.base_url"]


def test_it_says_what_is_missing_and_nothing_secret(adapter: type[CarrierAdapter[Any, Any]]) -> None:
    good = example(adapter)
    for name, value in good.credentials.items():
        short = {**good.credentials}
        del short[name]
        lacking = good.model_copy(update={"credentials": short})
        assert [problem.split(":")[0] for problem in adapter.problems(lacking)] == [f"credentials.{name}"]
        wrong = good.model_copy(update={"credentials": {**good.credentials, name: [value]}})
        assert value not in str(adapter.problems(wrong))


@pytest.mark.parametrize("body", [b"", b"{}", b"\x00", b'{"event": {"type": "NEW"}}'])
async def test_an_unsigned_webhook_is_nobodys(adapter: type[CarrierAdapter[Any, Any]], body: bytes) -> None:
    book = CarrierBook(InMemoryAccountStore(example(adapter)))
    carrier = await book.reach(AccountRef(carrier=adapter.code, account="one"))
    with pytest.raises((errors.SignatureInvalid, errors.PayloadInvalid)):
        carrier.parse_webhook({}, body)
    await book.close()


# ── the book ──────────────────────────────────────────────────────────────────────────────────────────────


class FlakyStore(InMemoryAccountStore):
    """A store that can be down, and counts how often it is read."""

    down = False
    reads = 0

    async def all(self) -> Sequence[CarrierAccount]:
        self.reads += 1
        if self.down:
            raise errors.Unavailable
        return await super().all()


def open_delivery(account: str = "one", **changes: Any) -> CarrierAccount:
    return example(discover()["open_delivery"]).model_copy(update={"account": account, **changes})


REF = AccountRef(carrier="open_delivery", account="one")


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look is a read."""
    monkeypatch.setattr("carriers._FRESH_S", 0)


async def test_an_adapter_lives_until_its_account_changes(fresh: None) -> None:
    store = FlakyStore(open_delivery())
    book = CarrierBook(store)
    first = await book.reach(REF)
    await store.put(open_delivery(margin_percent=50, name="Other"), "us")
    assert await book.reach(REF) is first
    assert (await book.account(REF)).margin_percent == 50
    await store.put(open_delivery(credentials={"client_id": "a", "client_secret": "b"}), "us")
    assert await book.reach(REF) is not first
    await book.close()


async def test_accounts_are_read_now_and_then() -> None:
    store = FlakyStore(open_delivery())
    book = CarrierBook(store)
    for _ in range(5):
        await book.reach(REF)
        await book.enabled()
    for _ in range(5):
        with pytest.raises(errors.NotFound):
            await book.reach(AccountRef(carrier="open_delivery", account="strange"))
    assert store.reads == 1
    await book.close()


async def test_what_was_read_is_kept_while_the_store_is_down(fresh: None) -> None:
    store = FlakyStore(open_delivery())
    store.down = True
    book = CarrierBook(store)
    with pytest.raises(errors.Unavailable):
        await book.reach(REF)
    store.down = False
    await book.reach(REF)
    store.down = True
    assert await book.reach(REF)
    await book.close()


async def test_only_whole_and_enabled_accounts_are_asked(fresh: None) -> None:
    off, lacking = open_delivery("off", enabled=False), open_delivery("lacking", credentials={})
    strange = open_delivery("strange", carrier="pigeon")
    book = CarrierBook(FlakyStore(open_delivery(), off, lacking, strange))
    assert [account.account for account in await book.enabled()] == ["one"]
    assert await book.reach(off.ref)
    for ref in (lacking.ref, strange.ref):
        with pytest.raises(errors.NotFound):
            await book.reach(ref)
    assert len(book.problems(lacking)) == 2
    assert book.problems(strange)
    await book.close()


async def test_profiles_say_what_an_account_needs() -> None:
    book = CarrierBook(FlakyStore())
    [profile] = [profile for profile in book.profiles() if profile.code == "open_delivery"]
    assert (profile.name, profile.safety) == ("Open Delivery", BookingSafety.FINDABLE)
    assert set(profile.settings_schema["required"]) == {"base_url", "merchant_id", "merchant_name", "app_id"}  # type: ignore[arg-type]
    assert set(profile.credentials_schema["required"]) == {"client_id", "client_secret"}  # type: ignore[arg-type]
    await book.close()
