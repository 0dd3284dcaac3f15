"""A delivery's story by its id, for whoever may hear it."""

from collections.abc import Sequence

from api.deps import Parts
from domain import errors
from domain.audit import JournalLine
from domain.users import Principal, may_see


async def story(parts: Parts, delivery_id: str, caller: Principal | None = None) -> Sequence[JournalLine]:
    """From the first line on, for a caller who may see it, or for whoever has the link. Another's is not there. Raises
    NotFound, Archived."""
    lines = await parts.journal.of(delivery_id)
    begun = bool(lines) and lines[0].seq == 1
    whose = lines[0].origin if begun else await parts.scans.origin(delivery_id)
    if whose is None or not (caller is None or may_see(caller, whose.organisation_id, whose.created_by)):
        raise errors.NotFound("no such delivery")
    if not begun:
        raise errors.Archived
    return lines
