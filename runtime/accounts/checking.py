"""Trying an account: a quote for an example, which binds nobody, and what came of it in plain words."""

from collections.abc import Sequence
from typing import NamedTuple

from carriers import CarrierBook
from domain import errors
from domain.quotes import AccountRef, CarrierAccount, CarrierOffer
from runtime.accounts.examples import country_of, example
from runtime.accounts.explaining import Said, explained
from runtime.accounts.finding import Found, answering
from runtime.accounts.listing import plainly
from runtime.wiring import Wiring


class Finding(NamedTuple):
    """What came of trying one account."""

    account: AccountRef
    ok: bool
    said: Said


class NothingToCheck(Exception):
    """No account goes by this name; the message says which there are."""


async def check(found: Found, name: str) -> list[Finding]:
    """Every account of a carrier, or the one called `carrier/account`, one after the other.

    Raises NothingToCheck, DatabaseUnusable.
    """
    async with Wiring(found.settings) as wiring:
        book = wiring.carriers("quotes")
        with answering():
            accounts = await wiring.accounts("quotes").all()
        return [await attempt(book, account) for account in _named(name, accounts, book)]


def _named(name: str, accounts: Sequence[CarrierAccount], book: CarrierBook) -> list[CarrierAccount]:
    chosen = [account for account in accounts if name in (account.carrier, str(account.ref))]
    if chosen:
        return chosen
    carrier, known = name.partition("/")[0], sorted(profile.code for profile in book.profiles())
    names = [str(account.ref) for account in accounts]
    if carrier not in {*known, *(account.carrier for account in accounts)}:
        raise NothingToCheck(f"no carrier is called {carrier!r}: choose from {', '.join([*known, *names])}")
    there = [each for each in names if each.startswith(f"{carrier}/")]
    if there:
        raise NothingToCheck(f"{carrier} has no account called {name!r}: choose from {', '.join(there)}")
    raise NothingToCheck(
        f"nobody has an account at {carrier} yet: add one as an admin with PUT /v1/carriers/{carrier}/accounts/NAME"
    )


async def attempt(book: CarrierBook, account: CarrierAccount) -> Finding:
    """Asks this account about the example."""
    if problems := [plainly(problem) for problem in book.problems(account)]:
        where = f"PUT /v1/carriers/{account.carrier}/accounts/{account.account}"
        said = Said(f"It cannot be used as it is: {'; '.join(problems)}.", f"Complete it as an admin: {where}.")
        return Finding(account.ref, False, said)
    try:
        carrier = await book.reach(account.ref)
        offers = await carrier.quote(example(account))
    except errors.CarrierError as error:
        return Finding(account.ref, False, explained(error, account))
    return Finding(account.ref, True, Said(_offered(offers, account)))


def _offered(offers: Sequence[CarrierOffer], account: CarrierAccount) -> str:
    way = f"an example within {country_of(account)}"
    off = "" if account.enabled else " It is switched off: nobody asks it until an admin enables it."
    if not offers:
        return f"It answers, and offers nothing for {way}.{off}"
    best = min(offers, key=lambda offer: offer.cost.amount)
    more = f", and {len(offers) - 1} more" if len(offers) > 1 else ""
    return f"It works: for {way} it offers {best.service} at {best.cost.major()} {best.cost.currency}{more}.{off}"
