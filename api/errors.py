"""Every error leaves as an RFC 9457 problem with a stable `code`; the map from domain errors to statuses is here."""

import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from temporalio.client import (
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain import errors
from domain.errors import DomainError
from runtime.calls import never_connected
from runtime.logs import kinds

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger(__name__)

# The most particular first; whatever is not listed is our own fault.
_STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (errors.IdempotencyKeyMissing, 400),
    (errors.PayloadInvalid, 400),
    (errors.Invalid, 422),
    (errors.Unauthenticated, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.Erased, 410),
    (errors.Archived, 410),
    (errors.Conflict, 409),
    (errors.TooMany, 429),
    (errors.BookingUnknown, 409),
    (errors.CarrierRejected, 409),
    (errors.CarrierError, 503),
    (errors.Unavailable, 503),
    (errors.NotTaken, 503),
)
_RETRY_AFTER_S = 1

_PLAIN_CODES = {
    400: "malformed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


class FieldProblem(BaseModel):
    """What is wrong with one field of the request."""

    pointer: str = Field(description="where: a JSON pointer into the body, or `query/…`, `path/…`, `header/…`")
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457). `code` is stable; further members carry what a program may act on."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(default="about:blank", description="`about:blank`: `code` says which problem it is")
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] | None = None


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI of these errors, for a route's `responses`."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {s: {"description": HTTPStatus(s).phrase, "content": {MEDIA_TYPE: schema}} for s in statuses}


def status_of(error: DomainError) -> int:
    """The HTTP status a domain error leaves with."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def answer(
    status: int, code: str, title: str, detail: str, more: Mapping[str, Any] = MappingProxyType({})
) -> JSONResponse:
    """A problem as a response; `more` are members of its own, which never replace those of every problem."""
    body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503) or code == errors.Busy.code:
        headers["Retry-After"] = str(more.get("retry_after", _RETRY_AFTER_S))
    extra = {name: value for name, value in more.items() if name not in body}
    return JSONResponse({**body, **extra}, status, headers, media_type=MEDIA_TYPE)


def too_large(most: int) -> JSONResponse:
    """The problem of a body beyond the limit, in bytes."""
    return answer(413, "too_large", "Too large", f"a body has at most {most} bytes", {"most": most})


def install(app: FastAPI) -> None:
    """Every way of failing answers with a problem."""

    @app.exception_handler(DomainError)
    async def domain(request: Request, error: DomainError) -> JSONResponse:
        status = status_of(error)
        if status >= 500:
            log.warning("not served", route=route_of(request), code=error.code, cause=kinds(error.__cause__))
        return answer(status, error.code, error.title, error.detail, _plain(error.data))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        found = error.errors()
        if any(one["type"] == "json_invalid" for one in found):
            return answer(400, "malformed", "Not JSON", "the body is not valid JSON")
        shown = [FieldProblem(pointer=_pointer(one["loc"]), detail=_said(one)).model_dump() for one in found[:50]]
        first = f"{shown[0]['pointer']}: {shown[0]['detail']}" if shown else "the request is not as described"
        return answer(422, errors.Invalid.code, "The request is not as described", first, {"errors": shown})

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        phrase = HTTPStatus(error.status_code).phrase
        code = _PLAIN_CODES.get(error.status_code, "http_error")
        response = answer(error.status_code, code, phrase, phrase)
        response.headers.update(error.headers or {})
        if error.status_code == 405 and (taken := _taken(request)):
            response.headers["Allow"] = ", ".join(taken)
        return response


def _taken(request: Request) -> list[str]:
    """The methods that a path takes: of all its routes, where the framework names those of the first."""
    paths = request.app.openapi()["paths"].items()
    there = (told for path, told in paths if _pattern(path).match(request.scope["path"]))
    return sorted({method.upper() for told in there for method in told})


@cache
def _pattern(path: str) -> re.Pattern[str]:
    return compile_path(path)[0]


def route_of(request: Request) -> str:
    """The path as it is declared: what fills its places may be somebody's."""
    return getattr(request.scope.get("route"), "path", "-")


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if isinstance(value, str | int | float | bool | list | None)}


def _pointer(location: tuple[int | str, ...]) -> str:
    source, *rest = location or ("body",)
    path = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in rest)
    return f"/{path}" if source == "body" and path else f"{source}/{path}".rstrip("/")


def _said(error: dict[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


# What a Temporal client raises when the other side says no, or nothing.
TEMPORAL_FAILURES = (
    RPCError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowAlreadyStartedError,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    RuntimeError,  # a lazy client's first connection fails with nothing more particular
)


def temporal_error(error: Exception) -> Exception:
    """What it means for whoever asked; an error that is not Temporal's comes back as it is."""
    match error:
        case WorkflowUpdateFailedError(cause=ApplicationError() as cause):
            data = cause.details[0] if cause.details and isinstance(cause.details[0], dict) else {}
            return DomainError.revive(cause.type or "", cause.message, data)
        case WorkflowUpdateFailedError():
            return errors.DeliveryClosed("the delivery ended meanwhile")
        case WorkflowAlreadyStartedError():
            return errors.DeliveryClosed("a delivery of this key has ended")
        case RPCError(status=RPCStatusCode.NOT_FOUND):
            return errors.DeliveryClosed("the delivery has ended")
        case RuntimeError() as failed if not never_connected(failed):
            return error
        case _:
            return errors.Unavailable("deliveries cannot be reached now; try again with the same Idempotency-Key")
