"""Lives with the codec on a real server: nothing personal in its database, nothing heard that our keys did not seal."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import fakes
import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.testing import WorkflowEnvironment
from world import Life, World, request, stop, workers

from domain import errors
from domain.deliveries import DeliveryPolicy
from domain.tracking import Proof
from runtime.codec import SealingCodec
from runtime.temporal import TemporalDeliverer, data_converter
from workflows import addressing, messages, search
from workflows.deliveries import DeliveryWorkflow as W

PERSONAL = ("Zuleica Canarinho", "+5511987654321", "Travessa do Passarinho", "toque a campainha", "gaiola dourada")
TOLD = (
    "deixado com Cacatua",
    "Rua da Arara",
    "Cacatua da Silva",
    "ninguem atende na Rua do Tucano",
    "portao do Bemtevi",
)


@pytest.fixture(scope="module")
async def kept(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[WorkflowEnvironment, Path]]:
    """A server that keeps its state in a file."""
    file = tmp_path_factory.mktemp("temporal") / "temporal.db"
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal")),
        dev_server_database_filename=str(file),
        search_attributes=list(search.ALL),
        dev_server_extra_args=["--dynamic-config-value", "history.transferProcessorMaxPollRPS=1000"],
    ) as environment:
        yield environment, file


def with_codec(environment: WorkflowEnvironment, codec: SealingCodec | None) -> Client:
    config = environment.client.config()
    return Client(**{**config, "data_converter": data_converter(codec)})


def in_files(file: Path, words: tuple[str, ...]) -> list[str]:
    held = b"".join(part.read_bytes() for part in file.parent.glob(file.name + "*"))
    return [word for word in words if word.encode() in held]


async def live(client: Client, world: World) -> Life:
    """A life in which everybody says something about somebody."""
    carrier = world.carrier("a")
    world.carrier("b", cost=9_000).on["quote"] = [errors.CarrierRejected(TOLD[3], reason="no")]
    life = Life(client, world, DeliveryPolicy())
    contact = {"name": PERSONAL[0], "phone": PERSONAL[1]}
    dropoff = stop("04538133", contact=contact, instructions=PERSONAL[3])
    dropoff["address"]["street"] = PERSONAL[2]
    parcels = [{"description": PERSONAL[4], "weight_g": 100}]
    async with workers(client, world):
        await life.booked(dropoff=dropoff, parcels=parcels)
        carrier.on["decide"] = [errors.CarrierRejected(TOLD[3], reason="no")]
        told: dict[str, Any] = {"description": TOLD[0], "place": TOLD[1], "proof": Proof(signed_by=TOLD[2])}
        await life.reports(life.scan("picked_up", **told), life.scan("attempt_failed", 5, **told))
        await life.reaches("attempt_failed")
        ask = messages.Decide(actor="usr_1", decision="redirect", note=TOLD[4])
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await life.ask(W.decide, ask)
        assert TOLD[3] in str(refused.value.cause)
        assert PERSONAL[0] in (await life.handle.query(W.live)).request.dropoff.contact.name
        await life.reports(life.scan("delivered", 9, **told), life.scan("finished", 10))
        await life.handle.result()
    return life


async def test_a_sealed_life_leaves_nothing_personal_in_temporals_database(kept) -> None:
    environment, file = kept
    sealed = await live(with_codec(environment, SealingCodec(fakes.InMemoryKeys())), World())
    assert in_files(file, (sealed.id, "record_move", "carrier_rejected")) == [
        sealed.id,
        "record_move",
        "carrier_rejected",
    ]
    assert in_files(file, (*PERSONAL, *TOLD)) == []
    await live(with_codec(environment, None), World())
    assert set(in_files(file, (*PERSONAL, *TOLD))) >= {
        *PERSONAL,
        *TOLD[:3],
        TOLD[4],
    }  # so the search finds what is there


async def test_what_is_said_without_our_keys_changes_nothing(kept) -> None:
    environment, _ = kept
    ours, world = with_codec(environment, SealingCodec(fakes.InMemoryKeys())), World()
    world.carrier("a")
    life = Life(ours, world, DeliveryPolicy())
    async with workers(ours, world):
        await life.booked()
        stranger = with_codec(environment, None).get_workflow_handle(life.handle.id)
        await stranger.signal(W.carrier_reported, messages.CarrierReport(scans=(life.scan("delivered"),)))
        with pytest.raises(WorkflowUpdateFailedError):
            await stranger.execute_update(
                W.force_status, messages.ForceStatus(actor="usr_s", status="lost", reason="forged")
            )
        await life.reports(life.scan("picked_up", 1))
        await life.reaches("picked_up")  # it lives on, and heard the one that is ours
        assert (await life.handle.query(W.live)).status == "picked_up"
        await life.ask(W.force_status, messages.ForceStatus(actor="usr_s", status="lost", reason="test"))
        await life.handle.terminate()


async def test_an_erased_deliverys_workflow_cannot_be_read_and_others_can(kept) -> None:
    environment, _ = kept
    keys = fakes.InMemoryKeys()
    ours, world = with_codec(environment, SealingCodec(keys)), World()
    lives = [await _cancelled(ours, world) for _ in range(2)]
    await keys.erase(lives[0].id, "usr_1")
    with pytest.raises(errors.Erased):
        await ours.get_workflow_handle(lives[0].handle.id).result()
    assert (await ours.get_workflow_handle(lives[1].handle.id).result())["status"] == "cancelled"
    for life in lives:  # what its carrier still says is kept as come after the end, like anybody's
        assert not await TemporalDeliverer(ours).report(life.id, [life.scan("delivered")])


async def _cancelled(client: Client, world: World) -> Life:
    world.carrier("a")
    life = Life(client, world, DeliveryPolicy())
    async with workers(client, world):
        await life.requested()
        await life.ask(W.cancel, messages.Cancel(actor="usr_1"))
        await life.handle.result()
    return life


async def test_a_start_that_is_not_sealed_begins_no_life(kept) -> None:
    environment, _ = kept
    ours, world = with_codec(environment, SealingCodec(fakes.InMemoryKeys())), World()
    world.carrier("a")
    forged = Life(with_codec(environment, None), world, DeliveryPolicy())
    start = messages.DeliveryStart(delivery_id=forged.id, actor="usr_1", request=request(), accounts=world.accounts())
    async with workers(ours, world):
        await forged.client.start_workflow(W.run, start, id=forged.handle.id, task_queue=addressing.DELIVERIES)
        async with asyncio.timeout(30):
            while not [event async for event in forged.handle.fetch_history_events() if _failed(event)]:
                await asyncio.sleep(0.1)
        await forged.handle.terminate()
    assert forged.id not in world.rows


def _failed(event: Any) -> bool:
    return bool(event.HasField("workflow_task_failed_event_attributes"))
