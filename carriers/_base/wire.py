"""Carriers on the wire: the bounded exchange told in carriers' errors, and the webhooks that they sign."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

import wire
from domain.errors import CarrierMisbehaved, CarrierUnavailable, PayloadInvalid, SignatureInvalid
from wire import Progress, client, strict_json, unreadable

__all__ = ["LONGEST_WEBHOOK", "Progress", "Reply", "client", "exchange", "hmac_sha256", "signed"]

LONGEST_WEBHOOK = 65_536
"""Bytes; what is longer is refused unread."""

M = TypeVar("M", bound=BaseModel)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except wire.BadAnswer as bad:
        raise CarrierMisbehaved(bad.words, reason=bad.reason, sent=True) from bad
    except wire.NoAnswer as none:
        raise CarrierUnavailable(none.words, reason=none.reason, sent=none.sent) from none


@dataclass(frozen=True)
class Reply(wire.Reply):
    """What a carrier answered, read to its end."""

    def json(self) -> Any:
        """The object or array it holds; raises CarrierMisbehaved."""
        with _in_our_words():
            return super().json()

    def read(self, model: type[M], *path: str) -> M:
        """Its JSON, or what lies at a path in it, as this model; raises CarrierMisbehaved, naming the fields and
        none of their values."""
        with _in_our_words():
            return super().read(model, *path)

    def text_at(self, *path: str | int) -> str:
        """The text at a path in its JSON, as in `text_at("error", "code")`; empty where there is none."""
        try:
            found = self.json()
            for step in path:
                found = found[step]
        except (CarrierMisbehaved, LookupError, TypeError):
            return ""
        return found if isinstance(found, str) else ""


async def exchange(
    http: httpx.AsyncClient, request: httpx.Request, progress: Progress, about: Mapping[str, str]
) -> Reply:
    """Sends and reads to the end. Raises CarrierUnavailable or CarrierMisbehaved; see `wire.exchange`."""
    with _in_our_words():
        reply = await wire.exchange(http, request, progress, about=about)
    return Reply(reply.status, reply.headers, reply.body)


def hmac_sha256(secret: SecretStr, body: bytes) -> str:
    """The lower-case hexadecimal HMAC-SHA256 of a body."""
    return hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()


def signed(body: bytes, model: type[M], *proofs: tuple[str, str]) -> M:
    """A webhook's body, once every proof (as given, as expected) is the same.

    Raises SignatureInvalid, or PayloadInvalid when it is too long, not JSON, or not this model.
    """
    if len(body) > LONGEST_WEBHOOK:
        raise PayloadInvalid("too long", most=LONGEST_WEBHOOK)
    # As bytes: comparing text that is not ASCII would raise. All are compared, whichever differs.
    same = [hmac.compare_digest(*(text.encode(errors="replace") for text in proof)) for proof in proofs]
    if not same or not all(same):
        raise SignatureInvalid
    try:
        return model.model_validate(strict_json(body))
    except ValidationError as error:
        raise PayloadInvalid(f"unreadable: {unreadable(error)}") from None
    except ValueError as error:
        raise PayloadInvalid("not JSON") from error
