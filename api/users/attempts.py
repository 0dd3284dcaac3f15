"""How often somebody may try, per account and per address, across all processes."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request

from api.addresses import address_of
from api.deps import Parts
from domain.errors import SecondFactorRequired, Unavailable
from domain.limits import MAIL_ACCOUNT, MAIL_ADDRESS, PROOF, SIGN_IN_ACCOUNT, SIGN_IN_ADDRESS, SIGN_IN_PAIR, Limit


def _address(request: Request) -> str:
    return address_of(request.client.host if request.client else "")


Address = Annotated[str, Depends(_address)]


@asynccontextmanager
async def attempt(parts: Parts, *tries: tuple[Limit, str]) -> AsyncIterator[int]:
    """A try whose failures count: taken before, given back when it succeeds; how many of the last kind were taken
    lately, this one included. Raises TooMany, Unavailable."""
    taken = 0
    for limit, key in tries:
        taken = limit.most - (await parts.limits.take(limit, key)).tries
    try:
        yield taken
    except SecondFactorRequired:  # half a success: the next step is a try of its own
        await _give_back(parts, tries)
        raise
    await _give_back(parts, tries)


async def _give_back(parts: Parts, tries: tuple[tuple[Limit, str], ...]) -> None:
    with contextlib.suppress(Unavailable):
        for limit, key in tries:
            await parts.limits.give_back(limit, key)


def signing_in(email: str, address: str) -> tuple[tuple[Limit, str], ...]:
    """What a try to sign in counts against; the address first, so that one who is out of tries spends no others'."""
    account = email.lower()
    return (SIGN_IN_ADDRESS, address), (SIGN_IN_PAIR, f"{account} {address}"), (SIGN_IN_ACCOUNT, account)


def proving(user_id: str) -> tuple[Limit, str]:
    """What a password or code inside a session counts against."""
    return PROOF, user_id


async def take_letter(parts: Parts, email: str, address: str) -> None:
    """Counts a request that sends a letter, whether it will or not. Raises TooMany, Unavailable."""
    await parts.limits.take(MAIL_ADDRESS, address)
    await parts.limits.take(MAIL_ACCOUNT, email.lower())
