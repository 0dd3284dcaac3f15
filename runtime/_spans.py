"""The spans of a process: made by OpenTelemetry's SDK, stripped to what may leave, sent within a deadline or lost."""

import asyncio
import re
import ssl
import threading
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from uuid import uuid4

import httpx
import structlog
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.propagators.textmap import CarrierT, Getter, default_getter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import Link, SpanKind, Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue
from prometheus_client import Counter

from runtime._renewing import Stamp, stamp
from runtime.settings import Settings
from runtime.tls import inside_trust
from workflows import addressing

_QUEUE, _BATCH, _EVERY_S = 4096, 512, 5.0
_DEADLINE_S = 5.0
_KEPT = frozenset(
    {"http.request.method", "http.route", "http.response.status_code", "error.type"}
    | {"carrier", "carrier_account", "operation", "temporalWorkflowID", "temporalRunID"}
)
_CALLED = frozenset({"server.address", "server.port"})  # of whom we call; who calls us chooses what it says there
_PLAIN = re.compile(r"[A-Za-z0-9_.:/{}-]{1,150}")
_NAME = re.compile(r"[A-Za-z0-9_.:/{} -]{1,150}")

SPANS = Counter("entrega_spans_total", "Spans handed to the collector of traces, or lost with it", ["outcome"])
_log = structlog.get_logger(__name__)


def begun(settings: Settings, process: str, *, outermost: bool) -> TracerProvider:
    """Whoever makes spans in this process makes them here from now on. Raises SettingMissing for unusable files."""
    told = {"service.namespace": "entrega", "service.name": process, "service.version": version("entrega")}
    provider = TracerProvider(
        sampler=sampler(settings.traces_ratio, outermost=outermost),
        resource=Resource({**told, "service.instance.id": uuid4().hex}),
        shutdown_on_exit=False,
    )
    sending = Cleaned(Collector(settings))
    provider.add_span_processor(BatchSpanProcessor(sending, _QUEUE, _EVERY_S * 1000, _BATCH))
    propagate.set_global_textmap(IDS)
    trace.set_tracer_provider(provider)
    return provider


def ended(provider: TracerProvider, within_s: float = 2.0) -> None:
    """Hands over what is left, as far as there is time: a process does not live on for its traces."""
    ending = threading.Thread(target=provider.shutdown, daemon=True)
    ending.start()
    ending.join(within_s)


def sampler(ratio: float, *, outermost: bool) -> Sampler:
    """Each trace is kept or not as a whole, by its id, so that all processes agree. What a stranger says of keeping it
    counts for nothing: else who wants to fills the store."""
    share = TraceIdRatioBased(ratio)
    if outermost:
        return ParentBased(share, remote_parent_sampled=share, remote_parent_not_sampled=share)
    return ParentBased(share, remote_parent_sampled=ALWAYS_ON, remote_parent_not_sampled=ALWAYS_OFF)


class _Ids(TraceContextTextMapPropagator):
    """`traceparent` alone, which is ids: `tracestate` and `baggage` would carry a stranger's words to Temporal's
    histories and to the store."""

    def extract(
        self, carrier: CarrierT, context: Context | None = None, getter: Getter[CarrierT] = default_getter
    ) -> Context:
        given = getter.get(carrier, "traceparent")
        return super().extract({"traceparent": given[0]} if given else {}, context)


IDS = _Ids()
"""How a trace's ids travel."""


class Cleaned(SpanExporter):
    """Hands on what a span may hold: names and ids of ours, and of an error its kind. All else stays here, whatever a
    library puts there: addresses with their paths and queries, headers, bodies, what an error says."""

    def __init__(self, behind: SpanExporter) -> None:
        self._behind = behind

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter."""
        return self._behind.export([cleaned(span) for span in spans])

    def shutdown(self) -> None:
        """See SpanExporter."""
        self._behind.shutdown()


def cleaned(span: ReadableSpan) -> ReadableSpan:
    """The same span with what may leave, and the delivery that it is about."""
    return ReadableSpan(
        name=span.name if _NAME.fullmatch(span.name) else span.kind.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=dict(_attributes(span)),
        links=[Link(link.context) for link in span.links],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _attributes(span: ReadableSpan) -> Iterator[tuple[str, AttributeValue]]:
    given = span.attributes or {}
    errors = ((event.attributes or {}).get("exception.type") for event in span.events)
    allowed = _KEPT | _CALLED if span.kind is SpanKind.CLIENT else _KEPT
    for name, value in [*(("error.type", error) for error in errors), *given.items()]:
        if name in allowed and (isinstance(value, int) or (isinstance(value, str) and _PLAIN.fullmatch(value))):
            yield name, value
    about = addressing.delivery_in(str(given.get("temporalWorkflowID", "")))
    if about is not None:
        yield "delivery_id", about


class Collector(SpanExporter):
    """Sends spans from a thread of its own. What does not arrive within five seconds is lost, and nobody waits for it;
    meanwhile the newest few thousand are kept."""

    def __init__(self, settings: Settings) -> None:
        self._url: str = settings.need("traces_url")
        self._settings, self._well = settings, True
        shown, key, authority = settings.tls_cert_file, settings.tls_key_file, settings.tls_ca_file
        self._pair = (shown, key) if shown and key else None
        self._files = [path for path in (shown, key, authority) if path]
        self._seen: Stamp | None = None
        self._context()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See SpanExporter; never raises."""
        try:
            status = asyncio.run(self._send(encode_spans(spans).SerializeToString()))
            trouble = None if 200 <= status <= 299 else f"status {status}"
        except Exception as error:  # noqa: BLE001 - whatever it is, traces are not worth it
            trouble = type(error).__name__
        SPANS.labels("lost" if trouble else "sent").inc(len(spans))
        if trouble and self._well:
            _log.warning("traces are lost", error=trouble)
        elif not trouble and not self._well:
            _log.info("traces are taken again")
        self._well = trouble is None
        return SpanExportResult.FAILURE if trouble else SpanExportResult.SUCCESS

    async def _send(self, body: bytes) -> int:
        """What it answers beside its status is left unread."""
        headers = {"content-type": "application/x-protobuf", "user-agent": "entrega"}
        async with (
            asyncio.timeout(_DEADLINE_S),
            httpx.AsyncClient(verify=self._context(), timeout=None, trust_env=False) as http,  # noqa: S113
            http.stream("POST", self._url, content=body, headers=headers) as answer,
        ):
            return answer.status_code

    def _context(self) -> ssl.SSLContext:
        """Our authority, and our certificate for who asks for it, as the files are now."""
        if (seen := stamp(*self._files)) != self._seen:
            self._trust = inside_trust(self._settings)
            if self._pair is not None:
                self._trust.load_cert_chain(*self._pair)
            self._seen = seen
        return self._trust
