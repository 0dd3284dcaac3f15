"""Temporal's codec protocol: sealed payloads come in as JSON and go out readable, and a line says who read them."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from pydantic import Field, JsonValue
from temporalio.api.common.v1 import Payload

from api.codec.session import Decoder
from api.deps import PartsDep
from api.errors import problems
from domain._values import Value
from domain.access import AccessKind, Look
from domain.errors import Forbidden, Invalid, NotFound
from runtime.request_ids import REQUEST_ID

router = APIRouter(tags=["codec"])

_MOST_PAYLOADS = 2_000
Namespace = Annotated[str | None, Header(alias="X-Namespace", max_length=255)]


class Payloads(Value):
    """As protobuf writes Temporal's in JSON: each `{"metadata": {"encoding": "<base64>"}, "data": "<base64>"}`."""

    payloads: Annotated[tuple[dict[str, JsonValue], ...], Field(max_length=_MOST_PAYLOADS)] = ()


@router.post("/codec/decode", responses=problems(400, 401, 403, 404, 413, 422, 503))
async def decode_payloads(body: Payloads, parts: PartsDep, caller: Decoder, namespace: Namespace = None) -> Payloads:
    """As many as came, in their order. What is not sealed, or was altered, stays as it is; what was erased says so."""
    if namespace not in (None, parts.settings.temporal_namespace):
        raise NotFound("no such namespace")
    try:
        sealed = [ParseDict(payload, Payload(), ignore_unknown_fields=True) for payload in body.payloads]
    except (ParseError, ValueError, TypeError):
        raise Invalid("payloads: as protobuf writes them in JSON") from None
    shown, subjects = await parts.codec.reveal(sealed)
    if subjects:
        look = Look(kind=AccessKind.DECODED, actor=caller.actor, route="decode_payloads", request_id=REQUEST_ID.get())
        await parts.accesses.tell(look, dict.fromkeys(subjects))
    return Payloads(payloads=tuple(_json(payload) for payload in shown))


@router.post("/codec/encode", responses=problems(401, 403, 503))
async def encode_payloads(caller: Decoder) -> Payloads:  # noqa: ARG001
    """Nobody: deliveries are steered by their API, which checks what is asked and tells who asked it."""
    raise Forbidden("steer deliveries by their API: nothing is sealed for the Temporal UI or CLI")


def _json(payload: Payload) -> dict[str, Any]:
    made: dict[str, Any] = MessageToDict(payload)
    return made
