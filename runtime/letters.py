"""What letters name and who writes them: signed links, and a way to the workflows."""

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
from datetime import timedelta

from temporalio.client import Client

from domain.errors import Erased, NotFound
from runtime.calls import reached
from runtime.links import key_of, tracking_url
from runtime.settings import Settings
from workflows import addressing
from workflows.letters import LetterStart, LetterWorkflow, Look

_PREFIX = "uns_"
_MAC_BYTES = 16


class SignedLinks:
    """Links that nobody can guess and nothing is stored for. Raises SettingMissing where there is no key for them."""

    def __init__(self, settings: Settings) -> None:
        settings.need("tracking_token_key_file")
        self._settings = settings

    def follow(self, delivery_id: str) -> str:
        """See `domain.telling_ports.Links`."""
        return tracking_url(self._settings, delivery_id) or ""

    def open(self, delivery_id: str) -> str:
        """A page of the app."""
        return f"{self._settings.app_url or self._settings.public_url or ''}/deliveries/{delivery_id}"

    def unsubscribe(self, subscriber: str, address: bytes | None) -> str:
        """At the API, which a mail program calls by itself."""
        whose = json.dumps([subscriber, address.hex() if address else None], separators=(",", ":")).encode()
        token = base64.urlsafe_b64encode(_mac(self._settings, whose) + whose).decode().rstrip("=")
        return f"{self._settings.public_url or ''}/v1/unsubscribe/{_PREFIX}{token}"


def unsubscribing(settings: Settings, token: str) -> tuple[str, bytes | None]:
    """Whose letters a token ends: a subscriber's, or of one of its addresses. Raises NotFound."""
    try:
        both = base64.urlsafe_b64decode(token.removeprefix(_PREFIX) + "==")
    except (binascii.Error, ValueError):
        raise NotFound("no such link") from None
    mac, whose = both[:_MAC_BYTES], both[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(settings, whose)):
        raise NotFound("no such link")
    subscriber, address = json.loads(whose)
    return subscriber, bytes.fromhex(address) if address else None


def _mac(settings: Settings, whose: bytes) -> bytes:
    # A recipient's link is made with the same key over 16 bytes alone: none of the two can be taken for the other.
    return hmac.new(key_of(settings), b"unsubscribe\x1f" + whose, hashlib.sha256).digest()[:_MAC_BYTES]


class TemporalLetterWriter:
    """Tells whoever writes letters by signal that there is something to tell, starting those that have ended."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def look(self, subscriber: str, delivery_id: str | None, *, anew: bool = False) -> None:
        """See `domain.telling_ports.LetterWriter`."""
        with reached(), contextlib.suppress(Erased):
            await self._client.start_workflow(
                LetterWorkflow.run,
                LetterStart(subscriber=subscriber, delivery_id=delivery_id),
                id=addressing.letter_workflow_id(subscriber, delivery_id),
                task_queue=addressing.NOTIFICATIONS,
                start_signal="look",
                start_signal_args=[Look(anew=anew)],
                rpc_timeout=timedelta(seconds=5),
            )
