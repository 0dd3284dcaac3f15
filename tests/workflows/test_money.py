"""The money of a delivery as its workflow posts it, told twice where a worker dies between commit and answer."""

from collections import defaultdict
from typing import Any

import pytest
from endings import ENDINGS
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from world import Life, World, brl, workers

from domain import errors
from domain.bookings import Cancellation
from domain.deliveries import DeliveryPolicy, RecordMove
from domain.ledger import EntryKind, imbalance
from domain.quotes import CarrierOffer, Component
from domain.terms import Margin
from workflows import messages
from workflows.deliveries import DeliveryWorkflow as W


def net(world: World, its_id: str) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for entry in world.entries_of[its_id]:
        sums[entry.account] += entry.money.amount
    return {account: amount for account, amount in sums.items() if amount}


def charged(price: int, cost: int) -> dict[str, int]:
    amounts = {"customer_receivable": price, "revenue": -price, "carrier_cost": cost, "carrier_payable": -cost}
    return {account: amount for account, amount in amounts.items() if amount}


async def test_the_price_is_held_from_acceptance_until_the_carrier_says_yes(world: World, life: Life) -> None:
    world.carrier("a", confirms=False)
    await life.accept(await life.requested())
    await life.until(lambda d: d.booking is not None)
    assert net(world, life.id) == {"customer_reserved": 1200, "reservations": -1200}
    await life.reports("accepted")
    await life.reaches("booked")
    assert net(world, life.id) == charged(1200, 1000)
    costs = [e for e in world.entries_of[life.id] if e.account == "carrier_payable"]
    assert [(e.carrier, e.carrier_account, e.booking_reference) for e in costs] == [("scripted", "a", "a-1")]


async def test_what_the_carrier_finally_charges_is_ours_to_bear(world: World, life: Life) -> None:
    world.carrier("a")
    await life.booked()
    await life.reports(life.scan("picked_up", cost=brl(1050)), life.scan("delivered", 5))
    await life.reports(life.scan("finished", 9, cost=brl(1300)))
    await life.handle.result()
    assert net(world, life.id) == charged(1200, 1300)
    fees = [e.money.amount for e in world.entries_of[life.id] if e.kind is EntryKind.CARRIER_FEE]
    assert fees == [50, -50, 250, -250]


@pytest.mark.parametrize("by_whom", ["the customer", "us"])
async def test_a_fee_for_calling_off_is_paid_by_who_called_off(world: World, life: Life, by_whom: str) -> None:
    world.carrier("a").on["cancel"] = [Cancellation(fee=brl(300))]
    await life.booked()
    if by_whom == "us":
        await life.ask(W.change_carrier, messages.ChangeCarrier(actor="usr_s"))
        await life.reaches("quoted")
    await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
    await life.handle.result()
    assert net(world, life.id) == charged(300 if by_whom == "the customer" else 0, 300)


async def test_an_organisations_margin_takes_the_place_of_the_accounts(
    client: Client, world: World, life: Life
) -> None:
    parts = (
        Component(code="base", label="base", amount=brl(700)),
        Component(code="insurance", label="", amount=brl(300)),
    )
    offered = CarrierOffer(service="moto", cost=brl(1000), breakdown=parts)
    world.carrier("a").on["quote"] = [[offered]]
    life.margin = Margin(basis_points=1250, fixed=(brl(75),))
    quoted = await life.requested()
    assert quoted.offers[0].price == brl(1200)
    await life.accept(quoted)
    await life.reaches("booked")
    told = {(e.kind, e.account): e.money.amount for e in world.entries_of[life.id] if e.money.amount > 0}
    assert told[EntryKind.INSURANCE, "customer_receivable"] == 360
    assert told[EntryKind.INSURANCE, "carrier_cost"] == 300
    assert net(world, life.id) == charged(1200, 1000)


async def test_what_is_forced_on_before_the_yes_is_charged_and_what_is_forced_off_is_not(
    client: Client, world: World
) -> None:
    world.carrier("a", confirms=False)
    for status, expected in (("delivered", charged(1200, 1000)), ("cancelled", {})):
        life = Life(client, world)
        await life.accept(await life.requested())
        await life.until(lambda d: d.booking is not None)
        await life.ask(W.force_status, messages.ForceStatus(actor="usr_s", status=status, reason="seen"))
        assert net(world, life.id) == expected


class Forgetful(World):
    """Commits, then dies before it can say so: each move is told twice."""

    async def record(self, move: RecordMove) -> None:
        told = len(self.journal[move.delivery.id])
        await super().record(move)
        if len(self.journal[move.delivery.id]) > told:
            raise errors.Unavailable("killed")


@pytest.mark.parametrize(
    "name",
    [
        "cancelled_and_refunded_later",
        "delivered_after_a_price_drift",
        "delivered_after_failover",
        "delivered_over_several_runs",
    ],
)
async def test_told_twice_nothing_is_posted_twice(env: WorkflowEnvironment, client: Client, name: str) -> None:
    world = Forgetful()
    async with workers(client, world):
        life = Life(client, world, DeliveryPolicy())
        await ENDINGS[name](env, world, life)
        end: dict[str, Any] = await life.handle.result()
    entries = world.entries_of[life.id]
    assert not imbalance(entries)
    assert len({(e.step, e.account) for e in entries}) == len(entries)
    offer, cost = life.row.accepted_offer, 0
    if end["status"] == "delivered" and offer is not None:
        cost = life.row.booking.cost.amount if life.row.booking and life.row.booking.cost else offer.cost.amount
    expected = charged(offer.price.amount, cost) if cost and offer is not None else {}
    assert net(world, life.id) == expected
