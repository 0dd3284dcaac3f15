"""A trace goes through a delivery's workflow to the activities that follow, for as long as somebody may wait for them,
and leaves the workflow as it is without one."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import fakes
import pytest
from making import fresh
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from receiver import receiving
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer
from world import Life, World, workers

from activities.notifications import NotificationActivities
from channels.webhook import PREFIX, WebhookChannel, rules
from domain.audit import Line
from domain.notifications import Secrets, WebhookEndpoint
from domain.pauses import PauseMode
from runtime._spans import Cleaned
from runtime._traced_temporal import Traced
from runtime.temporal import TemporalNotifier, data_converter, make_worker
from workers.relay import tell_once
from workflows import addressing
from workflows.deliveries import DeliveryWorkflow
from workflows.notifications import NotificationWorkflow

BEGAN = datetime.now(UTC)


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


async def test_what_the_relay_tells_a_subscriber_is_one_trace_down_to_the_message(traced, told):
    journal, delivery = fakes.InMemoryJournal(), fresh("del")
    there = fakes.InMemoryNotifications(journal)
    told_of = Line(seq=1, kind="delivery.requested", actor="system", at=datetime.now(UTC), data={"status": "requested"})
    journal.write(delivery, "org_1", [told_of])
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(receiving())
        channel = WebhookChannel(there.endpoints, rules(this_machine=True, tls_required=False))
        stack.push_async_callback(channel.close)
        made = {"organisation_id": "org_1", "created_at": BEGAN, "created_by": "usr_1", "updated_at": BEGAN}
        endpoint = WebhookEndpoint.model_validate({"id": fresh("whe"), "url": receiver.url, **made})
        await there.endpoints.add(endpoint, Secrets(current=f"whsec_{'A' * 32}"))
        worker = make_worker(
            traced,
            addressing.NOTIFICATIONS,
            workflows=[NotificationWorkflow],
            activities=[NotificationActivities(journal, there.messages, {PREFIX: channel}).send_message],
            graceful_shutdown_timeout=timedelta(0),
        )
        await stack.enter_async_context(worker)
        assert await tell_once(journal, there.subscribers, TemporalNotifier(traced))
        await traced.get_workflow_handle(addressing.notification_workflow_id(endpoint.id, delivery)).result()
    assert len(receiver.calls) == 1
    [begun] = [
        each for each in told.get_finished_spans() if each.name == "SignalWithStartWorkflow:NotificationWorkflow"
    ]
    [sent] = ran(told, "send_message")
    assert traces([sent]) == traces([begun])
    assert sent.attributes["delivery_id"] == begun.attributes["delivery_id"] == delivery


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
