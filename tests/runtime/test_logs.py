"""What an error says never reaches a log, however it comes there; what kind it is and where it happened does."""

import asyncio
import gc
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from runtime.logs import configure_logs, kinds, places
from runtime.settings import Settings

SAID = "somebody@example.com lives in Rua das Canárias 7"


@pytest.fixture(params=["json", "console"])
def logs(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What is logged, as a process of ours would write it."""
    root = logging.getLogger()
    before, level, configured = root.handlers[:], root.level, structlog.get_config()
    configure_logs(Settings(log_format=request.param))
    written = io.StringIO()
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield written
    root.handlers, root.level = before, level
    structlog.configure(**configured)


def fail() -> None:
    try:
        raise KeyError(SAID)
    except KeyError as error:
        raise ValueError(SAID) from error


def caught() -> ValueError:
    try:
        fail()
    except ValueError as error:
        return error
    raise AssertionError


def test_our_own_line_tells_kinds_and_places(logs: io.StringIO) -> None:
    try:
        fail()
    except ValueError:
        structlog.get_logger("ours").exception("left undone", delivery_id="del_1")
    told = logs.getvalue()
    assert SAID not in told
    assert "del_1" in told
    for word in ("left undone", "ValueError", "KeyError", "test_logs.py", "fail"):
        assert word in told


@pytest.mark.parametrize("name", ["temporalio.activity", "uvicorn.error", "asyncio"])
def test_a_librarys_line_too(logs: io.StringIO, name: str) -> None:
    logging.getLogger(name).warning("Completing as failed (%s)", {"id": 7}, exc_info=caught())
    logging.getLogger(name).error("Task exception was never retrieved\nfuture: <Task exception=%r>", caught())
    told = logs.getvalue()
    assert SAID not in told
    for word in ("Completing as failed", "ValueError", "never retrieved"):
        assert word in told


async def test_a_task_that_nobody_waits_for_tells_nothing_it_should_not(logs: io.StringIO) -> None:
    async def failing() -> None:
        fail()

    task = asyncio.create_task(failing())
    await asyncio.wait([task])
    del task
    gc.collect()
    told = logs.getvalue()
    assert "never retrieved" in told
    assert "ValueError" in told
    assert SAID not in told


@pytest.mark.parametrize("logs", ["json"], indirect=True)
def test_each_line_is_json_with_the_id_of_its_request(logs: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="req-1"):
        structlog.get_logger("ours").info("said")
        logging.getLogger("theirs").warning("said")
    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    assert [(line["event"], line["logger"], line["request_id"]) for line in lines] == [
        ("said", "ours", "req-1"),
        ("said", "theirs", "req-1"),
    ]


def test_groups_and_what_stands_behind_are_named() -> None:
    group = ExceptionGroup(SAID, [caught()])
    assert kinds(group) == ["ExceptionGroup", "ValueError", "KeyError"]
    assert kinds(None) == []
    assert "after KeyError" in places(group)
    assert SAID not in repr(places(group))
