"""One subscriber and one delivery: what happened is told in its order, each line once it is its turn."""

from bisect import insort

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.notifications import NotificationActivities, SendMessage, Sent
    from domain._values import Value
    from workflows import options


class NotificationStart(Value):
    """Whom to tell of what; the rest is carried along when it goes on from where it was."""

    subscriber: str
    delivery_id: str
    last: int = 0
    waiting: tuple[int, ...] = ()
    most_signals: int = 2_000


class Happened(Value):
    """Lines of the delivery, by their numbers, in order; `again` asks for ones that were told or are being tried."""

    seqs: tuple[int, ...]
    again: bool = False


class NotificationEnd(Value):
    """The last line that was dealt with."""

    last: int


@workflow.defn
class NotificationWorkflow:
    """Sends one message at a time, and ends when there is none left; the next line begins it anew.

    A line that comes twice is told once: within a run by its number, across runs by what is kept of each message. All
    tries of a message are one activity, which Temporal repeats by the schedule without a single event.
    """

    @workflow.init
    def __init__(self, start: NotificationStart) -> None:
        self._start, self._last, self._waiting = start, start.last, list(start.waiting)
        self._newest = max((self._last, *self._waiting))
        self._signals = 0
        self._sending: workflow.ActivityHandle[Sent] | None = None
        self._hastened = False

    @workflow.run
    async def run(self, start: NotificationStart) -> NotificationEnd:
        """Tells what waits, in order."""
        while self._waiting:
            seq = self._waiting[0]
            await self._send(seq)
            self._waiting.remove(seq)
            self._last = max(self._last, seq)
            if self._waiting and self._long():
                carried = {"last": self._last, "waiting": tuple(self._waiting)}
                workflow.continue_as_new(start.model_copy(update=carried))
        return NotificationEnd(last=self._last)

    @workflow.signal
    def happened(self, told: Happened) -> None:
        """From the relay, which may say the same again; or from somebody who wants lines sent again, now."""
        self._signals += 1
        for seq in told.seqs:
            if told.again:
                self._ask_again(seq)
            elif seq > self._newest:
                self._newest = seq
                self._queue(seq)

    def _ask_again(self, seq: int) -> None:
        if self._sending is not None and self._waiting[0] == seq:
            self._hastened = True
            self._sending.cancel()
        else:
            self._queue(seq)

    def _queue(self, seq: int) -> None:
        """In its order behind what is under way, also when it is told again."""
        if seq not in self._waiting:
            insort(self._waiting, seq, lo=0 if self._sending is None else 1)

    async def _send(self, seq: int) -> None:
        """Until it is sent, or given up. Hastened, it is asked for anew instead of waiting for its next try."""
        ask = SendMessage(subscriber=self._start.subscriber, delivery_id=self._start.delivery_id, seq=seq)
        while True:
            self._hastened = False
            self._sending = workflow.start_activity_method(
                NotificationActivities.send_message, ask, summary=f"line {seq}", **options.SEND_MESSAGE
            )
            try:
                await self._sending
            except ActivityError as error:
                if is_cancelled_exception(error) and not self._hastened:
                    raise  # the workflow itself was cancelled
                if not self._hastened:
                    workflow.logger.warning("a message cannot be sent", exc_info=error)
            finally:
                self._sending = None
            if not self._hastened:
                return

    def _long(self) -> bool:
        return workflow.info().is_continue_as_new_suggested() or self._signals >= self._start.most_signals
