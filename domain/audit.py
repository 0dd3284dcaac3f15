"""The journal's lines and the chain that ties them: everything that happens is one line.

Ids and codes only: a line goes to the live stream, to NOTIFY and to the audit log, so it holds nothing personal.
"""

import hashlib
import json
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


def _sha256(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
