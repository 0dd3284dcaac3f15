"""The journal's lines and the chain that ties them: everything that happens is one line.

Ids and codes only: a line goes to the live stream, to NOTIFY and to the audit log, so it holds nothing personal.
"""

import hashlib
import json
from enum import StrEnum
from typing import Any

from pydantic import Field, JsonValue

from domain._values import Timestamp, Value

GENESIS = "0" * 64
"""What the first line of a subject follows."""


class Line(Value):
    """What a writer says happened; `seq` counts the subject's lines from 1."""

    seq: int
    kind: str = Field(examples=["delivery.booked", "scan.picked_up", "user.registered"])
    actor: str
    at: Timestamp
    data: dict[str, JsonValue] = Field(default_factory=dict)

    def digest(self) -> str:
        """A hash of the content, by which the same line written again is known.

        Without `at`: a workflow task that runs again after a crash says the same thing at a later time.
        """
        return _sha256({"seq": self.seq, "kind": self.kind, "actor": self.actor, "data": self.data})


class JournalLine(Line):
    """A line as the journal holds it. `txid` and `id` order all lines so that none is skipped by a reader."""

    id: int
    txid: int
    subject: str = Field(examples=["del_0e8c…"])
    organisation_id: str | None = None
    prev_hash: str
    hash: str

    @property
    def cursor(self) -> "Cursor":
        """Where a reader stands after this line."""
        return Cursor(txid=self.txid, id=self.id)

    @property
    def origin(self) -> "Origin":
        """What a delivery's first line says."""
        return Origin(organisation_id=self.organisation_id or "", created_by=self.actor)


class Origin(Value):
    """Whose a delivery is, and who requested it."""

    organisation_id: str
    created_by: str


class Cursor(Value):
    """A reader's place in the journal; `txid.id` on the wire, and the stream's Last-Event-ID."""

    txid: int = 0
    id: int = 0

    def __str__(self) -> str:
        return f"{self.txid}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Reads `txid.id`; raises ValueError on anything else."""
        txid, _, line_id = text.partition(".")
        if not (txid.isascii() and txid.isdigit() and line_id.isascii() and line_id.isdigit() and len(text) <= 40):
            raise ValueError("a cursor looks like 1234.56")
        return cls(txid=int(txid), id=int(line_id))


def chained(prev_hash: str, subject: str, line: Line) -> str:
    """The hash that ties a line to the one before it."""
    at = line.at.isoformat(timespec="microseconds")
    return _sha256({"prev": prev_hash, "subject": subject, "at": at, "line": line.digest()})


class FaultKind(StrEnum):
    """How a chain can be broken."""

    MISSING = "missing"
    ALTERED = "altered"
    STRAY = "stray"


_TOLD = {
    FaultKind.MISSING: ("is missing", "are missing"),
    FaultKind.ALTERED: ("was altered", "were altered"),
    FaultKind.STRAY: ("does not belong there", "do not belong there"),
}


class Fault(Value):
    """What is wrong with a chain, and at which line it begins."""

    subject: str
    seq: int
    what: FaultKind
    count: int = 1

    def __str__(self) -> str:
        one, many = _TOLD[self.what]
        if self.count == 1:
            return f"{self.subject}: line {self.seq} {one}"
        return f"{self.subject}: lines {self.seq} to {self.seq + self.count - 1} {many}"


class Chain:
    """Walks a subject's lines in their order and says what is wrong; afterwards, whether it ends as it should."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.seq, self.hash = 0, GENESIS

    def follow(self, line: JournalLine) -> list[Fault]:
        """What this line shows: lines missing before it, its own content altered, or a place that is not its own."""
        if line.seq <= self.seq:
            return [self._fault(line.seq, FaultKind.STRAY)]
        found: list[Fault] = []
        if (missing := line.seq - self.seq - 1) > 0:
            found.append(self._fault(self.seq + 1, FaultKind.MISSING, missing))
        elif self.hash and line.prev_hash != self.hash:
            found.append(self._fault(line.seq, FaultKind.STRAY))
        if line.hash != chained(line.prev_hash, self.subject, line):
            found.append(self._fault(line.seq, FaultKind.ALTERED))
        self.seq, self.hash = line.seq, line.hash
        return found

    def unreadable(self) -> Fault:
        """Something stands where the next line should, and is none; what the line after it follows nobody can tell."""
        self.seq, self.hash = self.seq + 1, ""
        return self._fault(self.seq, FaultKind.ALTERED)

    def end(self, seq: int, hash: str) -> list[Fault]:
        """What is wrong with the end of the chain, if it should be this line of this hash; 0 for no line at all."""
        if self.seq < seq:
            return [self._fault(self.seq + 1, FaultKind.MISSING, seq - self.seq)]
        if self.seq > seq:
            return [self._fault(seq + 1, FaultKind.STRAY, self.seq - seq)]
        return [] if self.hash in (hash, "") else [self._fault(seq, FaultKind.ALTERED)]

    def _fault(self, seq: int, what: FaultKind, count: int = 1) -> Fault:
        return Fault(subject=self.subject, seq=seq, what=what, count=count)


def _sha256(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
