"""The base of every adapter: one account, its settings and credentials, and the only way to the wire."""

import asyncio
import json as jsonlib
import time
from collections.abc import Awaitable, Collection, Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, TypeVar

import httpx
from prometheus_client import Counter, Gauge, Histogram
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from carriers._base.gate import Gate
from carriers._base.limits import Breaker, BreakerState
from carriers._base.meaning import Meaning, by_status
from carriers._base.pacing import pauses
from carriers._base.telling import Transcript
from carriers._base.wire import Progress, Reply
from domain import errors
from domain.availability import Availability, Refusal
from domain.availability import no as unavailable
from domain.bookings import Booking, BookingOrder, BookingSafety
from domain.ports import ExchangeLog
from domain.quotes import CarrierAccount
from domain.tracking import Scan, ScanKind
from wire import clean

CALLS = Counter(
    "entrega_carrier_calls_total", "Calls to carriers by outcome", ["carrier", "account", "operation", "outcome"]
)
SECONDS = Histogram("entrega_carrier_call_seconds", "How long calls to carriers take", ["carrier", "operation"])
BREAKER = Gauge("entrega_carrier_breaker_state", "0 closed, 1 half-open, 2 open", ["carrier", "account"])

_QUOTE_PATIENCE_S = 2.0
"""How long a quote waits for its turn: a customer waits for it, and other carriers answer meanwhile."""
_PATIENCE = 0.9
"""How much of its deadline any call waits for its turn: what comes later could only fail, and be held against them."""


def _base_url(text: str) -> str:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ValueError("not a URL") from error
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise ValueError("an http or https URL without user, query or fragment")
    return text.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base_url), Field(max_length=500)]
"""Where an account's paths begin."""


class AdapterSettings(BaseModel):
    """Where an account is reached and how hard; seconds, and calls a second."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    base_url: Annotated[BaseUrl, Field(examples=["https://api.example.com"])]
    deadline_s: Annotated[float, Field(gt=0, le=60, description="for a whole call")] = 10
    concurrency: Annotated[int, Field(ge=1, le=500, description="calls at the same time")] = 64
    rate_per_s: Annotated[float, Field(gt=0, le=1000)] = 50
    breaker_failures: Annotated[int, Field(ge=1, le=1000, description="in a row, to be left alone")] = 8
    breaker_cool_down_s: Annotated[float, Field(gt=0, le=600)] = 10


class AdapterCredentials(BaseModel):
    """What proves who we are; every field is a SecretStr."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


S = TypeVar("S", bound=AdapterSettings)
C = TypeVar("C", bound=AdapterCredentials)


class CarrierAdapter(Generic[S, C]):
    """One account at one carrier. Subclasses say what things mean, and fulfil `domain.ports.Carrier`."""

    code: ClassVar[str]
    name: ClassVar[str]
    safety: ClassVar[BookingSafety]
    acknowledges: ClassVar[int] = 202
    statuses: ClassVar[Mapping[str, ScanKind]] = {}
    """Every word it has for where a booking stands."""
    meanings: ClassVar[Mapping[str, Meaning]] = {}
    """Every error it documents, by the code that `explain` reads, or by its HTTP status where it has no code."""
    settings_model: type[S]
    credentials_model: type[C]
    log: ExchangeLog | None = None
    """Where exchanges are noted, if anywhere; the book says where."""

    def __init__(self, account: CarrierAccount, http: httpx.AsyncClient) -> None:
        """Raises ValidationError where `problems` finds any."""
        self.ref = account.ref
        self.settings = self.settings_model.model_validate(account.settings)
        self.credentials = self.credentials_model.model_validate(account.credentials)
        self._http = http
        self._gate = Gate(self.settings.concurrency, self.settings.rate_per_s)
        failures, cool_down_s = self.settings.breaker_failures, self.settings.breaker_cool_down_s
        self._breaker = Breaker(failures, cool_down_s, self._breaker_turned)
        self._breaker_turned(self._breaker.state)

    @classmethod
    def problems(cls, account: CarrierAccount) -> list[str]:
        """Why this account cannot be used as it is, field by field; never a value."""
        found = []
        parts: dict[str, tuple[type[BaseModel], Mapping[str, Any]]] = {
            "settings": (cls.settings_model, account.settings),
            "credentials": (cls.credentials_model, account.credentials),
        }
        for part, (model, given) in parts.items():
            try:
                model.model_validate(given)
            except ValidationError as error:
                found += [f"{'.'.join(map(str, (part, *e['loc'])))}: {e['msg']}" for e in error.errors()]
        return found

    # ── what an adapter may say differently ───────────────────────────────────────────────────────────────

    async def authorise(self, request: httpx.Request) -> None:
        """Puts credentials on a request that is otherwise ready: `request.content` is what will be sent."""

    def renew(self, request: httpx.Request) -> bool:  # noqa: ARG002
        """After a 401: drops what `authorise` had cached, and says whether another try makes sense."""
        return False

    def explain(self, reply: Reply) -> tuple[str, str]:  # noqa: ARG002
        """An error's own code and words, empty where it has none; the words are cleaned by the caller."""
        return "", ""

    def verdict(self, reply: Reply) -> errors.CarrierError | None:
        """What an answer means if it is no success; for carriers that hide errors in a 200 to extend."""
        return None if reply.ok else self.refusal(reply)

    def refusal(self, reply: Reply) -> errors.CarrierError:
        """What an error means: by the table; else by what its status promises, saying what was seen."""
        code, words = self.explain(reply)
        known = self.meanings.get(code) or self.meanings.get(str(reply.status))
        meaning = known or by_status(reply.status)
        data: dict[str, Any] = {"reason": meaning.reason, "status": reply.status}
        if known is None or (code and code not in self.meanings):
            data["unrecognised"] = clean(code or f"http_{reply.status}", 100)
        if issubclass(meaning.error, errors.CarrierRejected):
            return meaning.error(clean(words), **data)
        if reply.retry_after is not None:
            data["retry_after"] = reply.retry_after
        data["sent"] = not issubclass(meaning.error, errors.CarrierThrottled)
        return meaning.error(clean(words) or f"answered with status {reply.status}", **data)

    # ── what every adapter does alike ─────────────────────────────────────────────────────────────────────────

    async def available(self, asking: Awaitable[object], *no_reasons: str) -> Availability:
        """Whether what is asked for would be taken. A refusal is an answer, and so is being turned away for one of
        these reasons; raises CarrierUnavailable when there is none."""
        try:
            await asking
        except (errors.CarrierRejected, errors.CarrierThrottled) as refused:
            if isinstance(refused, errors.CarrierThrottled) and refused.data.get("reason") not in no_reasons:
                raise
            return unavailable(Refusal.CARRIER_REFUSED, refused.detail)
        return Availability(available=True)

    def booking(self, order: BookingOrder, reference: str, **more: Any) -> Booking:
        """What the carrier holds for this order, under its own id; `more` are the other fields of Booking."""
        return Booking(
            carrier=self.ref.carrier,
            carrier_account=self.ref.account,
            offer_id=order.offer.id,
            key=order.key,
            attempt=order.attempt,
            reference=reference,
            **more,
        )

    def scan(self, **fields: Any) -> Scan:
        """A report of this account's."""
        return Scan(carrier=self.ref.carrier, carrier_account=self.ref.account, **fields)

    # ── the wire ──────────────────────────────────────────────────────────────────────────────────────────

    async def send(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        answers: Collection[int | str] = (),
        json_due: bool = True,
        must_answer: bool = False,
    ) -> Reply:
        """Calls the carrier, within this account's deadline, limits and breaker.

        `answers` are statuses, or errors by their code, that the caller reads like a success. With `must_answer` any
        other refusal raises CarrierMisbehaved instead of CarrierRejected: being refused an answer (a revoked key, say)
        must not pass for "there is no booking" or "too late to cancel". Raises CarrierError; see
        `domain.ports.Carrier`.
        """
        began, outcome, said = time.monotonic(), "cancelled", Transcript(self.ref, operation)
        try:
            with self._breaker.guard():
                reply = await self._in_time(method, path, json, headers, said)
                expected = reply.status in answers or (not reply.ok and self.explain(reply)[0] in answers)
                fault = None if expected else self.verdict(reply)
                if fault is not None:
                    raise fault
                if reply.ok and json_due:
                    reply.json()
            outcome = "ok"
            return reply
        except errors.CarrierError as error:
            outcome, said.fault = error.code, error
            if must_answer and isinstance(error, errors.CarrierRejected):
                raise errors.CarrierMisbehaved(error.detail, **{**error.data, "sent": True}) from error
            raise
        finally:
            CALLS.labels(self.code, self.ref.account, operation, outcome).inc()
            SECONDS.labels(self.code, operation).observe(time.monotonic() - began)
            self._tell(said, outcome)

    async def _in_time(
        self, method: str, path: str, json: object, headers: Mapping[str, str] | None, said: Transcript
    ) -> Reply:
        progress = Progress()
        patience = min(_PATIENCE * self.settings.deadline_s, _QUOTE_PATIENCE_S if said.operation == "quote" else 60)
        try:
            async with asyncio.timeout(self.settings.deadline_s), self._gate.turn(said.operation, patience):
                request = self._request(method, path, json, headers)
                await self.authorise(request)
                reply = await self._exchange(request, progress, said)
                if reply.status == httpx.codes.UNAUTHORIZED and self.renew(request):
                    progress.sent = False  # what was turned away at the door does not count
                    request = self._request(method, path, json, headers)
                    await self.authorise(request)
                    reply = await self._exchange(request, progress, said)
                return reply
        except TimeoutError as error:
            raise errors.CarrierUnavailable("no answer in time", reason="timeout", sent=progress.sent) from error

    async def post_for_token(self, url: str, **content: Any) -> Reply:
        """Asks a token endpoint (`json=` or `data=` for a form), inside the call that needs the token: its
        deadline, limits and breaker are that call's. Raises CarrierError."""
        request = self._http.build_request("POST", url, **content)
        outcome, said = "cancelled", Transcript(self.ref, "token", secret=True)
        try:
            reply = await self._exchange(request, Progress(), said)
            fault = self.verdict(reply)
            if isinstance(fault, errors.CarrierRejected):
                raise errors.CarrierRejected("the credentials were refused", reason="unauthorized", status=reply.status)
            if fault is not None:
                raise fault
            outcome = "ok"
            return reply
        except errors.CarrierError as error:
            outcome, said.fault = error.code, error
            raise
        finally:
            self._tell(said, outcome)

    def _tell(self, said: Transcript, outcome: str) -> None:
        secrets = (value.get_secret_value() for _, value in self.credentials if isinstance(value, SecretStr))
        said.tell(self.log, outcome, secrets)

    async def _exchange(self, request: httpx.Request, progress: Progress, said: Transcript) -> Reply:
        """Says one thing, and heeds how fast the answer lets us go on."""
        reply = await said.exchange(self._http, request, progress)
        for operation, seconds in pauses(reply, said.operation).items():
            self._gate.hold(seconds, operation)
        return reply

    def _request(self, method: str, path: str, json: object, headers: Mapping[str, str] | None) -> httpx.Request:
        content, typed = None, dict(headers or {})
        if json is not None:
            content = jsonlib.dumps(json, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_number)
            typed.setdefault("content-type", "application/json")
        return self._http.build_request(method, self.settings.base_url + path, headers=typed, content=content)

    def _breaker_turned(self, state: BreakerState) -> None:
        BREAKER.labels(self.code, self.ref.account).set(state)


def _number(value: object) -> float:
    """A Decimal as a JSON number: exact, since the shortest text of a double keeps 15 digits and money has 14."""
    if not isinstance(value, Decimal):
        raise TypeError(type(value).__name__)
    return float(value)
