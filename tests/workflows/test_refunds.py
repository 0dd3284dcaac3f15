"""What a carrier pays back after it has let go: weeks later, or never."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from world import Life, World

from domain import errors
from domain.bookings import BookingSafety, Cancellation
from domain.deliveries import DeliveryPolicy
from workflows import messages
from workflows.deliveries import DeliveryWorkflow as W

LATER = Cancellation(refund_pending=True)
OWED, PAID, NOTHING = (1200, 1000), (0, 1000), (0, 0)


def books(life: Life) -> tuple[int, int]:
    """What the customer owes us, and what the carrier has had of us."""
    return life.world.owed(life.id), life.world.owed(life.id, "carrier_cost")


async def cancelled(life: Life) -> Any:
    return await life.ask(W.cancel, messages.Cancel(actor="usr_1"))


async def ended(life: Life) -> str:
    end: dict[str, Any] = await life.handle.result()
    return str(end["status"])


async def test_what_the_carrier_pays_back_later_stands_until_it_has(
    env: WorkflowEnvironment, world: World, life: Life
) -> None:
    world.carrier("a").on["cancel"] = [LATER]
    await life.booked()
    assert books(life) == OWED
    answer = await cancelled(life)
    assert (answer.status, answer.attention) == ("cancelled", "none")
    assert books(life) == PAID
    await env.fast_forward(life.handle, timedelta(days=20))
    refund = life.scan("refunded")
    await life.reports(refund, refund)
    assert await ended(life) == "cancelled"
    assert books(life) == NOTHING
    assert world.kinds(life.id)[-2:] == ["delivery.cancelled", "scan.refunded"]


async def test_a_refund_told_before_the_cancel_is_answered_is_not_waited_for(world: World, life: Life) -> None:
    async def refunded_already() -> Cancellation:
        await life.reports("refunded")
        await life.until(lambda _: "scan.refunded" in world.kinds(life.id))
        return LATER

    world.carrier("a").on["cancel"] = [refunded_already]
    await life.booked()
    await cancelled(life)
    assert await ended(life) == "cancelled"
    assert books(life) == NOTHING


async def test_a_refund_whose_webhook_was_lost_is_found_by_asking(
    env: WorkflowEnvironment, world: World, life: Life
) -> None:
    carrier = world.carrier("a")
    carrier.on["cancel"] = [LATER]
    await life.booked()
    await cancelled(life)
    carrier.reports = [life.scan("refunded")]
    await env.fast_forward(life.handle, timedelta(days=31))
    assert await ended(life) == "cancelled"
    assert books(life) == NOTHING
    assert "delivery.attention" not in world.kinds(life.id)


async def test_a_refund_that_does_not_come_is_a_humans_matter_and_may_still_come(
    env: WorkflowEnvironment, world: World, life: Life
) -> None:
    world.carrier("a").on["cancel"] = [LATER]
    await life.booked()
    await cancelled(life)
    await env.fast_forward(life.handle, timedelta(days=31))
    missing = await life.until(lambda d: d.attention == "refund_missing")
    assert (missing.status, missing.reason) == ("cancelled", "overdue")
    assert books(life) == PAID
    await life.reports("refunded")
    assert await ended(life) == "cancelled"
    assert life.row.attention == "none"
    assert books(life) == NOTHING


async def test_a_refund_that_nobody_ever_sees_to_ends_by_itself(
    env: WorkflowEnvironment, world: World, life: Life
) -> None:
    world.carrier("a").on["cancel"] = [LATER]
    await life.booked()
    await cancelled(life)
    for _ in range(2):
        await env.fast_forward(life.handle, timedelta(days=31))
    assert await ended(life) == "cancelled"
    assert life.row.attention == "refund_missing"
    assert books(life) == PAID


@pytest.mark.parametrize("early", [False, True])
async def test_a_refund_that_is_rejected_stays_our_cost_until_a_human_has_seen_it(
    world: World, life: Life, early: bool
) -> None:
    async def rejected_already() -> Cancellation:
        await life.reports("refund_rejected")
        await life.until(lambda _: "scan.refund_rejected" in world.kinds(life.id))
        return LATER

    world.carrier("a").on["cancel"] = [rejected_already if early else LATER]
    await life.booked()
    await cancelled(life)
    if not early:
        await life.reports("refund_rejected")
    missing = await life.until(lambda d: d.attention == "refund_missing")
    assert (missing.status, missing.reason) == ("cancelled", "refund_rejected")
    cleared = await life.ask(W.clear_attention, messages.ClearAttention(actor="usr_s"))
    assert cleared.attention == "none"
    assert await ended(life) == "cancelled"
    assert books(life) == PAID


async def test_a_refund_is_awaited_over_several_runs(client: Client, env: WorkflowEnvironment, world: World) -> None:
    world.carrier("a").on["cancel"] = [LATER]
    life = Life(client, world, DeliveryPolicy(max_signals=10))
    await life.booked()
    await cancelled(life)
    for minute in range(12):
        await life.reports(life.scan("accepted", minute))
    await life.until(lambda _: world.kinds(life.id).count("scan.accepted") == 12)
    await env.fast_forward(life.handle, timedelta(days=10))
    await life.reports("refunded")
    assert await ended(life) == "cancelled"
    assert books(life) == NOTHING


@pytest.mark.parametrize("when", ["under way", "after the end"])
async def test_what_another_carriers_predecessor_pays_back_is_not_forgotten(
    env: WorkflowEnvironment, world: World, life: Life, when: str
) -> None:
    world.carrier("a").on["cancel"] = [LATER]
    world.carrier("b", cost=1500)
    quoted = await life.requested()
    await life.accept(quoted, "a")
    await life.reaches("booked")
    refund = life.scan("refunded")
    other = next(offer.id for offer in quoted.offers if offer.carrier_account == "b")
    await life.ask(W.change_carrier, messages.ChangeCarrier(actor="usr_s", offer_id=other))
    await life.reaches("booked")
    assert books(life) == (1800, 2500)
    if when == "under way":
        await life.reports(refund)
    await life.reports("picked_up", "delivered", "finished")
    await life.reaches("delivered")
    if when == "after the end":
        await env.fast_forward(life.handle, timedelta(days=7))
        await life.reports(refund)
    assert await ended(life) == "delivered"
    assert books(life) == (1800, 1500)


async def test_a_late_report_of_an_earlier_booking_says_nothing_of_the_next_at_the_same_account(
    world: World, life: Life
) -> None:
    """Where the carrier does not send our key back, only its own reference tells them apart."""
    carrier = world.carrier("a")
    await life.booked()
    voided = life.scan("cancelled")
    assert voided.booking_key is None
    await life.ask(W.change_carrier, messages.ChangeCarrier(actor="usr_s"))
    carrier.safety = BookingSafety.NEITHER  # type: ignore[misc]
    carrier.on["book"] = [errors.CarrierUnavailable("reset", sent=True)]
    await life.accept(life.row)
    await life.until(lambda d: d.attention == "booking_unknown")
    await life.reports(voided)
    await life.until(lambda _: "scan.cancelled" in world.kinds(life.id))
    assert (life.row.status, life.row.attention) == ("booking", "booking_unknown")
    await life.reports(life.scan("accepted", carrier_account="a", booking_reference="a-2"))
    booked = await life.reaches("booked")
    assert (booked.booking.attempt, booked.booking.reference) == (2, "a-2")
