"""The log of exchanges, in memory."""

from collections.abc import Sequence

from domain import errors
from domain.exchanges import Exchange


class InMemoryExchangeLog:
    """Exchanges by id."""

    def __init__(self) -> None:
        self.exchanges: dict[str, Exchange] = {}

    def note(self, exchange: Exchange) -> None:
        self.exchanges[exchange.id] = exchange

    async def search(
        self,
        *,
        delivery_id: str | None = None,
        carrier: str | None = None,
        account: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> tuple[Sequence[Exchange], str | None]:
        if after is not None and after not in self.exchanges:
            raise errors.Invalid("this is no cursor of ours", field="cursor")
        before = self.exchanges[after] if after else None
        found = sorted(
            (
                exchange
                for exchange in self.exchanges.values()
                if delivery_id in (None, exchange.delivery_id)
                and carrier in (None, exchange.carrier)
                and account in (None, exchange.account)
                and (before is None or (exchange.at, exchange.id) < (before.at, before.id))
            ),
            key=lambda exchange: (exchange.at, exchange.id),
            reverse=True,
        )
        page = found[:limit]
        return page, page[-1].id if page and len(found) > limit else None
