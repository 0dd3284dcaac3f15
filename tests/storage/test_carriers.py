"""Carrier accounts: kept whole, told without their secrets."""

from making import fresh

from domain.quotes import AccountRef, CarrierAccount


def account(**more) -> CarrierAccount:
    values = {
        "carrier": "open_delivery",
        "account": fresh("a"),
        "name": "Ligeiro",
        "margin_percent": 20,
        "countries": ("BR", "AR"),
    }
    settings = {"url": "https://ligeiro.example", "merchants": [1, 2], "share": 0.5}
    return CarrierAccount.model_validate(
        {**values, "settings": settings, "credentials": {"client_secret": "s3cr3t"}, **more}
    )


async def test_an_account_reads_as_it_was_put(stores):
    one = account()
    await stores.accounts.put(one, "usr_1")
    assert await stores.accounts.get(one.ref) == one
    assert await stores.accounts.get(AccountRef(carrier="open_delivery", account="none")) is None


async def test_an_account_is_replaced_and_the_journal_names_no_secret(stores):
    one = account()
    await stores.accounts.put(one, "usr_1")
    off = one.model_copy(update={"enabled": False, "credentials": {"client_secret": "n3w"}})
    await stores.accounts.put(off, "usr_2")
    assert await stores.accounts.get(one.ref) == off
    lines = await stores.journal.of(f"carrier/{one.ref}")
    assert [(line.seq, line.kind, line.actor) for line in lines] == [
        (1, "carrier.account_put", "usr_1"),
        (2, "carrier.account_put", "usr_2"),
    ]
    assert lines[1].data == {"carrier": "open_delivery", "account": one.account, "enabled": False}


async def test_accounts_come_by_carrier_and_name(stores):
    for carrier, name in (("zeta", "a"), ("alfa", "b"), ("alfa", "a")):
        await stores.accounts.put(account(carrier=carrier, account=name), "usr_1")
    refs = [(one.carrier, one.account) for one in await stores.accounts.all()]
    assert refs == sorted(refs)
    assert {("zeta", "a"), ("alfa", "b"), ("alfa", "a")} <= set(refs)
