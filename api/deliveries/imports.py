"""Many deliveries by one file: looked through as a whole, then requested line by line."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from api.auth import Reader, Requester
from api.deliveries.routes import Key
from api.deps import Parts, PartsDep
from api.errors import TEMPORAL_FAILURES, problems, temporal_error
from api.paging import CursorParam, Limit, Page
from domain import errors
from domain.imports import Import, ImportLine, ImportStatus, Outcome, WaitingLine, delivery_id
from domain.quotes import Rule
from domain.sheets import COLUMNS, LineProblem, Unreadable, decoded, read, written
from domain.users import Principal, is_staff, may_see, sees_only_own
from workflows import addressing
from workflows.imports import ImportStart, ImportWorkflow

router = APIRouter(tags=["imports"])

ImportId = Annotated[str, Path(pattern=r"^imp_[0-9a-f]{32}$")]
_MOST_SHOWN = 500
_FILE = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.post("/imports", status_code=201, openapi_extra=_FILE, responses=problems(400, 401, 403, 409, 413, 422, 503))
async def create_import(
    parts: PartsDep,
    caller: Requester,
    request: Request,
    response: Response,
    rule: Annotated[
        Rule | None, Query(description="chooses where a line says nothing else; else it stays quoted")
    ] = None,
    key: Key = None,
) -> Import:
    """A CSV file of at most 5,000 lines and 2 MiB. If anything is wrong with any line, the answer is 422 with all of
    it, and nothing is begun; else every line is requested, some at a time, and the stream tells how far it is.

    The same key and file again answer with the same import.
    """
    if key is None:
        raise errors.IdempotencyKeyMissing
    content = await request.body()
    import_id = _import_id(caller, key)
    lines = await asyncio.to_thread(_looked_through, content, rule, import_id)
    made = Import(
        id=import_id,
        organisation_id=caller.organisation_id,
        created_by=caller.user_id,
        created_at=datetime.now(UTC),
        lines=len(lines),
    )
    file_hash = hashlib.sha256(content + f"\n{rule}".encode()).hexdigest()
    kept = await parts.imports.begin(made, lines, file_hash)
    if kept is not made:
        response.headers["Idempotency-Replayed"] = "true"
    if kept.status is ImportStatus.RUNNING:
        await _start(parts, kept.id)
    response.headers["Location"] = f"/v1/imports/{kept.id}"
    return kept


def _import_id(caller: Principal, key: str) -> str:
    whose = f"{caller.organisation_id}/{caller.user_id}" if sees_only_own(caller) else caller.organisation_id
    return f"imp_{uuid5(NAMESPACE_URL, f'{whose}/imports/{key}').hex}"


def _looked_through(content: bytes, rule: Rule | None, import_id: str) -> list[WaitingLine]:
    """Raises LinesWrong, with everything that is wrong."""
    try:
        found, wrong = read(decoded(content), rule)
    except Unreadable as unreadable:
        found, wrong = [], [unreadable.problem]
    if not found and not wrong:
        wrong = [LineProblem(line=1, code="empty", detail="there are no lines but the first")]
    if wrong:
        shown: list[dict[str, Any]] = [problem.model_dump() for problem in wrong[:_MOST_SHOWN]]
        raise errors.LinesWrong(f"{len(wrong)} problems, and nothing was begun", errors=shown, wrong=len(wrong))
    return [WaitingLine(line=line, delivery_id=delivery_id(import_id, line), request=asked) for line, asked in found]


async def _start(parts: Parts, import_id: str) -> None:
    """Once; a repeated request finds what a crash left between the rows and here."""
    try:
        await parts.temporal.start_workflow(
            ImportWorkflow.run,
            ImportStart(import_id=import_id),
            id=addressing.import_workflow_id(import_id),
            task_queue=addressing.DELIVERIES,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            static_summary="import",
        )
    except WorkflowAlreadyStartedError:
        return
    except TEMPORAL_FAILURES as error:
        raise temporal_error(error) from error


@router.get("/imports", responses=problems(400, 401, 403, 422, 503))
async def list_imports(parts: PartsDep, caller: Reader, limit: Limit = 50, cursor: CursorParam = None) -> Page[Import]:
    """Newest first. Staff see every organisation's."""
    organisation_id = None if is_staff(caller) else caller.organisation_id
    created_by = caller.user_id if sees_only_own(caller) else None
    items, following = await parts.imports.page(organisation_id, created_by, limit, cursor)
    return Page[Import](items=list(items), next=following)


@router.get(
    "/imports/template.csv",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/csv": {}}}, **problems(401, 403, 503)},
)
async def import_template(caller: Reader) -> PlainTextResponse:  # noqa: ARG001
    """The first line of a file: every column there is."""
    return PlainTextResponse(written([COLUMNS]), media_type="text/csv; charset=utf-8")


@router.get("/imports/{import_id}", responses=problems(401, 403, 404, 422, 503))
async def get_import(import_id: ImportId, parts: PartsDep, caller: Reader) -> Import:
    """How far it is."""
    return await _seen(parts, caller, import_id)


@router.get("/imports/{import_id}/lines", responses=problems(400, 401, 403, 404, 422, 503))
async def list_import_lines(
    import_id: ImportId,
    parts: PartsDep,
    caller: Reader,
    outcome: Outcome | None = None,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,9}$", description="`next` of the page before")] = None,
) -> Page[ImportLine]:
    """What became of each line, and the delivery that it is or will be."""
    await _seen(parts, caller, import_id)
    items, following = await parts.imports.lines(import_id, outcome, limit, int(cursor or 0))
    return Page[ImportLine](items=list(items), next=None if following is None else str(following))


@router.post("/imports/{import_id}/cancel", status_code=202, responses=problems(401, 403, 404, 409, 422, 503))
async def cancel_import(import_id: ImportId, parts: PartsDep, caller: Requester) -> Import:
    """Requests nothing more; deliveries that were requested live on. The stream tells when it has ended."""
    made = await _seen(parts, caller, import_id)
    if made.status is not ImportStatus.RUNNING:
        raise errors.ImportEnded
    try:
        handle = parts.temporal.get_workflow_handle(addressing.import_workflow_id(import_id))
        await handle.signal(ImportWorkflow.stop)
    except TEMPORAL_FAILURES as error:
        raise temporal_error(error) from error
    return made


async def _seen(parts: Parts, caller: Principal, import_id: str) -> Import:
    """Another organisation's import is not there."""
    made = await parts.imports.get(import_id)
    if made is None or not may_see(caller, made.organisation_id, made.created_by):
        raise errors.NotFound("no such import")
    return made
