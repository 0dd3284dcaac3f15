"""Saved views of the list of deliveries: one's own, and those shared in the organisation."""

from datetime import UTC, datetime
from typing import Annotated

import uuid_utils.compat as uuid
from fastapi import APIRouter, Path, Response
from pydantic import Field, JsonValue

from api.auth import Person
from api.deliveries.finding import Narrowing
from api.deps import Parts, PartsDep
from api.errors import problems
from api.paging import Page
from api.tags import TAGGED, Had, tag, unchanged
from domain import errors
from domain._values import Closed, Flag, Line, Request
from domain.users import OrgRole, Principal
from domain.views import SavedView

router = APIRouter(tags=["views"])

ViewId = Annotated[str, Path(pattern=r"^view_[0-9a-z_]{1,64}$")]


class ViewBody(Request):
    """A name, and what it stands for: every field is one that `GET /v1/deliveries` takes."""

    name: Annotated[Line, Field(max_length=80, examples=["Atrasadas no Rio"])]
    narrowing: Annotated[Narrowing, Closed()] = Field(
        default_factory=Narrowing, examples=[{"status": ["booked"], "attention": ["any"], "postal_code": "20040"}]
    )
    shared: Flag = Field(default=False, description="with everybody in the organisation")

    def plain(self) -> dict[str, JsonValue]:
        """What was given of the narrowing."""
        given: dict[str, JsonValue] = self.narrowing.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        return given


@router.get("/views", responses=problems(401, 403, 503))
async def list_views(parts: PartsDep, caller: Person) -> Page[SavedView]:
    """One's own and those that others share, by name."""
    return Page[SavedView](items=await parts.views.visible(caller.organisation_id, caller.user_id))


@router.post("/views", status_code=201, responses=problems(400, 401, 403, 409, 413, 422, 503))
async def create_view(body: ViewBody, parts: PartsDep, caller: Person, response: Response) -> SavedView:
    """Saves a view: at most fifty of one's own, and a hundred shared in an organisation."""
    now = datetime.now(UTC)
    view = SavedView(
        id=f"view_{uuid.uuid7().hex}",
        organisation_id=caller.organisation_id,
        created_by=caller.user_id,
        name=body.name,
        shared=body.shared,
        narrowing=body.plain(),
        created_at=now,
        updated_at=now,
    )
    await parts.views.put(view, caller.actor)
    response.headers["Location"] = f"/v1/views/{view.id}"
    return view


@router.get("/views/{view_id}", response_model=SavedView, responses={**TAGGED, **problems(401, 403, 404, 422, 503)})
async def get_view(
    view_id: ViewId, parts: PartsDep, caller: Person, response: Response, had: Had = None
) -> SavedView | Response:
    """One view."""
    view = await _seen(parts, caller, view_id)
    return unchanged(response, had, tag(SavedView, view.id, view.updated_at)) or view


@router.put("/views/{view_id}", responses=problems(400, 401, 403, 404, 409, 413, 422, 503))
async def put_view(view_id: ViewId, body: ViewBody, parts: PartsDep, caller: Person) -> SavedView:
    """Replaces one of one's own."""
    view = await _seen(parts, caller, view_id)
    if view.created_by != caller.user_id:
        raise errors.Forbidden("only who saved a view changes it; save one of your own")
    changed = {"name": body.name, "shared": body.shared, "narrowing": body.plain(), "updated_at": datetime.now(UTC)}
    view = view.model_copy(update=changed)
    await parts.views.put(view, caller.actor)
    return view


@router.delete("/views/{view_id}", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def delete_view(view_id: ViewId, parts: PartsDep, caller: Person) -> None:
    """Deletes one of one's own; owners of an organisation also shared ones."""
    view = await _seen(parts, caller, view_id)
    if view.created_by != caller.user_id and caller.org_role is not OrgRole.OWNER:
        raise errors.Forbidden("only who saved a view, or an owner, deletes it")
    await parts.views.delete(view_id, caller.actor)


async def _seen(parts: Parts, caller: Principal, view_id: str) -> SavedView:
    """What another keeps for themselves is not there."""
    view = await parts.views.get(view_id)
    theirs = view is not None and view.organisation_id == caller.organisation_id
    if view is None or not theirs or not (view.shared or view.created_by == caller.user_id):
        raise errors.NotFound("no such view")
    return view
