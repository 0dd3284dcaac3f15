"""What a contract promises: made once, kept or broken once, credited in the move that says so."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import fakes
import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from world import Life, World, brl, request

from api.deliveries.asking import request_delivery
from api.deps import Parts
from domain import errors
from domain.quotes import Service
from domain.sla import Basis, Contract, Credit, SlaTerms
from domain.users import OrgRole, Principal, Role
from runtime.settings import Settings
from workflows import messages
from workflows.deliveries import DeliveryWorkflow as W

TENTH = SlaTerms(credit=Credit(percent=10))
FROM_PICKUP = SlaTerms(basis=Basis.PICKUP, within=timedelta(minutes=45), tolerance=timedelta(minutes=5))


@pytest.fixture
def life(client: Client, world: World) -> Life:
    life = Life(client, world)
    life.terms = TENTH
    return life


def promises(life: Life) -> list[tuple[str, dict[str, Any]]]:
    told = [(line.kind, line.data) for line in life.world.journal[life.id]]
    return [(kind.removeprefix("promise."), data) for kind, data in told if kind.startswith("promise.")]


def due(life: Life) -> datetime:
    return datetime.fromisoformat(promises(life)[0][1]["due_at"])


async def test_delivered_by_the_offers_instant_is_kept_whenever_we_hear_of_it(
    env: WorkflowEnvironment, world: World, life: Life
) -> None:
    carrier = world.carrier("a")
    await life.booked()
    on_time = life.scan("delivered", occurred_at=due(life)), life.scan("finished")
    carrier.reports = list(on_time)  # no webhook came: it is heard of by the question that comes before the breach
    await env.fast_forward(life.handle, timedelta(minutes=41))
    await life.reaches("delivered")
    await life.handle.result()
    assert [kind for kind, _ in promises(life)] == ["made", "kept"]
    assert world.owed(life.id) == 1200


async def test_later_than_that_is_broken_and_credited_with_the_move(world: World, life: Life) -> None:
    world.carrier("a")
    await life.booked()
    late = due(life) + timedelta(seconds=1)
    await life.reports(life.scan("picked_up"), life.scan("delivered", occurred_at=late), life.scan("finished"))
    await life.handle.result()
    (_, (kind, told)) = promises(life)
    assert (kind, told["reason"], told["credit"], told["currency"]) == ("breached", "late", 120, "BRL")
    assert world.owed(life.id) == 1080
    assert world.owed(life.id, "refunds") == 120


async def test_an_instant_that_passes_breaks_it_once(env: WorkflowEnvironment, world: World, life: Life) -> None:
    world.carrier("a")
    await life.booked()
    await life.reports(life.scan("picked_up"))
    await life.reaches("picked_up")
    await env.fast_forward(life.handle, timedelta(minutes=41))
    await life.until(lambda _: len(promises(life)) == 2)
    assert world.owed(life.id) == 1080
    await life.reports(life.scan("delivered", occurred_at=due(life)), life.scan("finished"))
    await life.handle.result()
    assert [(kind, data.get("reason")) for kind, data in promises(life)] == [("made", None), ("breached", "overdue")]
    assert world.owed(life.id) == 1080


async def test_so_long_after_pickup_counts_from_the_carriers_own_time(world: World, life: Life) -> None:
    life.terms = FROM_PICKUP
    world.carrier("a")
    await life.booked()
    assert promises(life) == []
    await life.reports(life.scan("picked_up", 0), life.scan("delivered", 50), life.scan("finished", 51))
    await life.handle.result()
    (made, kept) = promises(life)
    assert (made[0], kept[0]) == ("made", "kept")
    assert datetime.fromisoformat(made[1]["late_at"]) - due(life) == timedelta(minutes=5)
    assert world.owed(life.id) == 1200


async def test_whoever_cancels_is_promised_nothing_any_more(world: World, life: Life) -> None:
    world.carrier("a")
    await life.booked()
    await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
    await life.handle.result()
    assert [kind for kind, _ in promises(life)] == ["made", "withdrawn"]
    assert world.owed(life.id) == 0


async def test_what_is_lost_is_broken(env: WorkflowEnvironment, world: World, life: Life) -> None:
    world.carrier("a")
    await life.booked()
    await life.reports("picked_up", "lost")
    await life.reaches("lost")
    assert promises(life)[-1][1]["reason"] == "lost"
    assert world.owed(life.id) == 1080


async def test_a_broken_promises_credit_follows_to_the_next_carrier(
    env: WorkflowEnvironment, world: World, life: Life
) -> None:
    world.carrier("a")
    world.carrier("b", cost=2000)
    life.policy = life.policy.model_copy(update={"offer_ttl": timedelta(hours=2)})
    await life.accept(await life.requested(fallback=True), "a")
    await life.reaches("booked")
    await env.fast_forward(life.handle, timedelta(minutes=41))
    await life.until(lambda _: len(promises(life)) == 2)
    await life.reports(life.scan("rejected"))
    booked = await life.until(lambda d: d.booking is not None and d.booking.attempt == 2 and d.status == "booked")
    assert booked.booking is not None
    assert [kind for kind, _ in promises(life)] == ["made", "breached"]
    assert world.owed(life.id) == 2400 - 240
    await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
    await life.handle.result()
    assert world.owed(life.id) == 0


async def test_without_a_contract_nothing_is_promised_and_lines_hold_codes_alone(world: World, life: Life) -> None:
    life.terms = None
    world.carrier("a")
    world.carrier("b").on["quote"] = [errors.CarrierRejected("no", reason="busy")]
    await life.booked()
    await life.reports(life.scan("picked_up"), life.scan("delivered", 5), life.scan("finished"))
    await life.handle.result()
    told = {line.kind: line.data for line in world.journal[life.id]}
    assert promises(life) == []
    assert told["delivery.requested"]["area"] == "BR-045"
    assert told["delivery.quoted"]["asked"] == [
        {"carrier": "scripted", "account": "a"},
        {"carrier": "scripted", "account": "b", "reason": "busy"},
    ]
    booked = told["delivery.booked"]
    assert (booked["price"], booked["currency"]) == (brl(1200).amount, "BRL")
    assert "cost" not in booked
    assert told["delivery.delivered"]["occurred_at"] == "2030-01-01T00:05:00+00:00"


async def test_the_api_begins_a_delivery_under_its_organisations_contract(world: World, client: Client) -> None:
    world.carrier("a")
    contracts = fakes.InMemoryContractStore()
    for whose, service in (("org_1", Service.EXPRESS), ("org_2", Service.EXPRESS)):
        terms = TENTH if whose == "org_1" else SlaTerms()
        await contracts.put(Contract(organisation_id=whose, service=service, terms=terms), "usr_s")
    parts = cast(
        Parts,
        SimpleNamespace(
            settings=Settings(),
            deliveries=fakes.InMemoryDeliveryStore(fakes.InMemoryJournal()),
            policies=fakes.InMemoryPolicyStore(),
            contracts=contracts,
            terms=fakes.InMemoryTermsStore(),
            carriers=world,
            geocoder=fakes.InMemoryPlaces(),
            temporal=client,
        ),
    )
    caller = Principal(user_id="usr_1", organisation_id="org_1", role=Role.CUSTOMER, org_role=OrgRole.OWNER)
    delivery, _ = await request_delivery(parts, caller, request(), "contract")
    assert SlaTerms.model_validate(world.states[delivery.id]["terms"]) == TENTH
