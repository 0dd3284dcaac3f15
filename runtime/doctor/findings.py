"""What a look finds, and how looks are made: each within its time, none ending the others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from typing import NamedTuple

from domain.errors import DomainError

_WITHIN_S = 45.0


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing has to be done now."""
    WRONG = "wrong"


class Finding(NamedTuple):
    """What was looked at, how it is, and what to do if it is not well."""

    what: str
    state: State
    said: str
    next_step: str = ""


Look = Callable[[], AsyncIterator[Finding]]


def ok(what: str, said: str) -> Finding:
    """It is well."""
    return Finding(what, State.OK, said)


def note(what: str, said: str, next_step: str = "") -> Finding:
    """It should be known."""
    return Finding(what, State.NOTE, said, next_step)


def wrong(what: str, said: str, next_step: str) -> Finding:
    """It has to be mended."""
    return Finding(what, State.WRONG, said, next_step)


async def made(what: str, look: Look) -> list[Finding]:
    """What a look finds; one that ends otherwise, or not in time, is a finding too."""
    found: list[Finding] = []
    try:
        async with asyncio.timeout(_WITHIN_S):
            async for finding in look():
                found.append(finding)
    except TimeoutError:
        found.append(wrong(what, f"no answer within {_WITHIN_S:.0f} s", "Look whether it runs, and how busy it is."))
    except DomainError as error:
        found.append(wrong(what, error.detail, "Look whether it runs and can be reached from here."))
    except Exception as error:  # noqa: BLE001 - what it says may be a password
        found.append(wrong(what, f"it cannot be looked at ({type(error).__name__})", "Look at its own log."))
    return found
