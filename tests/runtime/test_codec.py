"""Payloads leave sealed by their delivery's key, and come back only where they belong."""

import fakes
import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import ActivitySerializationContext, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError

from domain.errors import Erased
from runtime.codec import SERVICE, SealingCodec, key_id
from runtime.temporal import data_converter
from storage._crypto import Unreadable

ONE, OTHER = f"del_{'a' * 32}", f"del_{'b' * 32}"


def workflow(workflow_id: str) -> WorkflowSerializationContext:
    return WorkflowSerializationContext(namespace="default", workflow_id=workflow_id)


@pytest.fixture
def keys() -> fakes.InMemoryKeys:
    return fakes.InMemoryKeys()


async def test_what_is_said_in_a_workflow_is_sealed_by_its_deliverys_key(keys: fakes.InMemoryKeys) -> None:
    converter = data_converter(SealingCodec(keys)).with_context(workflow(f"delivery/{ONE}"))
    [payload] = await converter.encode([{"name": "Ana Pessoa"}])
    assert key_id(payload) == ONE
    assert b"Ana" not in payload.SerializeToString()
    assert await converter.decode([payload]) == [{"name": "Ana Pessoa"}]


@pytest.mark.parametrize(
    ("workflow_id", "subject"),
    [
        (f"delivery/{ONE}", ONE),
        (f"notification/sub_1/{ONE}", ONE),
        ("sweep-inbox-2030-01-01T00:00:00Z", SERVICE),
        (f"{ONE}/{OTHER}", SERVICE),
        ("delivery/del_short", SERVICE),
        (None, SERVICE),
    ],
)
async def test_whose_key_it_is_stands_in_the_workflows_id(
    keys: fakes.InMemoryKeys, workflow_id: str | None, subject: str
) -> None:
    context = ActivitySerializationContext(
        namespace="default",
        workflow_id=workflow_id,
        workflow_type="W",
        activity_type="a",
        activity_id="1",
        activity_task_queue="q",
        is_local=False,
    )
    converter = data_converter(SealingCodec(keys)).with_context(context)
    [payload] = await converter.encode([1])
    assert key_id(payload) == subject


async def test_without_a_context_the_service_seals_and_whatever_names_its_key_opens(keys: fakes.InMemoryKeys) -> None:
    converter = data_converter(SealingCodec(keys))
    [ours] = await converter.encode([1])
    [theirs] = await converter.with_context(workflow(f"delivery/{ONE}")).encode([2])
    assert key_id(ours) == SERVICE
    assert await converter.decode([ours, theirs]) == [1, 2]


async def test_another_deliverys_payload_opens_nothing_here(keys: fakes.InMemoryKeys) -> None:
    converter = data_converter(SealingCodec(keys))
    [theirs] = await converter.with_context(workflow(f"delivery/{OTHER}")).encode([2])
    here = converter.with_context(workflow(f"delivery/{ONE}"))
    await here.encode([1])
    with pytest.raises(Unreadable, match="does not belong"):
        await here.decode([theirs])
    theirs.metadata["encryption-key-id"] = ONE.encode()
    with pytest.raises(Unreadable, match="another key"):
        await here.decode([theirs])


async def test_what_is_not_sealed_is_never_read(keys: fakes.InMemoryKeys) -> None:
    converter = data_converter(SealingCodec(keys)).with_context(workflow(f"delivery/{ONE}"))
    for payload in (Payload(metadata={"encoding": b"json/plain"}, data=b'{"forged": true}'), Payload()):
        with pytest.raises(KeyError, match="refused"):
            await converter.decode([payload])


async def test_an_erased_deliverys_payloads_are_erased(keys: fakes.InMemoryKeys) -> None:
    converter = data_converter(SealingCodec(keys)).with_context(workflow(f"delivery/{ONE}"))
    payloads = await converter.encode(["Ana"])
    await keys.erase(ONE, "usr_1")
    with pytest.raises(Erased):
        await converter.decode(payloads)
    with pytest.raises(Erased):
        await converter.encode(["Ana"])


async def test_failures_are_sealed_whole_and_read_as_they_were(keys: fakes.InMemoryKeys) -> None:
    converter = data_converter(SealingCodec(keys)).with_context(workflow(f"delivery/{ONE}"))
    failure = Failure()
    try:
        try:
            raise ValueError("nobody at Rua dos Canários")
        except ValueError as cause:
            raise ApplicationError("Ana is not there", {"who": "Ana"}, type="carrier_rejected") from cause
    except ApplicationError as error:
        await converter.encode_failure(error, failure)
    sealed = failure.SerializeToString()
    assert not [told for told in ("Ana", "Canários", "test_codec") if told.encode() in sealed]
    assert b"carrier_rejected" in sealed  # a type is a code, and Temporal retries by it
    read = await converter.decode_failure(failure)
    assert isinstance(read, ApplicationError)
    assert (read.message, read.details[0], str(read.cause)) == (
        "Ana is not there",
        {"who": "Ana"},
        "ValueError: nobody at Rua dos Canários",
    )


async def test_a_payload_that_does_not_fit_is_not_repeated_in_the_error() -> None:
    converter = data_converter()
    payloads = await converter.encode([{"delivery_id": {"name": "Ana Pessoa"}}])
    from activities.availability import ReleaseSlot

    with pytest.raises(ValueError, match=r"no ReleaseSlot: delivery_id: string_type") as caught:
        await converter.decode(payloads, [ReleaseSlot])
    assert "Ana" not in str(caught.value)
