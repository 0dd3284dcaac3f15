"""Temporal's payloads, sealed: what a delivery's workflow is told and says opens with the delivery's key alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, Self

import structlog
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from domain.errors import Erased
from storage._crypto import Key, Unreadable
from workflows import addressing

SERVICE = "service/temporal"
"""Whose key seals what is about no delivery, as a schedule's sweep."""
_ENCODING, _SEALED, _REFUSED = "encoding", b"binary/encrypted", b"binary/refused"
_KEY_ID = "encryption-key-id"
_ERASED = Payload(metadata={_ENCODING: b"json/plain"}, data=b'{"erased":true}')
log = structlog.get_logger(__name__)


class Keys(Protocol):
    """What the codec needs of a key ring."""

    async def get(self, subject: str) -> Key:
        """The subject's key, made when it is first asked for; raises Erased."""

    async def known(self, subjects: Iterable[str]) -> Mapping[str, Key]:
        """The keys of those that have one."""


class SealingCodec(PayloadCodec, WithSerializationContext):
    """Seals every payload by the key of the delivery in the workflow's id, or the service's where there is none.

    A payload names its key, and opens in that delivery's workflows alone. One that is not sealed, since whoever sent it
    has no keys of ours, becomes one that no converter reads: such a signal is dropped, such an update is refused.
    """

    def __init__(self, keys: Keys, subject: str | None = None) -> None:
        self._keys = keys
        self._subject = subject

    def with_context(self, context: SerializationContext) -> Self:
        """The codec of one workflow."""
        workflow_id = None
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            workflow_id = context.workflow_id
        return type(self)(self._keys, subject_of(workflow_id))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Sealed, each by itself. Raises Erased, Unavailable."""
        subject = self._subject or SERVICE
        key = await self._keys.get(subject)
        named = {_ENCODING: _SEALED, _KEY_ID: subject.encode()}
        return [
            Payload(metadata=named, data=key.seal(payload.SerializeToString(), _place(subject))) for payload in payloads
        ]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Opened. Raises Erased; Unreadable for what was altered or belongs elsewhere; Unavailable."""
        keys = await self._keys.known(subject for payload in payloads if (subject := key_id(payload)))
        return [self._opened(payload, keys) for payload in payloads]

    async def reveal(self, payloads: Sequence[Payload]) -> tuple[list[Payload], set[str]]:
        """For people who look: opened, and whose were; an erased one says so, any other stays as it is."""
        keys = await self._keys.known(subject for payload in payloads if (subject := key_id(payload)))
        shown: list[Payload] = []
        read: set[str] = set()
        for payload in payloads:
            subject = key_id(payload)
            if subject is None:
                shown.append(payload)
            elif subject not in keys:
                shown.append(_ERASED)
            else:
                try:
                    shown.append(opened(payload, keys[subject]))
                    read.add(subject)
                except Unreadable as error:
                    log.warning("a payload was altered", what=str(error))
                    shown.append(payload)
        return shown, read

    def _opened(self, payload: Payload, keys: Mapping[str, Key]) -> Payload:
        subject = key_id(payload)
        if subject is None:
            return Payload(metadata={_ENCODING: _REFUSED})
        if self._subject is not None and subject not in (self._subject, SERVICE):
            raise Unreadable(f"a payload of {subject} does not belong to {self._subject}")
        if subject not in keys:
            raise Erased
        return opened(payload, keys[subject])


def subject_of(workflow_id: str | None) -> str:
    """Whose key seals a workflow's payloads."""
    return addressing.delivery_in(workflow_id or "") or SERVICE


def key_id(payload: Payload) -> str | None:
    """Whose key sealed a payload; None for one that is not sealed."""
    if payload.metadata.get(_ENCODING) != _SEALED:
        return None
    return payload.metadata.get(_KEY_ID, b"").decode(errors="replace")


def opened(payload: Payload, key: Key) -> Payload:
    """What was sealed. Raises Unreadable."""
    return Payload.FromString(key.open(payload.data, _place(key_id(payload) or "")))


def _place(subject: str) -> str:
    return f"temporal.payload/{subject}"
