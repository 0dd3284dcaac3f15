"""Links and letters: each is made and sent once the answer is out, so that its time tells nothing."""

from datetime import UTC, datetime, timedelta

from api.deps import Parts
from api.users.fingerprints import fresh
from domain.letters import Occasion, letter
from domain.user_ports import Proof, Purpose
from domain.users import Locale, User

_GOOD_FOR = {
    Purpose.VERIFY_EMAIL: timedelta(days=3),
    Purpose.CHANGE_EMAIL: timedelta(days=1),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
}
_PAGES = {
    Purpose.VERIFY_EMAIL: "verify-email",
    Purpose.CHANGE_EMAIL: "verify-email",
    Purpose.RESET_PASSWORD: "reset-password",
}


async def send_proof(parts: Parts, user: User, purpose: Purpose, email: str | None = None) -> None:
    """A link that is good once, to the user's address or the one given."""
    token, digest = fresh()
    to = email or user.email
    expires_at = datetime.now(UTC) + _GOOD_FOR[purpose]
    await parts.proofs.add(Proof(user_id=user.id, purpose=purpose, email=to, expires_at=expires_at), digest)
    link = page(parts, f"{_PAGES[purpose]}#token={token}")
    await parts.mailer.send(letter(Occasion(str(purpose)), user.locale, to, link))


async def send_notice(parts: Parts, user: User, occasion: Occasion, email: str | None = None) -> None:
    """Tells the user what happened; the link is where to take one's account back."""
    link = page(parts, "forgot-password")
    await parts.mailer.send(letter(occasion, user.locale, email or user.email, link))


async def send_reset(parts: Parts, email: str) -> None:
    """A link to choose another password, if there is a user of this address who may sign in."""
    known = await parts.users.by_email(email)
    if known is not None and known[0].disabled_at is None:
        await send_proof(parts, known[0], Purpose.RESET_PASSWORD)


async def send_already(parts: Parts, email: str) -> None:
    """Tells a user that their address was tried once more, by whoever it was."""
    known = await parts.users.by_email(email)
    if known is not None:
        await send_notice(parts, known[0], Occasion.ALREADY_REGISTERED)


async def send_change(parts: Parts, user: User, email: str) -> None:
    """A link to the new address, and a word to the old one."""
    if await parts.users.by_email(email) is not None:
        await send_already(parts, email)
    else:
        await send_proof(parts, user, Purpose.CHANGE_EMAIL, email)
    await send_notice(parts, user, Occasion.EMAIL_CHANGED)


async def send_invitation(parts: Parts, locale: Locale, email: str, token: str, organisation: str) -> None:
    """Asks somebody to join."""
    link = page(parts, f"accept-invitation#token={token}")
    await parts.mailer.send(letter(Occasion.INVITATION, locale, email, link, organisation=organisation))


def page(parts: Parts, path: str) -> str:
    """The address of one of our pages; a token stands behind `#`, which no server and no referrer gets to see."""
    return f"{parts.settings.app_url or parts.settings.public_url or ''}/{path}"
