"""One life for every ending: run to check it, recorded to replay it against later code."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio.testing import WorkflowEnvironment
from world import Life, World, brl

from domain import errors
from domain.bookings import Cancellation
from domain.pauses import PauseMode
from domain.sla import Credit, SlaTerms
from workflows import messages
from workflows.deliveries import DeliveryWorkflow as W

Ending = Callable[[WorkflowEnvironment, World, Life], Awaitable[None]]
ENDINGS: dict[str, Ending] = {}
EIGHT_SCANS = (
    *("accepted", "courier_to_pickup", "at_pickup", "picked_up"),
    *("in_transit", "at_dropoff", "delivered", "finished"),
)


def ending(run: Ending) -> Ending:
    ENDINGS[run.__name__] = run
    return run


@ending
async def delivered(env, world, life):
    world.carrier("a", confirms=False)
    for name in ("b", "c", "d"):
        world.carrier(name, cost=2000)
    await life.accept(await life.requested(), "a")
    await life.until(lambda d: d.booking is not None)
    for minute, kind in enumerate(EIGHT_SCANS):
        before = life.row.seq
        await life.reports(life.scan(kind, minute))
        await life.until(lambda d, before=before: d.seq > before)


@ending
async def delivered_after_failover(env, world, life):
    world.carrier("cheap", cost=500).on["book"] = [errors.CarrierRejected("no", reason="busy")]
    world.carrier("dear", cost=2000)
    await life.requested(fallback=True, choice={"rule": "cheapest"})
    await life.reaches("booked")
    await life.reports("picked_up", "delivered", "finished")


@ending
async def delivered_found_by_polling(env, world, life):
    carrier = world.carrier("mute")
    await life.booked()
    carrier.reports = [life.scan("picked_up"), life.scan("delivered", 5), life.scan("finished", 6)]
    await env.fast_forward(life.handle, timedelta(minutes=16))


@ending
async def delivered_after_a_price_drift(env, world, life):
    world.carrier("a", confirms=False)
    await life.accept(await life.requested())
    await life.until(lambda d: d.booking is not None)
    await life.reports(life.scan("accepted", cost=brl(1600)))
    await life.accept(await life.reaches("quoted"))
    await life.until(lambda d: d.booking is not None)
    await life.reports(life.scan("accepted", cost=brl(1600)), "picked_up", "delivered", "finished")


@ending
async def delivered_over_several_runs(env, world, life):
    life.policy = life.policy.model_copy(update={"max_signals": 10})
    world.carrier("a")
    await life.booked()
    for minute in range(12):
        await life.reports(life.scan("in_transit", minute))
    await life.until(lambda d: world.kinds(life.id).count("scan.in_transit") == 12)
    await life.reports(life.scan("delivered", 20), life.scan("finished", 21))


@ending
async def delivered_after_a_pause(env, world, life):
    world.carrier("a")
    world.paused["a"] = PauseMode.WAIT
    await life.accept(await life.requested())
    await life.until(lambda _: "delivery.waiting" in world.kinds(life.id))
    await env.fast_forward(life.handle, timedelta(minutes=20))
    await life.until(lambda d: d.attention == "paused")
    del world.paused["a"]
    await env.fast_forward(life.handle, timedelta(minutes=8))
    await life.reaches("booked")
    await life.reports("picked_up", "delivered", "finished")


@ending
async def delivered_by_force(env, world, life):
    world.carrier("a")
    await life.booked()
    await life.ask(W.force_status, messages.ForceStatus(actor="usr_s", status="delivered", reason="confirmed"))
    await env.fast_forward(life.handle, timedelta(hours=25))


@ending
async def delivered_after_a_broken_promise(env, world, life):
    life.terms = SlaTerms(credit=Credit(percent=10))
    world.carrier("a")
    await life.booked()
    await life.reports("picked_up")
    await life.reaches("picked_up")
    await env.fast_forward(life.handle, timedelta(minutes=41))
    await life.until(lambda _: "promise.breached" in world.kinds(life.id))
    await life.reports("delivered", "finished")


@ending
async def returned_after_a_decision(env, world, life):
    world.carrier("a")
    await life.booked()
    await life.reports("picked_up", "attempt_failed")
    await life.reaches("attempt_failed")
    await life.ask(W.decide, messages.Decide(actor="usr_1", decision="return"))
    await life.reports(life.scan("returning", 10), life.scan("returned", 11), life.scan("finished", 12))


@ending
async def lost(env, world, life):
    world.carrier("a")
    await life.booked()
    await life.reports("picked_up", "lost")
    await life.reaches("lost")
    await env.fast_forward(life.handle, timedelta(hours=25))


@ending
async def cancelled_before_a_choice(env, world, life):
    world.carrier("a")
    await life.requested()
    await life.ask(W.cancel, messages.Cancel(actor="usr_1"))


@ending
async def cancelled_after_booking(env, world, life):
    world.carrier("a")
    await life.booked()
    await life.ask(W.cancel, messages.Cancel(actor="usr_1"))


@ending
async def cancelled_and_refunded_later(env, world, life):
    world.carrier("a").on["cancel"] = [Cancellation(refund_pending=True)]
    await life.booked()
    await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
    await env.fast_forward(life.handle, timedelta(days=15))
    await life.reports("refunded")


@ending
async def cancelled_without_a_refund(env, world, life):
    world.carrier("a").on["cancel"] = [Cancellation(refund_pending=True)]
    await life.booked()
    await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
    await env.fast_forward(life.handle, timedelta(days=31))
    await life.until(lambda d: d.attention == "refund_missing")
    await env.fast_forward(life.handle, timedelta(days=31))


@ending
async def cancelled_by_the_carrier(env, world, life):
    world.carrier("a")
    await life.booked()
    await life.reports("cancelled")


@ending
async def expired(env, world, life):
    world.carrier("a")
    await life.requested()
    await env.fast_forward(life.handle, timedelta(hours=25))


@ending
async def failed_without_offers(env, world, life):
    world.carrier("a").on["quote"] = [errors.CarrierRejected("no", reason="region_not_served")]
    await life.requested()


@ending
async def failed_unbookable(env, world, life):
    world.carrier("a").on["book"] = [errors.CarrierRejected("no", reason="busy")]
    await life.accept(await life.requested())
    await life.until(lambda d: d.attention == "unbookable")
    await env.fast_forward(life.handle, timedelta(hours=3))
