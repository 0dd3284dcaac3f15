"""What tracking shows."""

from pydantic import Field

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
    promised_at: Timestamp | None = Field(default=None, description="when it should be there, as far as anybody said")


class Accepted(Value):
    """How many reports were new."""

    accepted: int


class CarrierTold(Value):
    """That a carrier was told something; what, nobody keeps."""

    at: Timestamp
    carrier: str
    operation: str
    outcome: str


class TrackingExport(Value):
    """Where a delivery went, as far as anybody said, and which carriers know of it."""

    delivery_id: str
    lines: tuple[JournalLine, ...]
    scans: tuple[Scan, ...]
    carriers_told: tuple[CarrierTold, ...] = Field(default=(), description="of the last 30 days")


class TrackingExports(Value):
    """All that is known of where an organisation's deliveries went, oldest first."""

    organisation_id: str
    exported_at: Timestamp | None = None
    deliveries: tuple[TrackingExport, ...] = ()
