"""A paused carrier: bookings wait or go elsewhere, none is sent twice, and what waited is let go little by little."""

import asyncio
from datetime import datetime, timedelta

import pytest
from world import Life, World, brl, workers

from domain import errors
from domain.bookings import BookingSafety
from domain.deliveries import DeliveryPolicy
from domain.pauses import PauseMode
from domain.quotes import CarrierOffer
from workflows import messages
from workflows.deliveries import DeliveryWorkflow as W


async def waiting(life: Life) -> None:
    """Until its booking waits, and says so."""
    await life.until(lambda _: "delivery.waiting" in life.world.kinds(life.id))


def hold(life: Life) -> dict:
    return life.world.states[life.id]["hold"]


def said_at(life: Life, kind: str) -> datetime:
    return next(line.at for line in life.world.journal[life.id] if line.kind == kind)


@pytest.mark.parametrize("safety", BookingSafety)
async def test_a_booking_waits_unsent_and_is_sent_once_when_the_pause_is_lifted(env, world, life, safety):
    carrier = world.carrier("a")
    carrier.safety = safety
    world.paused["a"] = PauseMode.WAIT
    quoted = await life.requested()
    assert [offer.carrier_account for offer in quoted.offers] == ["a"]
    await life.accept(quoted)
    await waiting(life)
    assert (life.row.status, life.row.reason, life.row.attention) == ("booking", "paused", "none")
    await env.fast_forward(life.handle, timedelta(minutes=5))
    assert {"book", "find"}.isdisjoint(carrier.calls)
    del world.paused["a"]
    await env.fast_forward(life.handle, timedelta(minutes=10))
    booked = await life.reaches("booked")
    assert (booked.reason, booked.attention, booked.booking.attempt) == (None, "none", 1)
    assert carrier.calls.count("book") == 1
    assert "find" not in carrier.calls
    assert world.kinds(life.id).count("delivery.waiting") == 1


async def test_an_hour_of_waiting_costs_some_two_hundred_events(env, client, world):
    life = Life(client, world, its_id=f"del_{'e' * 32}")
    world.carrier("a")
    world.paused["a"] = PauseMode.WAIT
    await life.accept(await life.requested())
    await waiting(life)
    before = len((await life.handle.fetch_history()).events)
    await env.fast_forward(life.handle, timedelta(hours=1))
    await life.until(lambda d: d.attention == "unbookable")
    assert len((await life.handle.fetch_history()).events) - before <= 220


async def test_support_is_told_once_when_it_takes_long(env, world, life):
    carrier = world.carrier("a")
    world.paused["a"] = PauseMode.WAIT
    await life.accept(await life.requested())
    await waiting(life)
    await env.fast_forward(life.handle, timedelta(minutes=20))
    await life.until(lambda d: d.attention == "paused")
    await life.ask(W.clear_attention, messages.ClearAttention(actor="usr_s"))
    await env.fast_forward(life.handle, timedelta(minutes=20))
    assert world.kinds(life.id).count("delivery.attention") == 2  # said, and cleared
    assert "book" not in carrier.calls


async def test_another_carrier_chosen_by_support_is_booked_at_once(world, life):
    carrier = world.carrier("a", cost=500)
    world.carrier("b")
    world.paused["a"] = PauseMode.WAIT
    quoted = await life.requested()
    await life.accept(quoted, "a")
    await waiting(life)
    other = next(offer.id for offer in quoted.offers if offer.carrier_account == "b")
    await life.ask(W.change_carrier, messages.ChangeCarrier(actor="usr_s", offer_id=other))
    booked = await life.reaches("booked")
    assert (booked.booking.carrier_account, booked.attention, hold(life)) == ("b", "none", None)
    assert carrier.calls == ["quote", "availability"]


async def test_asked_anew_by_support_it_waits_no_longer(env, world, life):
    carrier = world.carrier("a")
    world.paused["a"] = PauseMode.WAIT
    await life.accept(await life.requested())
    await waiting(life)
    await env.fast_forward(life.handle, timedelta(minutes=20))
    await life.until(lambda d: d.attention == "paused")
    again = await life.ask(W.change_carrier, messages.ChangeCarrier(actor="usr_s"))
    assert (again.status, again.attention, again.slot, hold(life)) == ("quoted", "none", None, None)
    assert carrier.calls == ["quote", "availability", "quote"]


def quoted_as(reference: str, cost: int = 1000, service: str = "moto") -> list[CarrierOffer]:
    return [CarrierOffer(service=service, cost=brl(cost), carrier_reference=reference)]


async def released_after_its_offer_expired(env, world, life, carrier) -> None:
    world.paused["a"] = PauseMode.WAIT
    await life.accept(await life.requested())
    await waiting(life)
    await env.fast_forward(life.handle, timedelta(minutes=20))
    assert carrier.calls == ["quote", "availability"]
    world.paused.clear()
    await env.fast_forward(life.handle, timedelta(minutes=8))


async def test_what_waited_longer_than_its_offer_stood_is_booked_on_a_fresh_one(env, world, life):
    carrier = world.carrier("a")
    carrier.on["quote"] = [quoted_as("old"), [*quoted_as("van", service="van"), *quoted_as("new", cost=1080)]]
    await released_after_its_offer_expired(env, world, life, carrier)
    booked = await life.reaches("booked")
    assert [order.offer.carrier_reference for order in carrier.orders] == ["new"]
    assert (booked.booking.cost, world.owed(life.id)) == (brl(1080), 1200)
    assert booked.booking.offer_id == booked.accepted_offer_id


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (quoted_as("new", cost=1101), "price_drift"),
        (quoted_as("van", service="van"), "quote_expired"),
        (errors.CarrierRejected("no", reason="region_not_served"), "quote_expired"),
        (errors.CarrierUnavailable("reset", sent=True), "quote_expired"),
    ],
)
@pytest.mark.parametrize("safety", [BookingSafety.IDEMPOTENT, BookingSafety.NEITHER])
async def test_one_that_is_not_offered_anew_is_refused_unsent(env, world, life, answer, reason, safety):
    carrier = world.carrier("a")
    carrier.safety = safety
    carrier.on["quote"] = [quoted_as("old"), answer]
    await released_after_its_offer_expired(env, world, life, carrier)
    refused = await life.until(lambda d: d.attention == "unbookable")
    assert [(d.carrier_account, d.reason) for d in refused.declined] == [("a", reason)]
    assert carrier.calls == ["quote", "availability", "quote"]


async def test_a_second_try_of_the_same_key_is_not_offered_anew(env, world, life):
    """What the first try booked would hide behind a fresh refusal."""
    carrier = world.carrier("a")
    carrier.safety = BookingSafety.IDEMPOTENT
    carrier.on["quote"] = [quoted_as("old"), quoted_as("new")]
    carrier.on["book"] = [errors.CarrierUnavailable("reset", sent=True)]
    await released_after_its_offer_expired(env, world, life, carrier)
    await life.reaches("booked")
    assert carrier.calls.count("quote") == 2
    assert len({order.key for order in carrier.orders}) == 1
    assert [order.offer.carrier_reference for order in carrier.orders] == ["new", "old"]


@pytest.mark.parametrize("fallback", [True, False])
async def test_patience_ends_as_a_refusal(env, client, world, fallback):
    life = Life(client, world, DeliveryPolicy(paused_for=timedelta(minutes=12)))
    paused = world.carrier("a", cost=500)
    world.carrier("b", minutes=300)
    world.paused["a"] = PauseMode.WAIT
    await life.accept(await life.requested(fallback=fallback), "a")
    await waiting(life)
    await env.fast_forward(life.handle, timedelta(minutes=13))
    ended = await life.reaches("booked" if fallback else "quoted")
    assert (ended.attention, hold(life)) == ("none", None)
    assert [(d.carrier_account, d.reason) for d in ended.declined] == [("a", "paused")]
    assert (ended.booking is not None) is fallback
    assert (ended.slot is not None) is fallback
    assert "book" not in paused.calls


async def test_no_patience_at_all_refuses_at_once(client, world):
    life = Life(client, world, DeliveryPolicy(paused_for=timedelta(0)))
    world.carrier("a", cost=500)
    world.carrier("b")
    world.paused["a"] = PauseMode.WAIT
    await life.accept(await life.requested(fallback=True), "a")
    booked = await life.reaches("booked")
    assert booked.booking.carrier_account == "b"
    assert "delivery.waiting" not in world.kinds(life.id)


async def test_elsewhere_goes_to_the_next_best_without_a_word_to_the_carrier(world, life):
    paused = world.carrier("a", cost=500)
    world.carrier("b")
    quoted = await life.requested(fallback=True)
    world.paused["a"] = PauseMode.ELSEWHERE
    await life.accept(quoted, "a")
    booked = await life.reaches("booked")
    assert booked.booking.carrier_account == "b"
    assert [(d.carrier_account, d.reason) for d in booked.declined] == [("a", "paused")]
    assert {"book", "find", "cancel"}.isdisjoint(paused.calls)


@pytest.mark.parametrize("safety", BookingSafety)
async def test_a_cancel_while_it_waits_is_heard_at_once_and_asks_the_carrier_nothing(world, life, safety):
    carrier = world.carrier("a")
    carrier.safety = safety
    world.paused["a"] = PauseMode.WAIT
    await life.accept(await life.requested())
    await waiting(life)
    cancelled = await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
    assert (cancelled.status, cancelled.attention) == ("cancelled", "none")
    assert carrier.calls == ["quote", "availability"]
    assert (await life.handle.result())["status"] == "cancelled"
    assert not world.slots


async def test_what_the_carrier_has_goes_on_during_a_pause(world, life):
    carrier = world.carrier("a")
    await life.booked()
    world.paused["a"] = PauseMode.ELSEWHERE
    await life.reports("picked_up", "attempt_failed")
    await life.reaches("attempt_failed")
    await life.ask(W.decide, messages.Decide(actor="usr_1", decision="retry"))
    assert carrier.instructions[0].decision == "retry"
    await life.reports(life.scan("delivered", 10), life.scan("finished", 11))
    assert (await life.handle.result())["status"] == "delivered"


async def test_a_pause_lets_a_booking_be_undone(world, life):
    carrier = world.carrier("a")
    await life.booked()
    world.paused["a"] = PauseMode.WAIT
    assert (await life.ask(W.cancel, messages.Cancel(actor="usr_1"))).status == "cancelled"
    assert not carrier.live


async def test_a_pause_between_two_tries_does_not_hide_what_the_first_one_did(world, life):
    carrier = world.carrier("a")

    def paused_meanwhile():
        world.paused["a"] = PauseMode.ELSEWHERE
        return errors.CarrierUnavailable("reset", sent=True)

    carrier.on["booked"] = [paused_meanwhile]
    await life.booked()
    assert carrier.calls.count("book") == 1
    assert len(carrier.live) == 1


async def test_a_late_report_of_an_earlier_booking_is_not_taken_for_the_one_that_waits(world, life):
    world.carrier("a").on["book"] = [errors.CarrierRejected("no", reason="busy")]
    await life.accept(await life.requested())
    await life.until(lambda d: d.attention == "unbookable")
    world.paused["a"] = PauseMode.WAIT
    await life.ask(W.retry_booking, messages.RetryBooking(actor="usr_s"))
    await waiting(life)
    await life.reports(life.scan("accepted", carrier_account="a", booking_reference="an older one"))
    await life.until(lambda d: "scan.accepted" in world.kinds(life.id))
    assert (life.row.status, life.row.booking) == ("booking", None)


async def test_those_that_waited_are_let_go_over_a_spread_each_once(env, client):
    world = World(paused={"a": PauseMode.WAIT})
    carrier = world.carrier("a")
    lives = [Life(client, world, its_id=f"del_{number:032x}") for number in range(6)]
    async with workers(client, world, max_cached_workflows=100):
        for life in lives:
            await life.accept(await life.requested())
            await waiting(life)
            await env.fast_forward(life.handle, timedelta(minutes=4))
        assert "book" not in carrier.calls
        world.paused.clear()
        for life in lives:
            await env.fast_forward(life.handle, timedelta(minutes=8))
            await life.reaches("booked")
    assert carrier.calls.count("book") == len(carrier.live) == len(lives)
    waited = sorted(said_at(life, "delivery.placed") - said_at(life, "delivery.waiting") for life in lives)
    assert waited[-1] - waited[0] > timedelta(minutes=1)
    most = max(sum(at <= other < at + timedelta(seconds=10) for other in waited) for at in waited)
    assert most <= len(lives) / 2


async def test_begun_again_from_its_row_it_asks_whether_the_order_was_sent(client, world, life):
    """After a restore the row may lag behind: the order is in it, the booking not yet."""
    carrier = world.carrier("a")
    carrier.on["booked"] = [lambda: asyncio.sleep(0.5)]
    await life.accept(await life.requested())
    await life.until(lambda _: bool(carrier.bookings))
    state = world.states[life.id]
    await life.handle.terminate()
    await client.start_workflow(
        W.run, messages.DeliveryStart(delivery_id=life.id, state=state), id=life.handle.id, task_queue="deliveries"
    )
    await life.reaches("booked")
    assert carrier.calls.count("book") == 1
