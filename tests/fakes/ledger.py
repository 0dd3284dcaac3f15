"""Entries across deliveries, in memory."""

from collections import defaultdict
from collections.abc import Sequence

from domain import errors
from domain.ledger import Entry
from domain.statements import Balance, EntryFilter
from fakes.deliveries import InMemoryDeliveryStore


class InMemoryLedgerStore:
    """What a delivery store has posted."""

    def __init__(self, deliveries: InMemoryDeliveryStore) -> None:
        self.deliveries = deliveries

    def _found(self, where: EntryFilter) -> list[Entry]:
        entries = [entry for posted in self.deliveries.posted.values() for entry in posted]
        return sorted((e for e in entries if self._fits(e, where)), key=lambda entry: entry.posted_at)

    def _fits(self, entry: Entry, where: EntryFilter) -> bool:
        delivery = self.deliveries.rows.get(entry.delivery_id)
        return (
            where.organisation_id in (None, entry.organisation_id)
            and (where.created_by is None or (delivery is not None and delivery.created_by == where.created_by))
            and where.delivery_id in (None, entry.delivery_id)
            and where.account in (None, entry.account)
            and where.kind in (None, entry.kind)
            and where.currency in (None, entry.money.currency)
            and (where.since is None or entry.posted_at >= where.since)
            and (where.until is None or entry.posted_at < where.until)
            and entry.account not in where.hidden
        )

    async def page(
        self, where: EntryFilter, limit: int, after: str | None, *, oldest_first: bool = False
    ) -> tuple[Sequence[Entry], str | None]:
        found = self._found(where)
        if not oldest_first:
            found.reverse()
        start = 0
        if after is not None:
            ids = [entry.id for entry in found]
            if after not in ids:
                raise errors.Invalid("this is no cursor of ours", field="cursor")
            start = ids.index(after) + 1
        page = found[start : start + limit]
        return page, page[-1].id if len(found) > start + limit else None

    async def balances(self, where: EntryFilter) -> Sequence[Balance]:
        sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        for entry in self._found(where.model_copy(update={"since": None})):
            amount, told = entry.money.amount, sums[entry.money.currency, entry.account]
            if where.since is not None and entry.posted_at < where.since:
                told[0] += amount
            else:
                told[1 if amount > 0 else 2] += abs(amount)
        return [
            Balance.model_validate(
                {"account": account, "currency": currency, "opening": opening, "debits": debits, "credits": credits_}
                | {"closing": opening + debits - credits_}
            )
            for (currency, account), (opening, debits, credits_) in sorted(sums.items())
        ]
