"""Rules about which accounts are asked for which deliveries, and which are preferred."""

from typing import Annotated

import uuid_utils.compat as uuid
from fastapi import APIRouter, Path, Response

from api.deps import Parts, PartsDep
from api.errors import problems
from api.paging import Page
from api.quotes.carriers import Keeper, Staff
from api.quotes.schemas import RuleBody
from domain import errors
from domain.routing import AccountRule

router = APIRouter(tags=["carriers"])

RuleId = Annotated[str, Path(pattern=r"^rule_[0-9a-z_]{1,64}$")]


@router.get("/rules", responses=problems(401, 403, 503))
async def list_rules(parts: PartsDep, caller: Staff) -> Page[AccountRule]:  # noqa: ARG001
    """Every rule, by name. They have no order: any denial counts, and the widest preference."""
    return Page[AccountRule](items=list(await parts.routing.rules()))


@router.post("/rules", status_code=201, responses=problems(400, 401, 403, 413, 422, 503))
async def create_rule(body: RuleBody, parts: PartsDep, caller: Keeper, response: Response) -> AccountRule:
    """A new rule; every process heeds it within seconds."""
    rule = _rule(parts, body, f"rule_{uuid.uuid7().hex}")
    await parts.routing.put_rule(rule, caller.actor)
    response.headers["Location"] = f"/v1/rules/{rule.id}"
    return rule


@router.get("/rules/{rule_id}", responses=problems(401, 403, 404, 422, 503))
async def get_rule(rule_id: RuleId, parts: PartsDep, caller: Staff) -> AccountRule:  # noqa: ARG001
    """One rule."""
    return await _found(parts, rule_id)


@router.put("/rules/{rule_id}", responses=problems(400, 401, 403, 404, 413, 422, 503))
async def put_rule(rule_id: RuleId, body: RuleBody, parts: PartsDep, caller: Keeper) -> AccountRule:
    """Replaces a rule, for deliveries that are quoted from now on."""
    await _found(parts, rule_id)
    rule = _rule(parts, body, rule_id)
    await parts.routing.put_rule(rule, caller.actor)
    return rule


@router.delete("/rules/{rule_id}", status_code=204, responses=problems(401, 403, 404, 422, 503))
async def delete_rule(rule_id: RuleId, parts: PartsDep, caller: Keeper) -> None:
    """What it said is no longer so, for deliveries that are quoted from now on."""
    if not await parts.routing.delete_rule(rule_id, caller.actor):
        raise errors.NotFound("no such rule")


async def _found(parts: Parts, rule_id: str) -> AccountRule:
    found = next((rule for rule in await parts.routing.rules() if rule.id == rule_id), None)
    if found is None:
        raise errors.NotFound("no such rule")
    return found


def _rule(parts: Parts, body: RuleBody, rule_id: str) -> AccountRule:
    """An account may come later than its rule; a carrier nobody knows is a slip of the pen."""
    carriers = {profile.code for profile in parts.carriers.profiles()}
    if unknown := sorted({name.split("/")[0] for name in body.accounts} - carriers):
        raise errors.Invalid(f"accounts: no such carrier: {', '.join(unknown)}")
    return body.rule(rule_id)
