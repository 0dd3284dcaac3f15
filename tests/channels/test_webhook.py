"""Webhooks as Standard Webhooks 1.0.0 has them, to a real server: what the library verifies, and how each answer is
taken."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import fakes
import pytest
from making import NOW, fresh
from prometheus_client import REGISTRY
from receiver import Receiver, breaks_off, drips_its_head, floods, hangs, receiving, says
from standardwebhooks import WebhookVerificationError

from channels.webhook import WebhookChannel, rules, signature
from domain.errors import AddressForbidden, SubscriberBusy
from domain.events import Event, EventData
from domain.notifications import FAILING, Answer, Health, Outcome, PauseRule, Secrets, WebhookEndpoint

HERE = rules(this_machine=True, tls_required=False)
EVENT = Event(
    type="delivery.booked", timestamp=NOW, data=EventData(delivery_id="del_1", organisation_id="org_1", seq=4)
)


def secret() -> str:
    return f"whsec_{base64.b64encode(os.urandom(32)).decode()}"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


@pytest.fixture
def store() -> Any:
    return fakes.InMemoryNotifications().endpoints


@pytest.fixture
async def channel(store: Any) -> AsyncIterator[WebhookChannel]:
    made = WebhookChannel(store, HERE, deadline_s=2)
    yield made
    await made.close()


async def subscribed(store: Any, url: str, secrets: Secrets | None = None, **more: Any) -> str:
    values = {"organisation_id": "org_1", "created_at": NOW, "created_by": "usr_1", "updated_at": NOW, "url": url}
    endpoint = WebhookEndpoint.model_validate({"id": fresh("whe"), **values, **more})
    await store.add(endpoint, secrets or Secrets(current=secret()))
    return endpoint.id


def test_the_published_vector() -> None:
    told = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_what_is_sent_is_verified_by_the_library(store: Any, channel: WebhookChannel, receiver: Receiver) -> None:
    ours = secret()
    its_id = await subscribed(store, receiver.url, Secrets(current=ours))
    answer = await channel.send(its_id, "msg_1", EVENT)
    assert (answer.status, answer.taken) == (204, True)
    [call] = receiver.calls
    assert call.verified(ours) == {
        "type": "delivery.booked",
        "timestamp": NOW.isoformat().replace("+00:00", "Z"),
        "data": {"delivery_id": "del_1", "organisation_id": "org_1", "seq": 4},
    }
    assert (call.path, call.id, call.headers["content-type"]) == ("/hook", "msg_1", "application/json")
    with pytest.raises(WebhookVerificationError):
        call.verified(secret())


async def test_while_rotated_either_secret_verifies_and_then_the_new_one_alone(
    store: Any, channel: WebhookChannel, receiver: Receiver
) -> None:
    old, new = secret(), secret()
    until = datetime.now(UTC) + timedelta(hours=1)
    its_id = await subscribed(store, receiver.url, Secrets(current=new, previous=old, previous_until=until))
    await channel.send(its_id, "msg_1", EVENT)
    assert receiver.calls[0].verified(old) == receiver.calls[0].verified(new)
    spent = await subscribed(store, receiver.url, Secrets(current=new, previous=old, previous_until=NOW - 9999 * _DAY))
    await channel.send(spent, "msg_1", EVENT)
    assert receiver.calls[1].verified(new)
    with pytest.raises(WebhookVerificationError):
        receiver.calls[1].verified(old)


_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("script", "status", "error", "wait"),
    [
        (says(200, body=b"x" * 10_000_000), 200, None, None),
        (floods, 200, None, None),
        (says(500), 500, None, None),
        (says(302, "Location: http://127.0.0.1:1/"), 302, None, None),
        (says(410), 410, None, None),
        (says(429, "Retry-After: 7200"), 429, None, 7_200),
        (says(503, "Retry-After: 9999999"), 503, None, 86_400),
        (says(204, "Retry-After: 60"), 204, None, None),
        (breaks_off, None, "broken", None),
        (hangs, None, "timeout", None),
        (drips_its_head, None, "timeout", None),
    ],
    ids=["big", "endless", "500", "redirect", "410", "429", "too patient", "2xx", "breaks off", "hangs", "drips"],
)
async def test_each_answer_is_taken_for_what_it_is(
    script: Any, status: Any, error: Any, wait: Any, store: Any, channel: WebhookChannel, receiver: Receiver
) -> None:
    receiver.then = script
    answer = await channel.send(await subscribed(store, receiver.url), "msg_1", EVENT)
    assert (answer.status, answer.error, answer.wait_s) == (status, error, wait)
    assert len(receiver.calls) == 1  # no redirect was followed, nothing tried twice


async def test_who_answers_410_is_disabled_and_called_no_more(
    store: Any, channel: WebhookChannel, receiver: Receiver
) -> None:
    receiver.then = says(410)
    its_id = await subscribed(store, receiver.url)
    assert (await channel.send(its_id, "msg_1", EVENT)).gone
    kept = await store.get(its_id)
    assert (kept.endpoint.enabled, kept.endpoint.disabled_reason) == (False, "gone")
    assert await channel.send(its_id, "msg_2", EVENT) == Answer(error="disabled", ends=Outcome.DROPPED)
    assert len(receiver.calls) == 1
    receiver.then = says(204)
    assert (await channel.send(its_id, "msg_3", EVENT, probe=True)).taken  # a test is


async def test_who_asks_us_to_slow_down_is_left_alone_by_every_message(store: Any, receiver: Receiver) -> None:
    clock = [datetime.now(UTC)]
    channel = WebhookChannel(store, HERE, now=lambda: clock[0])
    receiver.on = [says(429, "Retry-After: 600")]
    its_id, other = await subscribed(store, receiver.url), await subscribed(store, receiver.url)
    await channel.send(its_id, "msg_1", EVENT)
    with pytest.raises(SubscriberBusy) as busy:
        await channel.send(its_id, "msg_2", EVENT)
    assert 600 <= busy.value.data["retry_after"] <= 722
    assert (await channel.send(other, "msg_3", EVENT)).taken
    clock[0] += timedelta(seconds=busy.value.data["retry_after"])
    assert (await channel.send(its_id, "msg_2", EVENT)).taken
    assert (await store.get(its_id)).health == Health()
    assert receiver.ids == ["msg_1", "msg_3", "msg_2"]
    await channel.close()


async def test_one_that_hangs_takes_no_more_than_its_places(store: Any, receiver: Receiver) -> None:
    channel = WebhookChannel(store, HERE)
    receiver.on = [hangs] * 8
    its_id, other = await subscribed(store, receiver.url), await subscribed(store, receiver.url)
    hanging = [asyncio.create_task(channel.send(its_id, f"msg_{n}", EVENT)) for n in range(8)]
    while len(receiver.calls) < 8:
        await asyncio.sleep(0)
    waits = []
    for n in range(30):
        with pytest.raises(SubscriberBusy) as busy:
            await channel.send(its_id, f"msg_late_{n}", EVENT)
        waits.append(busy.value.data["retry_after"])
    assert waits == sorted(waits)
    assert waits[0] == 2
    assert waits[-1] >= 4  # in turns, not all at once
    assert (await channel.send(other, "msg_other", EVENT)).taken
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    assert (await channel.send(its_id, "msg_9", EVENT)).taken
    await channel.close()


@pytest.mark.parametrize(
    "url",
    ["http://93.184.216.34/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https://10.0.0.1:8443/",
     "https://user:word@93.184.216.34/", "ftp://93.184.216.34/"],
)  # fmt: skip
async def test_what_only_we_can_reach_is_neither_taken_nor_called(url: str, store: Any) -> None:
    channel = WebhookChannel(store, rules(this_machine=False, tls_required=True))
    with pytest.raises(AddressForbidden):
        await channel.check(url)
    answer = await channel.send(await subscribed(store, url), "msg_1", EVENT)
    assert (answer.status, answer.error) == (None, "forbidden_address")
    await channel.close()


async def test_one_that_took_nothing_for_long_enough_is_paused(store: Any, receiver: Receiver) -> None:
    now, rule = NOW, PauseRule(after=timedelta(hours=1), failures=3)
    channel = WebhookChannel(store, HERE, now=lambda: now, pause=rule)
    its_id = await subscribed(store, receiver.url)
    receiver.on = [says(500), says(204), says(500), says(500), says(500), says(500)]
    counted = REGISTRY.get_sample_value("entrega_webhook_calls_total", {"outcome": "5xx"}) or 0
    for minutes, enabled in ((0, True), (60, True), (10, True), (60, True), (5, False)):
        now += timedelta(minutes=minutes)
        await channel.send(its_id, "msg_1", EVENT)
        kept = await store.get(its_id)
        assert kept.endpoint.enabled is enabled
    assert (kept.endpoint.disabled_reason, kept.endpoint.missed_since) == (FAILING, NOW + timedelta(minutes=70))
    assert (await channel.send(its_id, "msg_1", EVENT)).ends is Outcome.DROPPED
    assert REGISTRY.get_sample_value("entrega_webhook_calls_total", {"outcome": "5xx"}) == counted + 4
    await channel.close()
