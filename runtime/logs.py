"""Logs: JSON lines with ids, never personal data; a console format for people.

What an error says may be somebody's, so no line repeats it: where it happened, and what kind it is, is enough.
"""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb

import structlog

from runtime.settings import Settings

_MOST_PLACES = 30


def kinds(error: BaseException | None) -> list[str]:
    """What kind of error it is, and of which kinds those are that stand behind it."""
    return [type(each).__name__ for each in _chain(error)]


def places(error: BaseException) -> list[str]:
    """Where it happened, the innermost last, and the same of what stands behind it."""
    first, *behind = (_of(each) for each in _chain(error))
    return [*first[1:], *(line for each in behind for line in each)]


def _of(error: BaseException) -> list[str]:
    found = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)]
    return [f"after {type(error).__name__}", *found[-_MOST_PLACES:]]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from _chain(error.exceptions[0])
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _without_words(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An error's kinds and places instead of its message; of a library's text the first line, since asyncio puts what
    an error said behind it."""
    given = event.pop("exc_info", None)
    if given:
        error = (
            given if isinstance(given, BaseException) else (given if isinstance(given, tuple) else sys.exc_info())[1]
        )
        if isinstance(error, BaseException):
            event.setdefault("error", type(error).__name__)
            event.update(kinds=kinds(error), at=places(error))
    event.pop("exc_text", None)
    text = event.get("event")
    if isinstance(text, str):
        event["event"] = text.partition("\n")[0]
    return event


def _of_the_trace(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """The ids under which the same is found among traces."""
    from opentelemetry import trace  # here, since whoever is not traced need not load it

    at = trace.get_current_span().get_span_context()
    if at.is_valid:
        event.update(trace_id=trace.format_trace_id(at.trace_id), span_id=trace.format_span_id(at.span_id))
    return event


def configure_logs(settings: Settings) -> None:
    """One format for our own lines and for the libraries', to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_words,
    ]
    if settings.traces_url is not None:
        shared.insert(1, _of_the_trace)
    final = structlog.processors.JSONRenderer() if settings.log_format == "json" else structlog.dev.ConsoleRenderer()
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
        )
    )
    logging.raiseExceptions = False  # a line that cannot be written is lost, not told with all that went wrong
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for chatty in ("httpx", "httpcore", "pymongo"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
