"""Which lines are told, as what, and when a try is made again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from making import NOW, fresh

from domain.audit import JournalLine
from domain.deliveries import DeliveryStatus
from domain.events import EVENTS, event_of
from domain.notifications import (
    MOST_TRIES,
    SCHEDULE,
    Answer,
    Health,
    Outcome,
    Secrets,
    Subscriber,
    fares,
    judged,
    message_id,
)

OK = Answer(status=204)


def line(**more: Any) -> JournalLine:
    values = {
        "id": 1, "txid": 1, "subject": "del_1", "seq": 4, "kind": "delivery.booked", "actor": "system", "at": NOW,
        "organisation_id": "org_1", "prev_hash": "", "hash": "",
        "data": {"status": "booked", "carrier": "moto", "account": "rapido", "booking_key": "secret", "cost": 900},
    }  # fmt: skip
    return JournalLine.model_validate({**values, **more})


def subscriber(**more: Any) -> Subscriber:
    return Subscriber.model_validate({"id": "whe_1", "organisation_id": "org_1", "created_at": NOW, **more})


def test_every_status_is_an_event() -> None:
    assert {f"delivery.{status}" for status in DeliveryStatus} < set(EVENTS)


def test_an_event_says_what_is_public_and_nothing_else() -> None:
    event = event_of(line())
    assert event is not None
    assert event.model_dump(mode="json", exclude_none=True) == {
        "type": "delivery.booked",
        "timestamp": NOW.isoformat().replace("+00:00", "Z"),
        "data": {"delivery_id": "del_1", "organisation_id": "org_1", "seq": 4, "status": "booked", "carrier": "moto"},
    }
    assert event_of(line(kind="delivery.price_drift")) is None
    assert event_of(line(kind="scan.picked_up")) is None


def test_an_event_stays_far_below_twenty_kilobytes() -> None:
    longest = line(data=dict.fromkeys(("status", "reason", "carrier", "attention", "booking_key"), "x" * 500))
    event = event_of(longest)
    assert event is not None
    assert len(event.model_dump_json()) < 4_000


@pytest.mark.parametrize(
    ("who", "what", "wants"),
    [
        ({}, {}, True),
        ({"events": ("delivery.booked",)}, {}, True),
        ({"events": ("delivery.delivered",)}, {}, False),
        ({"organisation_id": "org_2"}, {}, False),
        ({"enabled": False}, {}, False),
        ({"created_at": NOW + timedelta(seconds=1)}, {}, False),
        ({}, {"kind": "scan.picked_up"}, False),
        ({}, {"kind": "key.made", "subject": "org_1"}, False),
    ],
)
def test_a_subscriber_wants_what_they_chose_from_when_they_came(who: Any, what: Any, wants: bool) -> None:
    assert subscriber(**who).wants(line(**what)) is wants


def test_a_message_has_the_same_id_for_the_same_line_and_subscriber_alone() -> None:
    assert message_id("whe_1", "del_1", 4) == message_id("whe_1", "del_1", 4)
    others = {message_id(*each) for each in (("whe_2", "del_1", 4), ("whe_1", "del_2", 4), ("whe_1", "del_1", 5))}
    assert len(others | {message_id("whe_1", "del_1", 4)}) == 4


@pytest.mark.parametrize("status", [200, 204, 299])
def test_only_2xx_is_success(status: int) -> None:
    assert judged(Answer(status=status), 1, "k") == (Outcome.SENT, None)


@pytest.mark.parametrize(
    "answer", [Answer(status=s) for s in (101, 301, 308, 400, 404, 500)] + [Answer(error="broken")]
)
def test_whatever_else_is_tried_again_by_the_schedule(answer: Answer) -> None:
    for tries, usual in enumerate(SCHEDULE, start=1):
        outcome, wait = judged(answer, tries, fresh("msg"))
        assert outcome is Outcome.WAITING
        assert wait is not None
        assert usual <= wait <= usual * 1.2
    assert judged(answer, MOST_TRIES, "k") == (Outcome.FAILED, None)


def test_the_jitter_differs_from_message_to_message_and_is_the_same_for_one() -> None:
    waits = {judged(Answer(status=500), 2, f"msg_{n}")[1] for n in range(20)}
    assert len(waits) == 20
    assert judged(Answer(status=500), 2, "msg_1") == judged(Answer(status=500), 2, "msg_1")


def test_a_wait_that_is_asked_for_is_heeded_where_it_is_longer() -> None:
    _, wait = judged(Answer(status=429, wait_s=3_600), 1, "k")
    assert wait is not None
    assert timedelta(hours=1) <= wait <= timedelta(hours=1.2)
    _, wait = judged(Answer(status=429, wait_s=1), 2, "k")
    assert wait is not None
    assert wait >= SCHEDULE[1]


def test_who_is_gone_is_not_tried_again() -> None:
    assert judged(Answer(status=410), 1, "k") == (Outcome.FAILED, None)
    assert judged(Answer(error="disabled", ends=Outcome.DROPPED), 1, "k") == (Outcome.DROPPED, None)


@pytest.mark.parametrize("answer", [Answer(status=s) for s in (429, 502, 503, 504)] + [Answer(error="timeout")])
def test_an_endpoint_that_is_too_slow_is_held_longer_each_time(answer: Answer) -> None:
    health, before = Health(), timedelta()
    for _ in range(6):
        health = fares(health, answer, NOW, "whe_1")
        assert health.held_until is not None
        assert health.held_until - NOW > before
        before = health.held_until - NOW
    assert (health.failures, health.failing_since) == (6, NOW)
    for _ in range(60):
        health = fares(health, answer, NOW, "whe_1")
    assert health.held_until is not None
    assert health.held_until - NOW <= timedelta(minutes=6)
    assert fares(health, OK, NOW, "whe_1") == Health()


def test_an_endpoint_that_only_errs_is_not_held() -> None:
    assert fares(Health(), Answer(status=500), NOW, "whe_1") == Health(failures=1, failing_since=NOW)


def test_while_a_secret_is_rotated_both_sign() -> None:
    until = datetime(2030, 1, 2, tzinfo=UTC)
    secrets = Secrets(current="new", previous="old", previous_until=until)
    assert secrets.in_force(until - timedelta(seconds=1)) == ("new", "old")
    assert secrets.in_force(until) == ("new",)
    assert Secrets(current="new").in_force(until) == ("new",)
