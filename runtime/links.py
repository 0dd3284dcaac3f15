"""The recipient's link: a token nobody can guess, made of the delivery's id and a keyed hash of it.

Nothing is stored, and whoever holds a delivery's id alone cannot make its link.
"""

import base64
import binascii
import functools
import hashlib
import hmac
from pathlib import Path

from domain.errors import NotFound
from runtime.settings import Settings

_PREFIX = "trk_"


@functools.lru_cache(maxsize=4)
def _key(path: Path) -> bytes:
    return path.read_bytes().strip()


def key_of(settings: Settings) -> bytes:
    """By which links are signed. Raises SettingMissing."""
    return _key(settings.need("tracking_token_key_file"))


def _mac(settings: Settings, raw: bytes) -> bytes:
    return hmac.new(key_of(settings), raw, hashlib.sha256).digest()[:16]


def tracking_token(settings: Settings, delivery_id: str) -> str:
    """`trk_` and 43 characters."""
    raw = bytes.fromhex(delivery_id.removeprefix("del_"))
    return _PREFIX + base64.urlsafe_b64encode(raw + _mac(settings, raw)).decode().rstrip("=")


def tracking_url(settings: Settings, delivery_id: str) -> str | None:
    """The recipient's page in the web app; None where this installation has no key for links."""
    if settings.tracking_token_key_file is None:
        return None
    return f"{settings.public_url or ''}/track/{tracking_token(settings, delivery_id)}"


def delivery_of(settings: Settings, token: str) -> str:
    """The delivery a token is for; raises NotFound for anything else."""
    try:
        both = base64.urlsafe_b64decode(token.removeprefix(_PREFIX) + "=")
    except (binascii.Error, ValueError) as error:
        raise NotFound("no such delivery") from error
    raw, mac = both[:16], both[16:]
    if len(raw) != 16 or not hmac.compare_digest(mac, _mac(settings, raw)):
        raise NotFound("no such delivery")
    return f"del_{raw.hex()}"
