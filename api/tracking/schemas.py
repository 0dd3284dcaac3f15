"""What tracking shows."""

from domain._values import Timestamp, Value
from domain.access import Whose
from domain.audit import JournalLine
from domain.tracking import Scan


class Timeline(Value):
    """Everything that happened to a delivery, in order, and what its carriers reported."""

    lines: tuple[JournalLine, ...]
    scans: tuple[Scan, ...]

    def whose(self) -> Whose:
        """The delivery's."""
        return {line.subject: line.organisation_id for line in self.lines[:1]}


class PublicStep(Value):
    """One step, as the recipient sees it."""

    status: str
    at: Timestamp


class PublicView(Value):
    """Where a delivery stands, for whoever has the link: nothing personal."""

    status: str
    carrier: str | None = None
    steps: tuple[PublicStep, ...]


class Accepted(Value):
    """How many reports were new."""

    accepted: int
