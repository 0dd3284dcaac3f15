"""Users: who may come in, as whom, and where they belong."""

from fastapi import APIRouter

from api.users import (
    invitations,
    keys,
    organisations,
    passwords,
    privacy,
    profile,
    registration,
    second_factor,
    sessions,
    staff,
    tokens,
)

router = APIRouter()
for part in (
    registration, sessions, passwords, profile, second_factor, tokens, organisations, invitations, keys, privacy, staff,
):  # fmt: skip
    router.include_router(part.router)

__all__ = ["router"]
