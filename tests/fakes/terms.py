"""Terms, in memory."""

from domain.terms import Terms
from fakes.journal import InMemoryJournal


class InMemoryTermsStore:
    """Terms by organisation."""

    def __init__(self, journal: InMemoryJournal | None = None) -> None:
        self.journal = journal or InMemoryJournal()
        self.agreed: dict[str, Terms] = {}

    async def terms(self, organisation_id: str) -> Terms:
        return self.agreed.get(organisation_id, Terms())

    async def put_terms(self, organisation_id: str, terms: Terms, actor: str) -> None:
        self.agreed[organisation_id] = terms
        await self.journal.append(f"terms/{organisation_id}", "terms.put", actor, terms.model_dump(mode="json"))
