"""What a postal code tells of an address, for forms that fill themselves in."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.auth import Checker
from api.deps import PartsDep
from api.errors import problems
from domain.errors import NotFound
from domain.places import PartialAddress

router = APIRouter(tags=["places"])

Cep = Annotated[str, Path(pattern=r"^[0-9]{5}-?[0-9]{3}$", examples=["01310200"], description="eight digits")]


@router.get("/places/cep/{cep}", responses=problems(401, 403, 404, 422, 503))
async def look_up_cep(cep: Cep, parts: PartsDep, caller: Checker) -> PartialAddress:  # noqa: ARG001
    """Street and district are empty where a code covers a whole city; 503 where nobody can be asked."""
    found = await parts.postal_codes.look_up("BR", cep.replace("-", ""))
    if found is None:
        raise NotFound("there is no such postal code")
    return found
