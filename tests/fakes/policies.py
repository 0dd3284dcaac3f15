"""Policies, in memory."""

from domain.deliveries import DeliveryPolicy
from fakes.journal import InMemoryJournal


class InMemoryPolicyStore:
    """Policies by organisation."""

    def __init__(self, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.policies: dict[str, DeliveryPolicy] = {}

    async def policy(self, organisation_id: str) -> DeliveryPolicy | None:
        return self.policies.get(organisation_id)

    async def put_policy(self, organisation_id: str, policy: DeliveryPolicy, actor: str) -> None:
        self.policies[organisation_id] = policy
        await self.journal.append(organisation_id, "policy.put", actor, {}, organisation_id)
