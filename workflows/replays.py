"""A replay: its lines are handed over batch by batch, however long its endpoint takes to have them."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.replays import ReplayActivities, ReplayLines
    from domain._values import Value
    from domain.replays import Replay
    from workflows import options

_MOST_BATCHES = 250


class ReplayStart(Value):
    """What to tell again; `begun` once it is kept."""

    replay: Replay
    begun: bool = False


@workflow.defn
class ReplayWorkflow:
    """Answers whoever asks as soon as it is kept; where it stands is in its row, so that it can begin anywhere."""

    @workflow.init
    def __init__(self, start: ReplayStart) -> None:
        self._start = start
        self._kept: Replay | None = start.replay if start.begun else None
        self._refused: ApplicationError | None = None

    @workflow.run
    async def run(self, start: ReplayStart) -> None:
        """Until nothing is left, or nobody is there to be told."""
        if not start.begun:
            await self._begin()
        ask = ReplayLines(subscriber=start.replay.subscriber, replay_id=start.replay.id)
        more, batches = self._refused is None, 0
        while more and batches < _MOST_BATCHES:
            done = await workflow.execute_activity_method(
                ReplayActivities.replay_lines, ask, summary=f"batch {batches + 1}", **options.REPLAY_LINES
            )
            more, batches = done.more, batches + 1
        await workflow.wait_condition(workflow.all_handlers_finished)
        if more:
            workflow.continue_as_new(start.model_copy(update={"begun": True}))

    @workflow.update
    async def begun(self) -> Replay:
        """As it is kept; fails with the reason where it may not begin."""
        await workflow.wait_condition(lambda: self._kept is not None or self._refused is not None)
        if self._refused is not None:
            raise self._refused
        assert self._kept is not None
        return self._kept

    async def _begin(self) -> None:
        try:
            self._kept = await workflow.execute_activity_method(
                ReplayActivities.begin_replay, self._start.replay, **options.BEGIN_REPLAY
            )
        except ActivityError as error:
            if not isinstance(error.cause, ApplicationError):
                raise
            self._refused = error.cause
