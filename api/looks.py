"""Whose personal data staff are about to see is told before they see it: by the route's class, so no route forgets it.

What an answer holds says itself whose it is (`domain.access.Personal`). Where that cannot be told, nothing is shown.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args

from fastapi import Header, Request
from fastapi.routing import APIRoute

from api.auth import known
from api.deps import Parts
from api.paging import Page
from domain.access import AccessKind, Look, Personal, Ticket, Whose
from domain.users import Principal, is_staff
from runtime.request_ids import REQUEST_ID

TicketHeader = Annotated[Ticket | None, Header(alias="X-Access-Ticket", description="staff: the case they look for")]
_ADDED = (
    inspect.Parameter("asked", inspect.Parameter.KEYWORD_ONLY, annotation=Request),
    inspect.Parameter("access_ticket", inspect.Parameter.KEYWORD_ONLY, annotation=TicketHeader, default=None),
)


class Watched(APIRoute):
    """A route that tells of what it shows, if its answer may show any. Customers' requests cost one comparison more."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        shows = _shows(inspect.signature(endpoint).return_annotation)
        super().__init__(path, _telling(endpoint) if shows else endpoint, **more)


def _shows(answer: Any) -> bool:
    """Whether an answer of this type may hold something that is somebody's."""
    if isinstance(answer, type) and issubclass(answer, Page):
        answer = answer.model_fields["items"].annotation
    return hasattr(answer, "whose") or any(map(_shows, get_args(answer)))


def _telling(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    if not inspect.iscoroutinefunction(endpoint):
        raise TypeError(f"{endpoint.__name__}: what it answers cannot be looked through before it is sent")

    @functools.wraps(endpoint)
    async def tell_and_answer(*, asked: Request, access_ticket: str | None, **given: Any) -> Any:
        answer = await endpoint(**given)
        caller = known(asked.scope)
        if caller is not None and is_staff(caller) and (whose := _others(caller, answer, asked.path_params)):
            parts: Parts = asked.app.state.parts
            await tell(parts, caller, endpoint.__name__, whose, access_ticket)
        return answer

    signature = inspect.signature(endpoint)
    asking = signature.replace(parameters=[*signature.parameters.values(), *_ADDED])
    tell_and_answer.__signature__ = asking  # type: ignore[attr-defined]  # what FastAPI reads
    return tell_and_answer


async def tell(parts: Parts, caller: Principal, route: str, whose: Whose, ticket: str | None) -> None:
    """Says that one of staff is about to see this; a file that is streamed says so itself, part by part."""
    look = Look(kind=AccessKind.READ, actor=caller.actor, route=route, request_id=REQUEST_ID.get(), ticket=ticket)
    await parts.accesses.tell(look, whose)


def _others(caller: Principal, answer: object, path: Mapping[str, Any]) -> Whose:
    """Whose data is in an answer, without what is the caller's own or their organisation's."""
    found: dict[str, str | None] = {}
    for item in answer.items if isinstance(answer, Page) else (answer,):
        if isinstance(item, Personal):
            found |= {it: owner or path.get("organisation_id") for it, owner in item.whose().items()}
    return {it: owner for it, owner in found.items() if it != caller.user_id and owner != caller.organisation_id}
