"""Everything the sandbox must not forget, in one SQLite file: kill it at any moment and nothing is lost."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.bookings import Booking

_SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS endpoints (provider TEXT PRIMARY KEY, url TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS bookings (
    seq INTEGER PRIMARY KEY, delivery_id TEXT UNIQUE NOT NULL, provider TEXT NOT NULL, order_id TEXT NOT NULL,
    next_due REAL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS bookings_order ON bookings (order_id, provider, seq);
CREATE INDEX IF NOT EXISTS bookings_due ON bookings (next_due) WHERE next_due IS NOT NULL;
CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY, delivery_id TEXT NOT NULL, provider TEXT NOT NULL, body BLOB NOT NULL,
    headers TEXT NOT NULL, created_at REAL NOT NULL, due_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    outcome TEXT
);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (due_at, id) WHERE outcome IS NULL;
CREATE INDEX IF NOT EXISTS callbacks_delivery ON callbacks (delivery_id);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY, provider TEXT NOT NULL, operation TEXT NOT NULL, fault TEXT NOT NULL,
    times INTEGER, seconds REAL, code TEXT
);
"""


@dataclass(frozen=True)
class PendingCallback:
    """A webhook that its receiver has not acknowledged; times are wall time."""

    id: int
    provider: str
    body: bytes
    headers: dict[str, str]
    created_at: float
    attempts: int


@dataclass(frozen=True)
class StoredFault:
    """A fault on order; `times` left, or None for as long as it stands."""

    id: int
    provider: str
    operation: str
    fault: str
    times: int | None
    seconds: float | None
    code: str | None


class Store:
    """The file; single statements commit by themselves, several belong in a `transaction`."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing under NORMAL; only the machine's own crash could.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Notes and addresses

    def note(self, key: str) -> str | None:
        """A remembered text."""
        row = self._db.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_note(self, key: str, value: str) -> None:
        """Remember a text."""
        self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (key, value))

    def endpoints(self) -> dict[str, str]:
        """Where each provider's webhooks go."""
        return dict(self._db.execute("SELECT provider, url FROM endpoints").fetchall())

    def set_endpoint(self, provider: str, url: str) -> None:
        """From now on this provider's webhooks, waiting ones too, go there."""
        self._db.execute("INSERT OR REPLACE INTO endpoints VALUES (?, ?)", (provider, url))

    # Bookings

    def add_booking(self, booking: Booking) -> None:
        """A new attempt at an order."""
        self._db.execute(
            "INSERT INTO bookings (delivery_id, provider, order_id, next_due, body) VALUES (?, ?, ?, ?, ?)",
            (
                booking.delivery_id,
                booking.provider,
                booking.errand.order_id,
                booking.next_due,
                booking.model_dump_json(),
            ),
        )

    def save_booking(self, booking: Booking) -> None:
        """The booking as it now stands."""
        self._db.execute(
            "UPDATE bookings SET next_due = ?, body = ? WHERE delivery_id = ?",
            (booking.next_due, booking.model_dump_json(), booking.delivery_id),
        )

    def last_booking(self, provider: str, order_id: str) -> Booking | None:
        """The provider's latest attempt at an order."""
        query = "SELECT body FROM bookings WHERE order_id = ? AND provider = ? ORDER BY seq DESC LIMIT 1"
        row = self._db.execute(query, (order_id, provider)).fetchone()
        return None if row is None else Booking.model_validate_json(row[0])

    def booking(self, provider: str, delivery_id: str) -> Booking | None:
        """The provider's booking of that id."""
        query = "SELECT body FROM bookings WHERE delivery_id = ? AND provider = ?"
        row = self._db.execute(query, (delivery_id, provider)).fetchone()
        return None if row is None else Booking.model_validate_json(row[0])

    def bookings(self, order_id: str | None = None) -> list[Booking]:
        """Every booking ever taken, in order; those of one order if asked."""
        query = "SELECT body FROM bookings WHERE ?1 IS NULL OR order_id = ?1 ORDER BY seq"
        return [Booking.model_validate_json(body) for (body,) in self._db.execute(query, (order_id,))]

    def next_booking(self) -> Booking | None:
        """The booking whose next step falls due first."""
        query = "SELECT body FROM bookings WHERE next_due IS NOT NULL ORDER BY next_due, seq LIMIT 1"
        row = self._db.execute(query).fetchone()
        return None if row is None else Booking.model_validate_json(row[0])

    # Webhooks

    def add_callback(self, booking: Booking, body: bytes, headers: dict[str, str], now: float, due_at: float) -> None:
        """A webhook to be sent at `due_at`."""
        self._db.execute(
            "INSERT INTO callbacks (delivery_id, provider, body, headers, created_at, due_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (booking.delivery_id, booking.provider, body, json.dumps(headers), now, due_at),
        )

    def due_callbacks(self, now: float) -> list[tuple[int, str]]:
        """The webhooks that should be sent now, oldest first: their ids and whose delivery they tell of."""
        query = "SELECT id, delivery_id FROM callbacks WHERE outcome IS NULL AND due_at <= ? ORDER BY due_at, id"
        return self._db.execute(query, (now,)).fetchall()

    def callback(self, callback_id: int) -> PendingCallback:
        """A webhook in full."""
        query = "SELECT id, provider, body, headers, created_at, attempts FROM callbacks WHERE id = ?"
        its_id, provider, body, headers, created_at, attempts = self._db.execute(query, (callback_id,)).fetchone()
        return PendingCallback(its_id, provider, body, json.loads(headers), created_at, attempts)

    def next_callback_at(self, after: float) -> float | None:
        """When the next webhook that is not yet due will be."""
        query = "SELECT min(due_at) FROM callbacks WHERE outcome IS NULL AND due_at > ?"
        due: float | None = self._db.execute(query, (after,)).fetchone()[0]
        return due

    def end_callback(self, callback_id: int, outcome: str) -> None:
        """Acknowledged, or given up."""
        query = "UPDATE callbacks SET outcome = ?, attempts = attempts + 1 WHERE id = ?"
        self._db.execute(query, (outcome, callback_id))

    def retry_callback(self, callback_id: int, due_at: float) -> None:
        """Not acknowledged: to be sent again."""
        query = "UPDATE callbacks SET due_at = ?, attempts = attempts + 1 WHERE id = ?"
        self._db.execute(query, (due_at, callback_id))

    def callback_outcomes(self, delivery_id: str) -> dict[str, int]:
        """How many of a booking's webhooks are waiting, acknowledged or given up."""
        query = "SELECT coalesce(outcome, 'waiting'), count(*) FROM callbacks WHERE delivery_id = ? GROUP BY 1"
        return dict(self._db.execute(query, (delivery_id,)).fetchall())

    # Faults

    def add_fault(
        self,
        provider: str,
        operation: str,
        fault: str,
        times: int | None,
        seconds: float | None,
        code: str | None = None,
    ) -> StoredFault:
        """Order a fault."""
        values = (provider, operation, fault, times, seconds, code)
        columns = "provider, operation, fault, times, seconds, code"
        query = f"INSERT INTO faults ({columns}) VALUES (?, ?, ?, ?, ?, ?) RETURNING *"  # noqa: S608 - our own names
        return StoredFault(*self._db.execute(query, values).fetchone())

    def faults(self) -> list[StoredFault]:
        """The faults on order, oldest first."""
        return [StoredFault(*row) for row in self._db.execute("SELECT * FROM faults ORDER BY id")]

    def spend_fault(self, fault: StoredFault) -> None:
        """It has been committed once more."""
        if fault.times is not None:
            self._db.execute("UPDATE faults SET times = times - 1 WHERE id = ?", (fault.id,))
            self._db.execute("DELETE FROM faults WHERE times <= 0")

    def clear_faults(self) -> None:
        """Be good again."""
        self._db.execute("DELETE FROM faults")
