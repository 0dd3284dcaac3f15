"""Rules and pauses, in memory."""

from collections.abc import Sequence

from domain.pauses import Pause, told_of
from domain.routing import AccountRule
from fakes.journal import InMemoryJournal


class InMemoryRoutingStore:
    """Rules by id, pauses by carrier and account."""

    def __init__(self, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.by_id: dict[str, AccountRule] = {}
        self.paused: dict[tuple[str, str | None], Pause] = {}

    async def rules(self) -> Sequence[AccountRule]:
        return sorted(self.by_id.values(), key=lambda rule: (rule.name, rule.id))

    async def put_rule(self, rule: AccountRule, actor: str) -> None:
        self.by_id[rule.id] = rule
        told = {"enabled": rule.enabled, "effect": str(rule.effect), "accounts": list(rule.accounts)}
        await self.journal.append(rule.id, "rule.put", actor, told)

    async def delete_rule(self, rule_id: str, actor: str) -> bool:
        if self.by_id.pop(rule_id, None) is None:
            return False
        await self.journal.append(rule_id, "rule.deleted", actor, {})
        return True

    async def pauses(self) -> Sequence[Pause]:
        return [self.paused[key] for key in sorted(self.paused, key=lambda key: (key[0], key[1] or ""))]

    async def put_pause(self, pause: Pause) -> None:
        self.paused[pause.carrier, pause.account] = pause
        told = pause.model_dump(mode="json", exclude={"actor", "created_at"})
        await self.journal.append(told_of(pause.carrier, pause.account), "carrier.paused", pause.actor, told)

    async def lift_pause(self, carrier: str, account: str | None, actor: str) -> bool:
        if self.paused.pop((carrier, account), None) is None:
            return False
        told = {"carrier": carrier, "account": account}
        await self.journal.append(told_of(carrier, account), "carrier.resumed", actor, told)
        return True
