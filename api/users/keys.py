"""Accounts for an organisation's systems, and the keys they prove themselves by."""

from datetime import UTC, datetime
from typing import Annotated

import uuid_utils.compat as uuid
from fastapi import APIRouter, Depends, Path

from api.deps import PartsDep
from api.errors import problems
from api.paging import Page
from api.users.fingerprints import fresh
from api.users.key_schemas import AccountCreate, KeyCreate, NewKey
from api.users.organisations import OrganisationId, inside
from domain import errors
from domain.organisations import ApiKey, ServiceAccount
from domain.users import Principal, may_keep_keys

router = APIRouter(prefix="/organisations/{organisation_id}", tags=["organisations"])

AccountId = Annotated[str, Path(pattern=r"^svc_[0-9a-z]{1,64}$")]
KeyId = Annotated[str, Path(pattern=r"^key_[0-9a-z]{1,64}$")]
Keeper = Annotated[Principal, Depends(inside(may_keep_keys))]
_READS = problems(401, 403, 404, 422, 503)
_WRITES = problems(400, 401, 403, 404, 413, 422, 503)
_PREFIX, _HINT = "ek_", 8


@router.post("/service-accounts", status_code=201, responses=_WRITES)
async def create_service_account(
    organisation_id: OrganisationId, body: AccountCreate, parts: PartsDep, caller: Keeper
) -> ServiceAccount:
    """A system of one's own, or a partner's: what it requests stays its own while its keys come and go."""
    account = ServiceAccount(
        id=f"svc_{uuid.uuid7().hex}",
        organisation_id=organisation_id,
        name=body.name,
        role=body.role,
        created_by=caller.user_id,
        created_at=datetime.now(UTC),
    )
    await parts.service_accounts.add(account)
    return account


@router.get("/service-accounts", responses=_READS)
async def list_service_accounts(
    organisation_id: OrganisationId,
    parts: PartsDep,
    caller: Keeper,  # noqa: ARG001
) -> Page[ServiceAccount]:
    """Every one, disabled ones included."""
    return Page[ServiceAccount](items=list(await parts.service_accounts.of(organisation_id)))


@router.delete("/service-accounts/{account_id}", status_code=204, responses=_READS)
async def disable_service_account(
    organisation_id: OrganisationId, account_id: AccountId, parts: PartsDep, caller: Keeper
) -> None:
    """For good, with all its keys; tokens they were exchanged for run out within ten minutes."""
    if not await parts.service_accounts.disable(organisation_id, account_id, caller.actor, datetime.now(UTC)):
        raise errors.NotFound("no such service account")


@router.post("/service-accounts/{account_id}/keys", status_code=201, responses=_WRITES)
async def create_key(
    organisation_id: OrganisationId, account_id: AccountId, body: KeyCreate, parts: PartsDep, caller: Keeper
) -> NewKey:
    """A key, shown this once. `POST /v1/users/token` exchanges it for an access token."""
    secret, digest = fresh(_PREFIX)
    key = ApiKey(
        id=f"key_{uuid.uuid7().hex}",
        service_account_id=account_id,
        organisation_id=organisation_id,
        name=body.name,
        hint=secret[:_HINT],
        scopes=tuple(sorted(body.scopes)),
        created_by=caller.user_id,
        created_at=datetime.now(UTC),
        expires_at=body.expires_at,
    )
    await parts.api_keys.add(key, digest)
    return NewKey.of(key, secret)


@router.get("/keys", responses=_READS)
async def list_keys(organisation_id: OrganisationId, parts: PartsDep, caller: Keeper) -> Page[ApiKey]:  # noqa: ARG001
    """Every one, revoked ones included, and the day each was used last."""
    return Page[ApiKey](items=list(await parts.api_keys.of(organisation_id)))


@router.delete("/keys/{key_id}", status_code=204, responses=_READS)
async def revoke_key(organisation_id: OrganisationId, key_id: KeyId, parts: PartsDep, caller: Keeper) -> None:
    """At once for new tokens; those it was exchanged for run out within ten minutes."""
    if not await parts.api_keys.revoke(organisation_id, key_id, caller.actor, datetime.now(UTC)):
        raise errors.NotFound("no such key")
