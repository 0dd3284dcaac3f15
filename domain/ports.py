"""Everything outside, as the rest of Entrega sees it: Protocols that adapters fulfil and tests fake."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Protocol

from pydantic import JsonValue

from domain import audit
from domain._values import Value
from domain.availability import Availability, ServiceArea, Slot, Window
from domain.bookings import Booking, BookingOrder, BookingSafety, Cancellation, Instruction
from domain.deliveries import Attention, Delivery, DeliveryPolicy, DeliveryStatus, RecordMove
from domain.exchanges import Exchange
from domain.ledger import Entry
from domain.pauses import Pause
from domain.privacy import Ground
from domain.quotes import AccountRef, CarrierAccount, CarrierOffer, Offer, QuoteRequest, Service
from domain.routing import AccountRule, Asking
from domain.terms import Terms
from domain.tracking import Scan

# ── carriers ──────────────────────────────────────────────────────────────────────────────────────────────


class Carrier(Protocol):
    """One account at one carrier, reached over its own API.

    Every call has a total deadline and a byte cap. Raises CarrierRejected when asking again will not help,
    CarrierUnavailable (or a child of it) when it might; the latter's `data["sent"]` is False only when the
    carrier certainly did nothing with the request.
    """

    safety: ClassVar[BookingSafety]
    acknowledges: ClassVar[int]
    """The HTTP status by which it knows that we have its webhook."""

    async def quote(self, request: QuoteRequest) -> Sequence[CarrierOffer]:
        """Prices for this; raises CarrierRejected with `data["reason"]` when it does not serve it."""

    async def availability(self, request: QuoteRequest, offer: Offer) -> Availability:
        """Whether it would take this offer right now."""

    async def book(self, order: BookingOrder) -> Booking:
        """Books once per `order.key`, as far as `safety` promises."""

    async def find_booking(self, order: BookingOrder) -> Booking | None:
        """What became of an earlier `book` with this key; None when the carrier knows of none."""

    async def cancel(self, booking: Booking, reason: str) -> Cancellation:
        """Lets go of a booking; cancelling twice is harmless. Raises CarrierRejected when it is too late."""

    async def track(self, booking: Booking) -> Sequence[Scan]:
        """Everything it reports of a booking, in any order."""

    async def decide(self, instruction: Instruction) -> None:
        """Tells it what to do about a problem; raises CarrierRejected when it takes no instructions."""

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[Scan]:
        """The scans in a signed call; raises SignatureInvalid or PayloadInvalid. Header names are lower-case."""


class CarrierProfile(Value):
    """A carrier there is an adapter for, and what an account there needs, as JSON Schemas."""

    code: str
    name: str
    safety: BookingSafety
    settings_schema: dict[str, JsonValue]
    credentials_schema: dict[str, JsonValue]


class Carriers(Protocol):
    """How an account becomes something to call."""

    async def reach(self, ref: AccountRef) -> Carrier:
        """The adapter for an account; raises NotFound for one that is not there or lacks credentials."""

    async def account(self, ref: AccountRef) -> CarrierAccount:
        """The account itself; raises NotFound."""

    async def enabled(self) -> Sequence[CarrierAccount]:
        """Every account that may be asked for offers."""

    async def asked(self, request: QuoteRequest, organisation_id: str) -> Asking:
        """Which of them are asked for this request of this organisation, by countries, rules and pauses."""

    async def pause(self, ref: AccountRef) -> Pause | None:
        """What holds new bookings back from an account, if anything does."""

    def profiles(self) -> Sequence[CarrierProfile]:
        """Every carrier there is an adapter for, by code."""

    def problems(self, account: CarrierAccount) -> Sequence[str]:
        """Why an account cannot be used as it is; nothing secret."""


class AccountStore(Protocol):
    """Carrier accounts at rest."""

    async def get(self, ref: AccountRef) -> CarrierAccount | None:
        """One account, credentials included."""

    async def all(self) -> Sequence[CarrierAccount]:
        """Every account, by carrier and name."""

    async def put(self, account: CarrierAccount, actor: str) -> None:
        """Creates or replaces an account, with a journal line under `carrier/…` that names no secret."""


class RoutingStore(Protocol):
    """Rules about accounts and pauses of carriers, at rest."""

    async def rules(self) -> Sequence[AccountRule]:
        """Every rule, by name."""

    async def put_rule(self, rule: AccountRule, actor: str) -> None:
        """Creates or replaces one, with a journal line under its id."""

    async def delete_rule(self, rule_id: str, actor: str) -> bool:
        """Whether there was one to delete."""

    async def pauses(self) -> Sequence[Pause]:
        """Every pause not lifted, over or not, by carrier and account."""

    async def put_pause(self, pause: Pause) -> None:
        """Pauses a carrier or an account, or changes its pause, with a journal line under `carrier/…`."""

    async def lift_pause(self, carrier: str, account: str | None, actor: str) -> bool:
        """Whether there was one to lift."""


class TermsStore(Protocol):
    """What was agreed with organisations, at rest."""

    async def terms(self, organisation_id: str) -> Terms:
        """The organisation's own; else the usual ones."""

    async def put_terms(self, organisation_id: str, terms: Terms, actor: str) -> None:
        """Sets them for deliveries requested from now on, with a journal line under `terms/…` for staff alone."""


class ExchangeLog(Protocol):
    """What was said to carriers, kept for a month, as far as it can be: it is no record, and nothing waits for it."""

    def note(self, exchange: Exchange) -> None:
        """Keeps it soon, or not at all; never waits, never raises."""

    async def search(
        self,
        *,
        delivery_id: str | None = None,
        carrier: str | None = None,
        account: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> tuple[Sequence[Exchange], str | None]:
        """Newest first, and the next page's cursor; raises Invalid for a strange cursor, Unavailable."""


# ── deliveries ────────────────────────────────────────────────────────────────────────────────────────────


class DeliveryFilter(Value):
    """What a list is narrowed by; several values of one field are alternatives, `…_from` is included, `…_to` is not.

    `q` may be anything a human has at hand (see `domain.finding`); `text` is looked for inside reference, numbers, ids
    and cities, which reads them all.
    """

    organisation_id: str | None = None
    created_by: str | None = None
    status: tuple[DeliveryStatus, ...] = ()
    attention: tuple[Attention, ...] = ()
    carrier: str | None = None
    service: Service | None = None
    reference: str | None = None
    tracking_number: str | None = None
    text: str | None = None
    q: str | None = None
    recipient: str | None = None
    sender: str | None = None
    postal_code: str | None = None
    phone: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    promised_from: datetime | None = None
    promised_to: datetime | None = None
    ended_from: datetime | None = None
    ended_to: datetime | None = None


class DeliveryStore(Protocol):
    """Deliveries at rest: the read model that the workflow writes."""

    async def record(self, move: RecordMove) -> None:
        """One transaction: journal lines, row, entries, state, NOTIFY.

        A workflow task that runs again after a crash may say the same lines again, at a later time and with more
        lines behind them: those told already with the same digest are skipped, the rest written. Another content
        for a line already told, or a gap, raises DeliveryDiverged.
        """

    async def get(self, delivery_id: str) -> Delivery | None:
        """One delivery; an erased one without what was personal. Raises Archived, which says whose it was, for one
        whose rows have left."""

    async def state(self, delivery_id: str) -> dict[str, object] | None:
        """The workflow's own state at its last move; an erased delivery has none."""

    async def page(self, where: DeliveryFilter, limit: int, after: str | None) -> tuple[Sequence[Delivery], str | None]:
        """Newest first, and the cursor of the next page; raises Invalid for a cursor that is not one."""

    async def entries(self, delivery_id: str) -> Sequence[Entry]:
        """The delivery's ledger entries, oldest first."""

    async def request_hash(self, delivery_id: str) -> str | None:
        """The fingerprint of the request that made it, by which the same key with another body is known."""


class DeliveryErasure(Protocol):
    """How deliveries lose what was personal in them. Whoever asks has seen that their workflows have closed."""

    async def erase(self, delivery_id: str, actor: str, ground: Ground) -> bool:
        """Deletes its data key, with a journal line under `key/…`; whether there was something to erase."""

    async def due(
        self, before: datetime | None, limit: int, after: str | None = None
    ) -> tuple[Sequence[str], str | None]:
        """Ended deliveries whose last move was before then, or, without an instant, those of erased organisations;
        by age, and where the next ones begin; archived ones as well."""

    async def archived(self, organisation_id: str, limit: int, after: str = "") -> Sequence[str]:
        """The next of its deliveries, by id, whose rows lie in an archive."""


class PolicyStore(Protocol):
    """Delivery policies that differ from the settings', per organisation."""

    async def policy(self, organisation_id: str) -> DeliveryPolicy | None:
        """The organisation's own, if it has one."""

    async def put_policy(self, organisation_id: str, policy: DeliveryPolicy, actor: str) -> None:
        """Sets it for deliveries requested from now on."""


# ── availability ──────────────────────────────────────────────────────────────────────────────────────────


class AvailabilityStore(Protocol):
    """Service areas, and slots in their windows."""

    async def areas(self) -> Sequence[ServiceArea]:
        """Every area, by name."""

    async def put_area(self, area: ServiceArea, actor: str) -> None:
        """Creates or replaces one."""

    async def delete_area(self, area_id: str, actor: str) -> bool:
        """Whether there was one to delete."""

    async def reserve(self, slot: Slot, capacity: int) -> Slot | None:
        """Holds a slot unless the window is full; a delivery that holds one in the window gets the same again."""

    async def taken(self, area_id: str, window: Window) -> int:
        """How many slots of a window are held."""

    async def release(self, delivery_id: str) -> None:
        """Lets go of whatever the delivery holds; again is harmless."""


# ── tracking ──────────────────────────────────────────────────────────────────────────────────────────────


class InboxItem(Value):
    """A scan as it lies in the inbox, with the delivery it belongs to once that is known."""

    scan: Scan
    delivery_id: str | None = None
    signalled: bool = False


class ScanStore(Protocol):
    """What carriers told us, durable before we answer them."""

    async def keep(self, scans: Sequence[Scan]) -> Sequence[InboxItem]:
        """Stores what is new (unique per account and scan id) and answers with the items that are not signalled
        yet, matched to a delivery by the journal where they can be."""

    async def signalled(self, scans: Sequence[Scan], after_close: bool = False) -> None:
        """Marks them as handed to their workflow (or as come after its end)."""

    async def waiting(self, limit: int) -> Sequence[InboxItem]:
        """The oldest items not signalled yet, matched anew; unmatched ones included."""

    async def of(self, delivery_id: str) -> Sequence[Scan]:
        """Every scan of a delivery, by when it occurred."""

    async def origin(self, delivery_id: str) -> audit.Origin | None:
        """Whose delivery it is, as the journal says or still knows of one that is archived."""


class Deliverer(Protocol):
    """How a carrier's report reaches the delivery's workflow."""

    async def report(self, delivery_id: str, scans: Sequence[Scan]) -> bool:
        """Hands scans over durably; False when that delivery's workflow has closed. Raises Unavailable."""

    async def runs(self, delivery_id: str) -> bool:
        """Whether that delivery's workflow still runs, if only to settle accounts. Raises Unavailable."""


# ── data keys ─────────────────────────────────────────────────────────────────────────────────────────────


class Tidying(Protocol):
    """Rows of a service that are over and that nobody needs."""

    async def tidy(self, before: datetime, limit: int) -> int:
        """Deletes at most so many of each kind that were over before then, with a journal line that counts them."""


class DataKeys(Protocol):
    """The keys by which what is personal can be read: one for each delivery, person and carrier account."""

    async def erase(self, subject: str, actor: str) -> bool:
        """Deletes a subject's key: nobody reads again what it sealed, in rows and workflows alike, and only a journal
        line under `key/…` is left to tell. Whether there was one. End what runs under it before."""


# ── the journal ───────────────────────────────────────────────────────────────────────────────────────────


class Journal(Protocol):
    """The one append-only record of what happens."""

    async def append(
        self, subject: str, kind: str, actor: str, data: Mapping[str, object], organisation_id: str | None = None
    ) -> None:
        """A line that no workflow writes (access, accounts, areas), chained under its own subject."""

    async def after(
        self, cursor: audit.Cursor, limit: int, organisation_id: str | None = None, subject: str | None = None
    ) -> Sequence[audit.JournalLine]:
        """The next lines in reading order; none that a still open transaction could precede."""

    async def now(self) -> audit.Cursor:
        """Where a reader stands who wants only what is still to come."""

    async def of(self, subject: str) -> Sequence[audit.JournalLine]:
        """A subject's whole story."""

    async def line(self, subject: str, seq: int) -> audit.JournalLine | None:
        """One line of it."""

    async def archived(self, organisation_id: str, after: str, limit: int) -> Sequence[str]:
        """The next of its deliveries, by id, whose first lines have left the journal."""


class Hint(Value):
    """Something new lies in the journal; without a subject, anything may: look for yourself."""

    id: int | None = None
    subject: str | None = None
    organisation_id: str | None = None


class Hints(Protocol):
    """The journal's bell: never the source of truth."""

    def hints(self) -> AsyncIterator[Hint]:
        """Rings for each new line as it is committed, and now and then for no reason; never ends by itself."""


class AuditLog(Protocol):
    """The copy of the journal that support searches; append-only."""

    async def copy(self, lines: Sequence[audit.JournalLine]) -> None:
        """Adds lines; one that is there already is left alone."""

    async def cursor(self) -> audit.Cursor:
        """How far the copy reaches."""

    async def search(
        self,
        *,
        subject: str | None = None,
        about: str | None = None,
        actor: str | None = None,
        kind: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> tuple[Sequence[audit.JournalLine], str | None]:
        """Lines newest first, and the next page's cursor; `about`: looks at the data of this delivery, person or
        organisation."""
