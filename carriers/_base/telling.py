"""What was said on the wire, kept until it is known what it meant, and then told to the log of exchanges."""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import httpx
from prometheus_client import Counter
from pydantic import JsonValue

from carriers._base.redaction import Redactor, read, size
from carriers._base.wire import Progress, Reply, exchange
from domain._values import as_code
from domain.errors import CarrierError
from domain.exchanges import Exchange
from domain.ports import ExchangeLog
from domain.quotes import AccountRef

UNTOLD = Counter("entrega_exchanges_untold_total", "Exchanges whose redaction failed: a mistake of ours", ["carrier"])

_MOST_REQUEST, _MOST_BOTH = 6_000, 14_000
"""Bytes of the bodies; the rest of an exchange takes less than what is left to `domain.exchanges.LARGEST`."""
# What a carrier's own support asks for, and how fast we may ask: never credentials.
_HEADERS = re.compile(r"content-type|retry-after|(x-)?rate-?limits?(-[a-z-]+)?|([a-z]{1,12}-){0,2}(request|trace)-id")
_HEADER = re.compile(r"[A-Za-z0-9 _.:;=,/+\"-]{1,64}")
_MOST_HEADERS = 8


@dataclass
class _Spoken:
    """One request as it left, and what came back."""

    request: httpx.Request
    at: datetime
    ms: int = 0
    reply: Reply | None = None


@dataclass
class Transcript:
    """What one call has said: usually one exchange, two where a credential had to be renewed, none where it never
    left. `secret` is for token requests, whose bodies are not looked at."""

    account: AccountRef
    operation: str
    secret: bool = False
    fault: CarrierError | None = None
    _spoken: list[_Spoken] = field(default_factory=list)

    async def exchange(self, http: httpx.AsyncClient, request: httpx.Request, progress: Progress) -> Reply:
        """As `wire.exchange`, and remembers it."""
        spoken, began = _Spoken(request, datetime.now(UTC)), time.monotonic()
        self._spoken.append(spoken)
        whose = {"carrier": self.account.carrier, "carrier_account": self.account.account, "operation": self.operation}
        try:
            spoken.reply = await exchange(http, request, progress, whose)
            return spoken.reply
        finally:
            spoken.ms = int((time.monotonic() - began) * 1000)

    def tell(self, log: ExchangeLog | None, outcome: str, secrets: Iterable[str]) -> None:
        """Notes what was said; `outcome` is what the last of it meant. Never raises: the call's own outcome counts."""
        if log is None or not self._spoken:
            return
        known = tuple(secrets)
        reason = self.fault.data.get("reason") if self.fault else None
        meant: list[tuple[str, str | None]] = [("renewed", None)] * (len(self._spoken) - 1)
        meant.append((outcome, as_code(str(reason)) if reason else None))
        for spoken, (became, why) in zip(self._spoken, meant, strict=True):
            try:
                told = self._told(spoken, Redactor(known), became, why)
            except Exception:  # noqa: BLE001 - whatever a stranger wrote that we did not think of
                UNTOLD.labels(self.account.carrier).inc()
            else:
                log.note(told)

    def _told(self, spoken: _Spoken, redactor: Redactor, outcome: str, reason: str | None) -> Exchange:
        asked, reply = spoken.request, spoken.reply
        request, answer = (None, None) if self.secret else _bodies(redactor, asked, reply)
        query = "&".join(sorted(f"{name}=…" for name in asked.url.params))[:100]
        return Exchange(
            id=f"exc_{uuid4().hex}",
            at=spoken.at.replace(microsecond=spoken.at.microsecond // 1000 * 1000),
            carrier=self.account.carrier,
            account=self.account.account,
            operation=self.operation,
            method=asked.method,
            path=redactor.path(asked.url.raw_path.decode("ascii").partition("?")[0]) + (f"?{query}" if query else ""),
            status=reply.status if reply else None,
            outcome=outcome,
            reason=reason,
            ms=spoken.ms,
            request=request,
            answer=answer,
            headers=_headers(reply.headers) if reply else {},
        )


def _bodies(redactor: Redactor, asked: httpx.Request, reply: Reply | None) -> tuple[JsonValue, JsonValue]:
    """What may be kept of both: what the answer holds of anybody is known before anything of it is kept."""
    failed = reply is not None and not reply.ok
    said, told = read(asked.content), read(reply.body) if reply else None
    redactor.learn(told, failed=failed)
    request = _measured(asked.content, asked.headers)
    if said is not None:
        request = redactor.redacted(said, _MOST_REQUEST, failed=False)
    answer = _measured(reply.body, reply.headers) if reply else None
    if told is not None:
        answer = redactor.redacted(told, _MOST_BOTH - size(request), failed=failed)
    return request, answer


def _measured(body: bytes, headers: httpx.Headers) -> JsonValue:
    """All that is kept of a body that is not JSON."""
    if not body:
        return None
    typed = headers.get("content-type", "").partition(";")[0].strip().lower()
    return {"content_type": typed if re.fullmatch(r"[a-z0-9.+/-]{1,64}", typed) else None, "bytes": len(body)}


def _headers(headers: httpx.Headers) -> dict[str, str]:
    kept = {n: v for n, v in headers.items() if len(n) <= 40 and _HEADERS.fullmatch(n) and _HEADER.fullmatch(v)}
    return dict(sorted(kept.items())[:_MOST_HEADERS])
