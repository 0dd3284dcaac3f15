"""Whoever is told by letter: what waits for them goes into one letter as soon as one may be written."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.letters import (
        Draft,
        DraftLetter,
        FindRecipient,
        LetterActivities,
        MemberActivities,
        RecipientActivities,
        WriteToRecipient,
    )
    from domain._values import Value
    from domain.telling import LineRef
    from workflows import options

_MOST_SIGNALS = 2_000
_A_MOMENT = timedelta(milliseconds=10)


class LetterStart(Value):
    """Whom to write to; a recipient is one delivery's. `told` is carried along to the next run, to be noted."""

    subscriber: str
    delivery_id: str | None = None
    told: tuple[LineRef, ...] = ()
    most_signals: int = _MOST_SIGNALS


class Look(Value):
    """Something waits; or, `anew`, when a letter may be written is otherwise than it was."""

    anew: bool = False


@workflow.defn
class LetterWorkflow:
    """Writes one letter at a time, and ends when nothing waits; the next line begins it anew.

    What waits lies in the database and not here, so a line that comes twice is told once, and a day's worth of lines
    costs the history a timer.
    """

    @workflow.init
    def __init__(self, start: LetterStart) -> None:
        self._start = start
        self._signals = 0
        self._news = self._anew = False

    @workflow.run
    async def run(self, start: LetterStart) -> None:
        """Tells what waits, in order."""
        told = start.told
        while True:
            self._news = self._anew = False
            draft = await self._draft(told)
            told = ()
            if draft.not_before is not None:
                await self._wait(draft)
            elif draft.lines:
                await self._write(draft)
                told = draft.lines
            elif not self._news:
                return
            if self._long():
                workflow.continue_as_new(start.model_copy(update={"told": told}))

    @workflow.signal
    def look(self, look: Look) -> None:
        """From the relay, or when somebody changed their wishes."""
        self._signals += 1
        self._news = True
        self._anew = self._anew or look.anew

    async def _draft(self, told: tuple[LineRef, ...]) -> Draft:
        ask = DraftLetter(subscriber=self._start.subscriber, delivery_id=self._start.delivery_id, told=told)
        return await workflow.execute_activity_method(LetterActivities.draft_letter, ask, **options.DRAFT_LETTER)

    async def _wait(self, draft: Draft) -> None:
        """Quiet hours and digests: lines that come meanwhile only join those that wait."""
        if draft.not_before is None:
            return
        span = max(draft.not_before - workflow.now(), _A_MOMENT)
        try:
            await workflow.wait_condition(lambda: self._anew or self._long(), timeout=span, timeout_summary="quiet")
        except TimeoutError:
            return

    async def _write(self, draft: Draft) -> None:
        """Until it is sent, or given up (at once where it is refused for good, else after days), so that what comes
        later is not held up for ever."""
        try:
            if self._start.delivery_id is not None:
                await self._write_to_recipient(self._start.delivery_id, draft)
            else:
                await workflow.execute_activity_method(
                    MemberActivities.write_to_member, draft, **options.WRITE_TO_MEMBER
                )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("a letter cannot be sent", exc_info=error)

    async def _write_to_recipient(self, delivery_id: str, draft: Draft) -> None:
        recipient = await workflow.execute_activity_method(
            RecipientActivities.find_recipient, FindRecipient(delivery_id=delivery_id), **options.FIND_RECIPIENT
        )
        ask = WriteToRecipient(
            subscriber=self._start.subscriber, delivery_id=delivery_id, lines=draft.lines, recipient=recipient
        )
        await workflow.execute_activity_method(LetterActivities.write_to_recipient, ask, **options.WRITE_TO_RECIPIENT)

    def _long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested() or self._signals >= self._start.most_signals
