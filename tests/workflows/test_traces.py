"""A trace goes through a delivery's workflow to the activities that follow, for as long as somebody may wait for them,
and leaves the workflow as it is without one."""

from datetime import timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer
from world import Life, World, workers

from domain.pauses import PauseMode
from runtime._spans import Cleaned
from runtime._traced_temporal import Traced
from runtime.temporal import data_converter
from workflows.deliveries import DeliveryWorkflow


@pytest.fixture
def told() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traced(env: WorkflowEnvironment, told: InMemorySpanExporter) -> Client:
    """A client, and workers made from it, as a process has them that is traced."""
    provider, made = TracerProvider(shutdown_on_exit=False), Traced()
    provider.add_span_processor(SimpleSpanProcessor(Cleaned(told)))
    made.tracer = provider.get_tracer("t")
    return Client(**{**env.client.config(), "interceptors": [made]})


def ran(told: InMemorySpanExporter, activity: str) -> list[ReadableSpan]:
    return [span for span in told.get_finished_spans() if span.name == f"RunActivity:{activity}"]


def traces(spans: list[ReadableSpan]) -> set[int]:
    return {span.context.trace_id for span in spans if span.context is not None}


async def test_each_request_is_one_trace_down_to_what_it_sets_in_motion(traced, told):
    world = World()
    world.carrier("a")
    async with workers(traced, world):
        life = Life(traced, world)
        await life.accept(await life.requested())
        await life.reaches("booked")
    [asked], [booked] = ran(told, "ask_carrier"), ran(told, "book_carrier")
    started, accepted = (
        [span for span in told.get_finished_spans() if span.name.startswith(name)]
        for name in ("StartUpdateWithStartWorkflow:", "StartWorkflowUpdate:accept")
    )
    assert traces([asked]) == traces(started)
    assert traces([booked]) == traces(accepted)
    assert traces(started).isdisjoint(traces(accepted))
    assert {span.attributes["delivery_id"] for span in (asked, booked, *started, *accepted)} == {life.id}
    history = await life.handle.fetch_history()
    await Replayer(workflows=[DeliveryWorkflow], data_converter=data_converter()).replay_workflow(history)


@pytest.mark.long
async def test_what_a_workflow_does_much_later_begins_a_trace_of_its_own(env, traced, told):
    world = World()
    world.carrier("a")
    world.paused["a"] = PauseMode.WAIT
    async with workers(traced, world):
        life = Life(traced, world)
        await life.accept(await life.requested())
        await life.until(lambda _: "delivery.waiting" in world.kinds(life.id))
        await env.fast_forward(life.handle, timedelta(minutes=30))
        del world.paused["a"]
        await env.fast_forward(life.handle, timedelta(minutes=10))
        await life.reaches("booked")
    first, *_, last = ran(told, "book_carrier")
    assert first.parent is not None
    assert last.parent is None
    assert last.attributes["delivery_id"] == life.id
