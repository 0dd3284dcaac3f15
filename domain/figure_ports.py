"""Figures and the contracts behind some of them, as the rest of Entrega sees them."""

from collections.abc import Callable, Sequence
from typing import Protocol

from domain.figures import FigureFilter, Grouping, Sum
from domain.quotes import Service
from domain.sla import Contract, SlaTerms


class FigureStore(Protocol):
    """Figures at rest: the journal, counted once, line by line."""

    async def fold(self, limit: int) -> int:
        """Counts the next lines, at most so many, and moves the cursor with them, or neither; how many there were. 0
        too while another process is at it. Raises Unavailable."""

    async def rebuild(self, progress: Callable[[int, int], None]) -> int:
        """Counts every line anew beside the figures that are read meanwhile, then puts them in their place; how many
        lines there were. Stopped anywhere, nothing has changed. Raises Unavailable."""

    async def read(self, where: FigureFilter, by: Grouping) -> Sequence[Sum]:
        """The sums of each group."""


class ContractStore(Protocol):
    """What organisations are promised, one contract for each service."""

    async def terms(self, organisation_id: str, service: Service) -> SlaTerms | None:
        """Those of one service, if there is a contract."""

    async def contracts(self, organisation_id: str | None = None) -> Sequence[Contract]:
        """An organisation's, or everybody's, by organisation and service."""

    async def put(self, contract: Contract, actor: str) -> None:
        """Sets it for deliveries requested from now on, with a journal line."""

    async def delete(self, organisation_id: str, service: Service, actor: str) -> bool:
        """Whether there was one to end, for deliveries requested from now on; told in the journal."""
