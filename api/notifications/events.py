"""What we call customers with, for the description: one webhook for each type of event."""

from typing import Annotated, Any

from fastapi import APIRouter, Header

from domain.events import EVENTS, PING, Event

outgoing = APIRouter(tags=["webhooks"])
_HEARD: dict[int | str, dict[str, Any]] = {
    "2XX": {"description": "Taken; any other answer is tried again, in all ten times within three days"},
    410: {"description": "The endpoint wants nothing more: it is disabled"},
    429: {"description": "Slow down; `Retry-After` is heeded, as it is with 502, 503 and 504"},
}


def _received(
    body: Event,
    webhook_id: Annotated[str, Header(examples=["msg_5f0c…"], description="the same however often it is sent")],
    webhook_timestamp: Annotated[int, Header(examples=[1893456000], description="of this try, in seconds since 1970")],
    webhook_signature: Annotated[str, Header(examples=["v1,g0hM9S…"], description="one for each secret in force")],
) -> None:
    """For FastAPI's eyes: nobody calls it."""


for _type, _told in {**EVENTS, PING: "The test button was pressed."}.items():
    outgoing.add_api_route(
        _type,
        _received,
        methods=["POST"],
        name=f"on_{_type.replace('.', '_')}",
        summary=_told,
        description=f"{_told} Signed as Standard Webhooks 1.0.0 says.",
        responses=_HEARD,
        response_model=None,
    )
