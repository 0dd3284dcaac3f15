"""Asking somebody to join an organisation."""

from datetime import UTC, datetime
from typing import Annotated

import uuid_utils.compat as uuid
from fastapi import APIRouter, Path

from api.auth import Person
from api.deps import PartsDep
from api.errors import problems
from api.later import LaterDep
from api.looks import Watched
from api.paging import Page
from api.users.admission import myself
from api.users.attempts import Address, take_letter
from api.users.fingerprints import fingerprint, fresh
from api.users.key_schemas import Invite
from api.users.letters import send_invitation
from api.users.organisations import OrganisationId, Owner
from api.users.schemas import Follow
from domain import errors
from domain.organisations import INVITED_FOR, Invitation, Membership

router = APIRouter(tags=["organisations"], route_class=Watched)

InvitationId = Annotated[str, Path(pattern=r"^inv_[0-9a-z]{1,64}$")]
_OF = "/organisations/{organisation_id}/invitations"


@router.post(_OF, status_code=201, responses=problems(400, 401, 403, 404, 413, 422, 429, 503))
async def invite(
    organisation_id: OrganisationId, body: Invite, parts: PartsDep, caller: Owner, later: LaterDep, address: Address
) -> Invitation:
    """Sends a link that lets the owner of this address join, once, within a week; one sent before is no longer good."""
    inviter = await myself(parts, caller)
    await take_letter(parts, body.email, address)
    membership = await parts.organisations.membership(organisation_id, caller.user_id)
    now = datetime.now(UTC)
    token, digest = fresh()
    invitation = Invitation(
        id=f"inv_{uuid.uuid7().hex}",
        organisation_id=organisation_id,
        email=body.email,
        role=body.role,
        invited_by=caller.user_id,
        created_at=now,
        expires_at=now + INVITED_FOR,
    )
    await parts.invitations.add(invitation, digest)
    name = membership.organisation_name if membership else "Entrega"
    later("invitation", send_invitation(parts, inviter.locale, body.email, token, name))
    return invitation


@router.get(_OF, responses=problems(401, 403, 404, 422, 503))
async def list_invitations(organisation_id: OrganisationId, parts: PartsDep, caller: Owner) -> Page[Invitation]:  # noqa: ARG001
    """Those that may still be accepted."""
    return Page[Invitation](items=list(await parts.invitations.of(organisation_id, datetime.now(UTC))))


@router.delete(f"{_OF}/{{invitation_id}}", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def withdraw_invitation(
    organisation_id: OrganisationId, invitation_id: InvitationId, parts: PartsDep, caller: Owner
) -> None:
    """Its link is no longer good."""
    if not await parts.invitations.withdraw(organisation_id, invitation_id, caller.actor):
        raise errors.NotFound("no such invitation")


@router.post("/invitations/accept", responses=problems(400, 401, 403, 413, 422, 503))
async def accept_invitation(body: Follow, parts: PartsDep, caller: Person) -> Membership:
    """Follows the link of an invitation, signed in with the address it was sent to, which is verified by it. Then
    `POST /v1/users/switch` gives a token for the organisation."""
    user = await myself(parts, caller)
    membership = await parts.invitations.accept(fingerprint(body.token), user, datetime.now(UTC))
    if membership is None:
        raise errors.LinkSpent
    return membership
