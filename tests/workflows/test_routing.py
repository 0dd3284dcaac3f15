"""What rules say of a delivery's accounts is kept with it: who is preferred, and who was left out and why."""

import pytest

from domain.quotes import Decline
from workflows import messages
from workflows.deliveries import DeliveryWorkflow as W


def left_out(name: str, reason: str = "denied_by_rule") -> Decline:
    return Decline(carrier="scripted", carrier_account=name, reason=reason)


@pytest.mark.parametrize(("cost", "chosen"), [(1090, "ours"), (1500, "cheap")])
async def test_a_preferred_account_is_chosen_while_it_is_not_much_dearer(world, life, cost, chosen):
    world.carrier("cheap", cost=1000)
    world.carrier("ours", cost=cost)
    world.preferred.add("ours")
    await life.requested(choice={"rule": "cheapest"})
    booked = await life.reaches("booked")
    assert booked.booking.carrier_account == chosen
    assert {offer.carrier_account: offer.preferred for offer in booked.offers} == {"cheap": False, "ours": True}


async def test_who_was_left_out_is_among_the_declined_and_not_asked(world, life):
    carrier = world.carrier("denied")
    world.carrier("free")
    world.left_out = (left_out("denied"),)
    quoted = await life.requested()
    assert [offer.carrier_account for offer in quoted.offers] == ["free"]
    assert [(d.carrier_account, d.reason) for d in quoted.declined] == [("denied", "denied_by_rule")]
    assert carrier.calls == []


async def test_where_everybody_is_left_out_it_fails_and_says_why(world, life):
    world.carrier("paused")
    world.left_out = (left_out("paused", "paused"),)
    failed = await life.requested()
    assert (failed.status, failed.reason) == ("failed", "no_offers")
    assert [d.reason for d in failed.declined] == ["paused"]


async def test_asking_again_asks_as_the_rules_are_by_then(world, life):
    for name in ("a", "b"):
        world.carrier(name)
    world.left_out = (left_out("a"),)
    await life.requested()
    world.left_out = (left_out("b", "paused"),)
    ask = messages.QuoteAgain(actor="usr_1", accounts=world.accounts(), left_out=world.left_out)
    again = await life.ask(W.quote_again, ask)
    assert [offer.carrier_account for offer in again.offers] == ["a"]
    assert [(d.carrier_account, d.reason) for d in again.declined] == [("b", "paused")]
    same = await life.ask(W.quote_again, messages.QuoteAgain(actor="usr_1"))
    assert [(d.carrier_account, d.reason) for d in same.declined] == [("b", "paused")]
