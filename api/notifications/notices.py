"""Notifications in the app: what happened, newest first, and what of it was read. New ones come by the live stream."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth import Person
from api.deps import PartsDep
from api.errors import problems
from api.notifications.preferences import as_kept, as_told
from api.notifications.schemas import ReadAllBody, ReadBody, Unread
from api.paging import CursorParam, Limit, Page
from domain.telling_ports import Notice

router = APIRouter(prefix="/notifications", tags=["notifications"])

_MOST_COUNTED = 100


@router.get("", responses=problems(400, 401, 403, 422, 503))
async def list_notifications(
    parts: PartsDep,
    caller: Person,
    unread: Annotated[bool, Query(description="only what was not read")] = False,
    limit: Limit = 50,
    cursor: CursorParam = None,
) -> Page[Notice]:
    """What you are told of in the app, newest first: ids and codes, for the app to put into words. Each `id` is that of
    the live stream's event, so a line that came there is this one."""
    items, following = await parts.notices.page(await as_told(parts, caller), unread, limit, cursor)
    return Page[Notice](items=list(items), next=following)


@router.get("/unread", responses=problems(401, 403, 503))
async def count_unread_notifications(parts: PartsDep, caller: Person) -> Unread:
    """How many wait to be read; nobody counts further than a hundred."""
    count = await parts.notices.unread(await as_told(parts, caller), _MOST_COUNTED + 1)
    return Unread(count=min(count, _MOST_COUNTED), more=count > _MOST_COUNTED)


@router.post("/read", status_code=204, responses=problems(400, 401, 403, 413, 422, 503))
async def mark_notifications_read(body: ReadBody, parts: PartsDep, caller: Person) -> None:
    """These; ids that are not yours change nothing, and what was read stays so."""
    await parts.notices.read(await as_kept(parts, caller), body.places())


@router.post("/read-all", status_code=204, responses=problems(400, 401, 403, 413, 422, 503))
async def mark_all_notifications_read(body: ReadAllBody, parts: PartsDep, caller: Person) -> None:
    """All up to one that you have seen, so that what came since stays unread; without it, all there are now."""
    await parts.notices.read_up_to(await as_kept(parts, caller), body.place())
