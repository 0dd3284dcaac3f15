"""Carrier accounts, in memory."""

from collections.abc import Sequence

from domain.quotes import AccountRef, CarrierAccount
from fakes.journal import InMemoryJournal


class InMemoryAccountStore:
    """Carrier accounts by reference."""

    def __init__(self, *accounts: CarrierAccount, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.accounts = {account.ref: account for account in accounts}

    async def get(self, ref: AccountRef) -> CarrierAccount | None:
        return self.accounts.get(ref)

    async def all(self) -> Sequence[CarrierAccount]:
        return sorted(self.accounts.values(), key=lambda account: (account.carrier, account.account))

    async def put(self, account: CarrierAccount, actor: str) -> None:
        self.accounts[account.ref] = account
        told = {"carrier": account.carrier, "account": account.account, "enabled": account.enabled}
        await self.journal.append(f"carrier/{account.ref}", "carrier.account_put", actor, told)
