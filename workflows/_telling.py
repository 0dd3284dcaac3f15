"""How a delivery changes and says so: the one way a status moves, and the one way anything is recorded."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import JsonValue
from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    import email_validator  # noqa: F401  # else each workflow with an address loads its own, in the middle of its life

    from domain import audit
    from domain.deliveries import FINAL, Actor, Attention, Delivery, DeliveryStatus, RecordMove, may_move
    from domain.errors import DomainError
    from domain.ledger import Entry
    from domain.postings import Book
    from domain.telling import FOR_RECIPIENT, RECIPIENTS_HEAR
    from workflows import details, effects, search
    from workflows.state import Answer, DeliveryState, Intent

_ANSWERS_KEPT = 100
_STORY_KEPT = 30


class Telling:
    """Holds the state; what is told is pending until `_record` has committed it."""

    state: DeliveryState
    _recorded: Delivery
    """The delivery as the database has it: what updates answer with, so that whoever reads next reads the same."""

    def _begin_telling(self) -> None:
        self._lines: list[audit.Line] = []
        self._entries: list[Entry] = []
        self._listed: search.Listed = {}
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at: datetime | None = None
        self._recorded = self.state.delivery
        self._voiding = False
        self._releases: list[workflow.ActivityHandle[None]] = []

    @property
    def delivery(self) -> Delivery:
        """As it stands in memory; `_recorded` is what is committed."""
        return self.state.delivery

    # ── telling ───────────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, kind: str, actor: str, data: dict[str, JsonValue] | None = None, **changes: Any) -> None:
        """One journal line, with the changes to the delivery it speaks of."""
        seq = self.delivery.seq + 1
        now = workflow.now()
        self.state.delivery = self.delivery.model_copy(update={**changes, "seq": seq, "updated_at": now})
        told = {"status": str(self.delivery.status), **(data or {}), **self._for_recipient(kind)}
        self._lines.append(audit.Line(seq=seq, kind=kind, actor=actor, at=now, data=told))
        self.state.story = [*self.state.story, details.line(now, kind, actor, told)][-_STORY_KEPT:]

    def _for_recipient(self, kind: str) -> dict[str, JsonValue]:
        """The mark of a line that the recipient is told too, if the customer wants it and there is an address."""
        request = self.delivery.request
        wanted = self.state.policy.notify_recipient if request.notify_recipient is None else request.notify_recipient
        return {FOR_RECIPIENT: True} if wanted and request.dropoff.contact.email and kind in RECIPIENTS_HEAR else {}

    def _move_to(
        self,
        status: DeliveryStatus,
        *,
        actor: str = Actor.SYSTEM,
        reason: str | None = None,
        data: dict[str, JsonValue] | None = None,
        forced: bool = False,
        **changes: Any,
    ) -> None:
        """The only way a status changes; the domain says which moves there are, a human may force others."""
        if not (forced or may_move(self.delivery.status, status)):
            raise RuntimeError(f"no delivery goes from {self.delivery.status} to {status}")
        if status is not DeliveryStatus.BOOKING:
            self._post(self._books.release())  # money is held while a carrier is being booked, and never longer
        if status in FINAL:
            changes |= {"ended_at": workflow.now(), "attention": Attention.NONE}
        why: dict[str, JsonValue] = {"reason": reason} if reason else {}
        self._tell(
            f"delivery.{status}",
            actor,
            {"status": str(status), **why, **(data or {})},
            status=status,
            **{"reason": reason, **changes},
        )

    def _attend(self, attention: Attention, *, reason: str | None = None, actor: str = Actor.SYSTEM) -> None:
        """Asks a human to look, or says that it is no longer needed."""
        if attention is not self.delivery.attention:
            self._tell(
                "delivery.attention",
                actor,
                {"attention": str(attention), "reason": reason},
                attention=attention,
                reason=reason,
            )

    @property
    def _books(self) -> Book:
        """What was posted so far, to post more at this instant."""
        return Book(self.delivery.id, self.delivery.organisation_id, self.state.entries, workflow.now())

    def _post(self, entries: tuple[Entry, ...]) -> None:
        """Ledger entries that go into the same transaction as what is told beside them."""
        self._entries.extend(entries)
        self.state.entries.extend(entries)

    async def _record(self) -> None:
        """Commits what was told: row, lines, entries and state in one transaction.

        When the journal holds another story, no code can tell which is right. Anything but an ApplicationError
        makes the workflow task fail and try again, so the delivery stands still, visibly, until a human has
        mended the database; nothing is closed and nothing is lost.
        """
        lines, entries, delivery = tuple(self._lines), tuple(self._entries), self.delivery
        if not lines:
            return
        state = self.state.model_dump(mode="json")
        try:
            await effects.record(RecordMove(delivery=delivery, lines=lines, entries=entries, state=state))
        except ActivityError as error:
            raise RuntimeError(f"the journal refuses: {effects.why(error).detail}") from error
        del self._lines[: len(lines)], self._entries[: len(entries)]
        self._recorded = delivery
        self._show()

    def _show(self) -> None:
        updates, self._listed = search.changed(self._listed, self._recorded)
        if updates:
            workflow.upsert_search_attributes(updates)
        workflow.set_current_details(details.page(self._recorded, self.state.story))

    # ── answering ─────────────────────────────────────────────────────────────────────────────────────────

    async def _answer(self, intent: Intent | None, error: DomainError | effects.Failure | None = None) -> None:
        """Lets the update answer, once what it did is committed."""
        await self._record()
        if intent is None:
            return
        answer = Answer() if error is None else Answer(error=error.code, detail=error.detail, data=error.data)
        self.state.answers[intent.id] = answer
        while len(self.state.answers) > _ANSWERS_KEPT:
            del self.state.answers[next(iter(self.state.answers))]

    # ── waiting ───────────────────────────────────────────────────────────────────────────────────────────

    async def _wait(self, until: Callable[[], bool], *moments: datetime | None) -> None:
        """Until the condition holds or the earliest of the moments has come.

        One long timer is kept and looks at the clock when it rings: re-arming it at every scan would cost two
        events each. Only an earlier moment replaces it.
        """
        due = [moment for moment in moments if moment is not None]
        now = workflow.now()
        if any(moment <= now for moment in due):
            return
        if due and (self._alarm is None or self._alarm_at is None or min(due) < self._alarm_at):
            self._disarm()
            self._alarm_at = min(due)
            self._alarm = asyncio.create_task(workflow.sleep(self._alarm_at - now, summary="next look at the clock"))
        alarm = self._alarm if due else None
        await workflow.wait_condition(lambda: until() or (alarm is not None and alarm.done()))
        if alarm is not None and alarm.done():
            self._disarm()

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_at = None, None
