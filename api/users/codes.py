"""One-time codes (RFC 6238) and the recovery codes for who has lost the means to make them."""

import base64
import secrets
import time
from collections.abc import Sequence

import pyotp

from api.users.fingerprints import fingerprint
from domain.user_ports import SecondFactor

_STEP_S = 30
_EITHER_SIDE = 1
"""Steps that a clock may be off, as RFC 6238 §5.2 advises."""
_RECOVERY_CODES = 10
_RECOVERY_BYTES = 15  # from 112 bits on a plain digest is enough to keep (OWASP ASVS 6.5.2)
_ISSUER = "Entrega"


def new_secret() -> bytes:
    """160 bits, as RFC 4226 §4 recommends."""
    return secrets.token_bytes(20)


def base32(secret: bytes) -> str:
    """As authenticator programs take it."""
    return base64.b32encode(secret).decode()


def uri(secret: bytes, email: str) -> str:
    """`otpauth://…`, which a QR code may carry."""
    return pyotp.TOTP(base32(secret), interval=_STEP_S).provisioning_uri(name=email, issuer_name=_ISSUER)


def step_of(factor: SecondFactor, code: str, at: float | None = None) -> int | None:
    """The time step whose code this is, now or one step off; None when it is none."""
    now = int((time.time() if at is None else at) // _STEP_S)
    totp = pyotp.TOTP(base32(factor.secret), interval=_STEP_S)
    for step in range(max(0, now - _EITHER_SIDE), now + _EITHER_SIDE + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), code):
            return step
    return None


def recovery_codes() -> tuple[list[str], Sequence[str]]:
    """Ten codes of 120 bits to write down, and their fingerprints."""
    codes = [base32(secrets.token_bytes(_RECOVERY_BYTES)).lower() for _ in range(_RECOVERY_CODES)]
    shown = ["-".join(code[i : i + 4] for i in range(0, len(code), 4)) for code in codes]
    return shown, [fingerprint(code) for code in codes]


def recovery_fingerprint(code: str) -> str:
    """However it was typed."""
    return fingerprint(code.replace("-", "").replace(" ", "").lower())
