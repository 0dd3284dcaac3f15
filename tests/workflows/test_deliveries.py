"""Every way a delivery can go, on a real server with virtual time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from world import Life, World, brl, workers

from domain import errors
from domain.bookings import BookingSafety
from domain.deliveries import DeliveryPolicy
from domain.quotes import CarrierOffer
from workflows import messages
from workflows.deliveries import DeliveryWorkflow as W

QUICK = DeliveryPolicy(
    quote_deadline=timedelta(seconds=4), book_attempt=timedelta(seconds=4), book_deadline=timedelta(seconds=8)
)


@pytest.fixture
def life(client, world):
    return Life(client, world, QUICK)


def refused(info) -> str:
    """The code of the error an update answered with."""
    return info.value.cause.type


async def test_an_accepted_offer_is_booked_tracked_and_delivered(world, life):
    world.carrier("fast")
    quoted = await life.requested()
    assert quoted.status == "quoted"
    assert quoted.offers[0].price == brl(1200)
    accepted = await life.accept(quoted)
    assert accepted.status == "booking"
    assert accepted.slot is not None
    await life.reaches("booked")
    await life.reports("courier_to_pickup", "picked_up", "in_transit", "delivered", "finished")
    end = await life.handle.result()
    assert end["status"] == "delivered"
    assert world.owed(life.id) == 1200
    assert world.kinds(life.id)[-2:] == ["delivery.delivered", "scan.finished"]


async def test_a_rule_chooses_without_anybody(world, life):
    world.carrier("dear", cost=3000, minutes=10)
    world.carrier("cheap", cost=900, minutes=90)
    await life.requested(choice={"rule": "fastest"})
    booked = await life.reaches("booked")
    assert booked.booking.carrier_account == "dear"


async def test_carriers_that_hang_fail_or_lie_are_listed_and_lose_nobody_elses_offer(world, life):
    world.carrier("good")
    world.carrier("hangs").on["quote"] = [lambda: asyncio.sleep(30), lambda: asyncio.sleep(30)]
    world.carrier("fails").on["quote"] = [errors.CarrierUnavailable(), errors.CarrierUnavailable()]
    world.carrier("lies").on["quote"] = [errors.CarrierMisbehaved(), errors.CarrierMisbehaved()]
    world.carrier("refuses").on["quote"] = [errors.CarrierRejected("not here", reason="region_not_served")]
    quoted = await life.requested()
    assert [offer.carrier_account for offer in quoted.offers] == ["good"]
    assert {d.carrier_account: d.reason for d in quoted.declined} == {
        "hangs": "timeout",
        "fails": "carrier_unavailable",
        "lies": "carrier_misbehaved",
        "refuses": "region_not_served",
    }


async def test_no_offer_at_all_fails_with_every_reason(world, life):
    world.carrier("a").on["quote"] = [errors.CarrierRejected(reason="no_vehicle")]
    failed = await life.requested()
    assert (failed.status, failed.reason) == ("failed", "no_offers")
    assert failed.declined[0].reason == "no_vehicle"
    assert (await life.handle.result())["status"] == "failed"


async def test_while_nobody_can_answer_at_all_they_are_asked_again(env, world, life):
    carrier = world.carrier("a")
    carrier.on["quote"] = [errors.CarrierUnavailable("down"), errors.CarrierUnavailable("down")]
    asked = asyncio.create_task(life.requested())
    while carrier.calls.count("quote") < 2:
        await asyncio.sleep(0.01)
    await env.fast_forward(life.handle, timedelta(seconds=4))
    assert len((await asked).offers) == 1


async def test_one_that_was_left_alone_has_not_said_no(env, world, life):
    carrier = world.carrier("a")
    carrier.on["quote"] = [errors.CarrierUnavailable("left alone", reason="circuit_open", sent=False)]
    asked = asyncio.create_task(life.requested())
    while not carrier.calls:
        await asyncio.sleep(0.01)
    await env.fast_forward(life.handle, timedelta(seconds=4))
    assert len((await asked).offers) == 1


async def test_nobody_is_asked_again_for_ever(client, world):
    carrier = world.carrier("a")
    carrier.on["quote"] = [errors.CarrierUnavailable("down")] * 1000
    life = Life(client, world, QUICK.model_copy(update={"quote_patience": timedelta(seconds=1)}))
    failed = await life.requested()
    assert (failed.status, failed.reason) == ("failed", "no_offers")
    assert [decline.reason for decline in failed.declined] == ["carrier_unavailable"]


async def test_an_expired_offer_cannot_be_accepted_but_asked_for_again(env, world, life):
    carrier = world.carrier("a")
    soon = CarrierOffer(service="moto", cost=brl(500), expires_at=datetime.now(UTC) + timedelta(minutes=1))
    carrier.on["quote"] = [[soon]]
    quoted = await life.requested()
    await env.fast_forward(life.handle, timedelta(minutes=2))
    with pytest.raises(WorkflowUpdateFailedError) as info:
        await life.accept(quoted)
    assert refused(info) == "quote_expired"
    again = await life.ask(W.quote_again, messages.QuoteAgain(actor="usr_1"))
    assert again.status == "quoted"
    assert again.offers[0].cost == brl(1000)
    assert again.choose_by == quoted.choose_by
    await life.accept(again)
    await life.reaches("booked")


async def test_nobody_chooses_and_it_expires(env, world, life):
    world.carrier("a")
    await life.requested()
    await env.fast_forward(life.handle, timedelta(hours=25))
    assert (await life.handle.result())["status"] == "expired"


async def test_two_accepts_take_one_offer(world, life):
    world.carrier("a").on["book"] = [lambda: asyncio.sleep(0.3)]
    quoted = await life.requested()
    outcomes = await asyncio.gather(life.accept(quoted), life.accept(quoted), return_exceptions=True)
    failed = [o for o in outcomes if isinstance(o, WorkflowUpdateFailedError)]
    assert len(failed) == 1
    assert failed[0].cause.type == "already_chosen"
    await life.reaches("booked")
    assert life.row.booking.attempt == 1


async def test_express_outside_every_area_is_refused_with_what_is_still_possible(world, life):
    world.carrier("a")
    world.areas_open = False
    quoted = await life.requested()
    with pytest.raises(WorkflowUpdateFailedError) as info:
        await life.accept(quoted)
    assert refused(info) == "not_available"
    assert info.value.cause.details[0]["reason"] == "region_not_served"
    assert life.row.status == "quoted"


async def test_a_carrier_that_says_no_now_leaves_the_alternatives(world, life):
    world.carrier("busy").on["availability"] = [errors.CarrierRejected("no couriers", reason="couriers_busy")]
    world.carrier("free")
    quoted = await life.requested()
    with pytest.raises(WorkflowUpdateFailedError) as info:
        await life.accept(quoted, "busy")
    free = next(offer.id for offer in quoted.offers if offer.carrier_account == "free")
    assert info.value.cause.details[0]["alternatives"] == [free]
    await life.accept(quoted, "free")
    await life.reaches("booked")


async def test_a_full_window_takes_no_more(client, world, life):
    world.carrier("a")
    world.capacity = 1
    await life.booked()
    other = Life(client, world, QUICK)
    quoted = await other.requested()
    with pytest.raises(WorkflowUpdateFailedError) as info:
        await other.accept(quoted)
    assert info.value.cause.details[0]["reason"] == "no_capacity"


async def test_standard_needs_no_slot(world, life):
    world.carrier("a")
    world.areas_open = False
    booked = await life.booked(service="standard")
    assert booked.slot is None


async def test_a_refusal_falls_back_to_the_next_best(world, life):
    world.carrier("cheap", cost=500).on["book"] = [errors.CarrierRejected("no", reason="vehicle_not_available")]
    world.carrier("dear", cost=2000)
    quoted = await life.requested(fallback=True)
    await life.accept(quoted, "cheap")
    booked = await life.reaches("booked")
    assert booked.booking.carrier_account == "dear"
    assert world.owed(life.id) == 2400
    assert "delivery.rebooking" in world.kinds(life.id)
    assert booked.slot is not None


async def test_without_fallback_a_refusal_asks_the_customer_again(world, life):
    world.carrier("cheap", cost=500).on["book"] = [errors.CarrierRejected("no", reason="busy")]
    world.carrier("dear", cost=2000)
    quoted = await life.requested()
    await life.accept(quoted, "cheap")
    back = await life.until(lambda d: d.status == "quoted" and d.reason == "busy")
    assert back.slot is None
    await life.accept(back, "dear")
    await life.reaches("booked")


async def test_nobody_left_is_unbookable_then_failed(env, world, life):
    world.carrier("only").on["book"] = [errors.CarrierRejected("no", reason="busy")]
    await life.accept(await life.requested(fallback=True))
    await life.until(lambda d: d.attention == "unbookable")
    await env.fast_forward(life.handle, timedelta(hours=3))
    end = await life.handle.result()
    assert (end["status"], end["reason"]) == ("failed", "busy")
    assert world.owed(life.id) == 0
    assert not world.slots


async def test_unbookable_may_be_tried_again(world, life):
    world.carrier("only").on["book"] = [errors.CarrierRejected("no", reason="busy")]
    await life.accept(await life.requested(fallback=True))
    await life.until(lambda d: d.attention == "unbookable")
    again = await life.ask(W.retry_booking, messages.RetryBooking(actor="usr_s"))
    assert again.status == "booking"
    booked = await life.reaches("booked")
    assert booked.booking.attempt == 2
    assert booked.attention == "none"


async def test_a_carrier_that_answers_later_is_waited_for(world, life):
    world.carrier("slow", confirms=False)
    await life.accept(await life.requested())
    await life.until(lambda d: d.booking is not None)
    assert life.row.status == "booking"
    assert world.owed(life.id) == 0
    await life.reports("accepted")
    await life.reaches("booked")
    assert world.owed(life.id) == 1200


async def test_one_that_never_answers_is_asked_voided_and_replaced(env, world, life):
    mute = world.carrier("mute", cost=100, confirms=False)
    world.carrier("other")
    quoted = await life.requested(fallback=True)
    await life.accept(quoted, "mute")
    await life.until(lambda d: d.booking is not None)
    await env.fast_forward(life.handle, timedelta(minutes=11))
    booked = await life.reaches("booked")
    assert booked.booking.carrier_account == "other"
    assert "track" in mute.calls
    assert not mute.live


async def test_a_yes_that_was_lost_is_found_by_asking(env, world, life):
    mute = world.carrier("mute", confirms=False)
    await life.accept(await life.requested())
    await life.until(lambda d: d.booking is not None)
    mute.reports = [life.scan("accepted")]
    await env.fast_forward(life.handle, timedelta(minutes=11))
    booked = await life.reaches("booked")
    assert booked.booking.carrier_account == "mute"
    assert mute.live


async def test_an_early_rejection_heard_before_the_booking_returns_counts(world, life):
    async def rejected_meanwhile():
        order = world.states[life.id]["order"]
        no = life.scan("rejected", booking_key=order["key"], carrier_account="eager", reason="busy")
        await life.reports(no)

    world.carrier("eager", cost=100, confirms=False).on["book"] = [rejected_meanwhile]
    world.carrier("other")
    quoted = await life.requested(fallback=True)
    await life.accept(quoted, "eager")
    booked = await life.reaches("booked")
    assert booked.booking.carrier_account == "other"


async def test_a_price_that_drifted_goes_back_to_the_customer(world, life):
    carrier = world.carrier("a", confirms=False)
    await life.accept(await life.requested())
    await life.until(lambda d: d.booking is not None)
    await life.reports(life.scan("accepted", cost=brl(1600)))
    back = await life.reaches("quoted")
    assert back.reason == "price_drift"
    assert back.offers[0].price == brl(1800)
    assert not carrier.live
    assert world.owed(life.id) == 0
    await life.accept(back)
    await life.until(lambda d: d.booking is not None)
    await life.reports(life.scan("accepted", cost=brl(1600)))
    await life.reaches("booked")
    assert world.owed(life.id) == 1800


async def test_a_lost_reply_books_once(world, life):
    carrier = world.carrier("a")
    carrier.on["booked"] = [errors.CarrierUnavailable("reset", sent=True)]
    await life.booked()
    assert len(carrier.bookings) == 1
    assert carrier.calls.count("book") == 1
    assert "find" in carrier.calls


async def test_a_carrier_that_cannot_be_asked_is_never_tried_twice(client):
    world = World()
    carrier = world.carrier("blind")
    carrier.safety = BookingSafety.NEITHER
    world.carrier("other")
    carrier.on["booked"] = [errors.CarrierUnavailable("reset", sent=True)]
    async with workers(client, world):
        life = Life(client, world, QUICK)
        quoted = await life.requested(fallback=True)
        await life.accept(quoted, "blind")
        await life.until(lambda d: d.attention == "booking_unknown")
        assert carrier.calls.count("book") == 1
        with pytest.raises(WorkflowUpdateFailedError):
            await life.ask(W.retry_booking, messages.RetryBooking(actor="usr_s"))
        reference = next(iter(carrier.bookings.values())).reference
        await life.reports(life.scan("accepted", carrier_account="blind", booking_reference=reference))
        booked = await life.reaches("booked")
        assert booked.booking.reference == reference
        assert carrier.calls.count("book") == 1


async def test_staff_settle_an_unknown_booking(client):
    world = World()
    carrier = world.carrier("blind")
    carrier.safety = BookingSafety.NEITHER
    carrier.on["book"] = [errors.CarrierUnavailable("reset", sent=True)]
    async with workers(client, world):
        life = Life(client, world, QUICK)
        await life.accept(await life.requested())
        await life.until(lambda d: d.attention == "booking_unknown")
        await life.ask(W.retry_booking, messages.RetryBooking(actor="usr_s", nothing_booked=True))
        booked = await life.reaches("booked")
        assert booked.booking.attempt == 2


@pytest.mark.parametrize("accepted", [True, False])
async def test_what_staff_found_counts_once_its_carrier_has_said_yes(client, accepted):
    world = World()
    carrier = world.carrier("blind", confirms=False)
    carrier.safety = BookingSafety.NEITHER
    carrier.on["booked"] = [errors.CarrierUnavailable("reset", sent=True)]
    world.carrier("other", cost=2000)
    async with workers(client, world):
        life = Life(client, world, QUICK.model_copy(update={"accept_within": timedelta(seconds=2)}))
        await life.accept(await life.requested(fallback=True), "blind")
        await life.until(lambda d: d.attention == "booking_unknown")
        [held] = carrier.bookings.values()
        if accepted:
            carrier.reports = [life.scan("accepted", carrier_account="blind", booking_reference=held.reference)]
        await life.ask(W.retry_booking, messages.RetryBooking(actor="usr_s", found_reference=held.reference))
        booked = await life.reaches("booked")
        assert booked.booking.carrier_account == ("blind" if accepted else "other")
        assert carrier.cancelled == ([] if accepted else [held.key])


@pytest.mark.parametrize("when", ["quoted", "booked"])
async def test_a_cancel_undoes_everything(world, life, when):
    carrier = world.carrier("a")
    quoted = await life.requested()
    if when == "booked":
        await life.accept(quoted)
        await life.reaches("booked")
    cancelled = await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
    assert cancelled.status == "cancelled"
    assert not carrier.live
    assert world.owed(life.id) == 0
    assert (await life.handle.result())["status"] == "cancelled"
    assert not world.slots


async def test_a_cancel_while_the_carrier_thinks_is_heard_at_once_and_safe(world, life):
    carrier = world.carrier("a")
    carrier.on["book"] = [lambda: asyncio.sleep(0.5)]
    await life.accept(await life.requested())
    await life.until(lambda d: "book" in carrier.calls)
    cancelled = await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
    assert cancelled.status == "cancelled"
    assert not carrier.live
    await life.handle.result()
    assert not world.slots


async def test_a_cancel_while_quoting_ends_it(client, world):
    life = Life(client, world, DeliveryPolicy(quote_deadline=timedelta(minutes=1)))
    world.carrier("a").on["quote"] = [lambda: asyncio.sleep(60)]
    waiting = asyncio.create_task(life.requested())
    await life.until(lambda d: d.status == "quoting")
    cancelled = await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
    assert cancelled.status == "cancelled"
    assert (await waiting).status == "cancelled"


async def test_after_pickup_it_is_too_late_to_cancel(world, life):
    world.carrier("a")
    await life.booked()
    await life.reports("picked_up")
    await life.reaches("picked_up")
    with pytest.raises(WorkflowUpdateFailedError) as info:
        await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
    assert refused(info) == "too_late_to_cancel"


async def test_a_carrier_that_refuses_to_cancel_goes_on(world, life):
    world.carrier("a").on["cancel"] = [errors.CarrierRejected("picked up", reason="too_late")]
    await life.booked()
    with pytest.raises(WorkflowUpdateFailedError) as info:
        await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
    assert refused(info) == "cancel_refused"
    assert life.row.status == "booked"
    assert world.owed(life.id) == 1200
    await life.reports("picked_up", "delivered", "finished")
    await life.reaches("delivered")


async def test_a_cancel_is_retried_for_days_and_a_human_is_told(env, world, life):
    carrier = world.carrier("a")
    carrier.on["cancel"] = [errors.CarrierUnavailable()] * 12
    await life.booked()
    asked = asyncio.create_task(life.ask(W.cancel, messages.Cancel(actor="usr_1")))
    await life.until(lambda d: d.cancel_requested)
    for _ in range(30):
        await env.fast_forward(life.handle, timedelta(minutes=6))
        if life.row.status == "cancelled":
            break
        await asyncio.sleep(0.05)
    assert (await asked).status == "cancelled"
    assert not carrier.live
    assert "delivery.attention" in world.kinds(life.id)


async def test_a_carrier_that_gives_it_back_is_replaced_and_its_charge_reversed(world, life):
    world.carrier("cheap", cost=500)
    world.carrier("dear", cost=2000)
    quoted = await life.requested(fallback=True)
    await life.accept(quoted, "cheap")
    await life.reaches("booked")
    await life.reports("cancelled")
    booked = await life.until(lambda d: d.status == "booked" and d.booking.attempt == 2)
    assert booked.booking.carrier_account == "dear"
    assert world.owed(life.id) == 2400


async def test_a_carrier_that_gives_it_back_with_nobody_left_cancels_it(world, life):
    world.carrier("only")
    await life.booked()
    await life.reports("cancelled")
    assert (await life.handle.result())["status"] == "cancelled"
    assert world.owed(life.id) == 0
    assert not world.slots


async def test_a_failed_attempt_asks_and_the_decision_reaches_the_carrier(world, life):
    carrier = world.carrier("a")
    await life.booked()
    await life.reports("picked_up", life.scan("attempt_failed", minutes=9, reason="recipient_unavailable"))
    failed = await life.reaches("attempt_failed")
    assert failed.attention == "decision_needed"
    decided = await life.ask(W.decide, messages.Decide(actor="usr_1", decision="return", note="ring twice"))
    assert decided.attention == "none"
    assert carrier.instructions[0].decision == "return"
    await life.reports(life.scan("returning", minutes=20), life.scan("returned", minutes=30), life.scan("finished", 31))
    assert (await life.handle.result())["status"] == "returned"


async def test_another_attempt_after_a_failed_one_delivers(world, life):
    world.carrier("a")
    await life.booked()
    await life.reports("picked_up", "out_for_delivery", "attempt_failed", "out_for_delivery", "delivered", "finished")
    assert (await life.handle.result())["status"] == "delivered"


async def test_lost_is_an_end(env, world, life):
    world.carrier("a")
    await life.booked()
    await life.reports("picked_up", "lost")
    await life.reaches("lost")
    await env.fast_forward(life.handle, timedelta(hours=25))
    assert (await life.handle.result())["status"] == "lost"


async def test_a_silent_carrier_is_polled_less_and_less_often_and_then_reported(env, world, life):
    carrier = world.carrier("a")
    await life.booked()
    for _ in range(40):
        await env.fast_forward(life.handle, timedelta(hours=1))
        if life.row.attention == "silent_carrier":
            break
    await life.until(lambda d: d.attention in ("silent_carrier", "promise_in_danger"))
    assert 2 <= carrier.calls.count("track") <= 12
    carrier.reports = [life.scan("picked_up"), life.scan("delivered", 5), life.scan("finished", 6)]
    await env.fast_forward(life.handle, timedelta(hours=7))
    assert (await life.handle.result())["status"] == "delivered"


async def test_a_promise_in_danger_is_said_once(env, world, life):
    world.carrier("a", minutes=30)
    await life.booked()
    await env.fast_forward(life.handle, timedelta(minutes=50))
    await life.until(lambda d: d.attention == "promise_in_danger")
    cleared = await life.ask(W.clear_attention, messages.ClearAttention(actor="usr_s"))
    assert cleared.attention == "none"
    await env.fast_forward(life.handle, timedelta(hours=1))
    assert world.kinds(life.id).count("delivery.attention") == 2


async def test_staff_give_it_to_another_carrier_before_pickup(world, life):
    first, second = world.carrier("a"), world.carrier("b", cost=1500)
    quoted = await life.requested()
    await life.accept(quoted, "a")
    await life.reaches("booked")
    other = next(offer.id for offer in quoted.offers if offer.carrier_account == "b")
    changed = await life.ask(W.change_carrier, messages.ChangeCarrier(actor="usr_s", offer_id=other))
    assert (changed.status, changed.accepted_offer_id) == ("booking", other)
    booked = await life.reaches("booked")
    assert booked.booking.carrier_account == "b"
    assert (first.live, len(second.live)) == ([], 1)
    assert world.owed(life.id) == 1800
    with pytest.raises(WorkflowUpdateFailedError) as info:
        await life.ask(W.change_carrier, messages.ChangeCarrier(actor="usr_s", offer_id=other))
    assert refused(info) == "already_chosen"


async def test_staff_ask_every_carrier_anew_for_one_that_is_booked(world, life):
    carrier = world.carrier("a")
    await life.booked()
    again = await life.ask(W.change_carrier, messages.ChangeCarrier(actor="usr_s"))
    assert (again.status, len(again.offers), again.slot) == ("quoted", 1, None)
    assert (carrier.live, world.owed(life.id)) == ([], 0)
    await life.accept(again)
    assert (await life.reaches("booked")).booking.attempt == 2
    await life.reports("picked_up")
    await life.reaches("picked_up")
    with pytest.raises(WorkflowUpdateFailedError) as info:
        await life.ask(W.change_carrier, messages.ChangeCarrier(actor="usr_s"))
    assert refused(info) == "not_allowed_now"


async def test_staff_force_a_status_with_a_reason(world, life):
    world.carrier("a")
    await life.booked()
    ask = messages.ForceStatus(actor="usr_s", status="delivered", reason="customer_confirmed")
    forced = await life.ask(W.force_status, ask)
    assert (forced.status, forced.reason) == ("delivered", "customer_confirmed")


async def test_the_same_update_again_gets_the_same_answer(world, life):
    carrier = world.carrier("a")
    quoted = await life.requested()
    ask = messages.Accept(actor="usr_1", offer_id=quoted.offers[0].id)
    first = await life.ask(W.accept, ask, id="key-1")
    again = await life.ask(W.accept, ask, id="key-1")
    assert (first.accepted_offer_id, first.id) == (again.accepted_offer_id, again.id)
    await life.reaches("booked")
    assert carrier.calls.count("book") == 1


async def test_cancelling_the_workflow_itself_cancels_the_delivery(world, life):
    carrier = world.carrier("a")
    await life.booked()
    await life.handle.cancel()
    assert (await life.handle.result())["status"] == "cancelled"
    assert not carrier.live


async def test_it_goes_on_from_the_state_in_its_row(client, world, life):
    """After a restore: the workflow is gone, the row is there."""
    world.carrier("a")
    await life.booked()
    await life.reports("picked_up")
    await life.reaches("picked_up")
    await life.handle.terminate()
    start = messages.DeliveryStart(delivery_id=life.id, state=world.states[life.id])
    await client.start_workflow(W.run, start, id=life.handle.id, task_queue="deliveries")
    await life.reports(life.scan("in_transit", 5), life.scan("delivered", 6), life.scan("finished", 7))
    assert (await life.handle.result())["status"] == "delivered"
    assert [line.seq for line in world.journal[life.id]] == list(range(1, len(world.journal[life.id]) + 1))


async def test_a_long_life_goes_on_in_fresh_runs_and_loses_nothing(client, world):
    world.carrier("a")
    life = Life(client, world, QUICK.model_copy(update={"max_signals": 20}))
    await life.booked()
    scans = [life.scan("in_transit", minute) for minute in range(100)]
    for scan in scans:
        await life.reports(scan)
        await life.reports(scan)
    await life.reports(life.scan("delivered", 200), life.scan("finished", 201))
    await life.reaches("delivered")
    assert world.kinds(life.id).count("scan.in_transit") == 100
    assert life.row.seq == len(world.journal[life.id])
    first = await client.get_workflow_handle(life.handle.id, run_id=life.handle.first_execution_run_id).describe()
    history = await life.handle.fetch_history()
    assert history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    assert first.id == life.handle.id
