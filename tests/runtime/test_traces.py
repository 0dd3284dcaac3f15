"""What leaves a process as a trace holds nothing of anybody's, whatever a library or a stranger put there; and a
collector that is away, silent or somebody else is no matter to whoever is traced."""

import io
import json
import logging
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import structlog
import trustme
from collector import Collector as Server
from fastapi import FastAPI, HTTPException
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode

from runtime._spans import IDS, SPANS, Cleaned, Collector, ended, sampler
from runtime.logs import configure_logs
from runtime.settings import SettingMissing, Settings, load_settings
from runtime.traces import on_http, process_name, traced
from wire import NoAnswer, Progress, exchange

SAID = "Rua das Canárias 7"
MAIL = "a@example.com"
TOKEN = "c2VjcmV0dG9rZW4"
DELIVERY = f"del_{'7' * 32}"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture(scope="module")
def told() -> InMemorySpanExporter:
    """What left; this process's spans are made here, since there is one place for that in each."""
    found = trace.get_tracer_provider()
    if not isinstance(found, TracerProvider):
        found = TracerProvider(shutdown_on_exit=False)
        trace.set_tracer_provider(found)
    propagate.set_global_textmap(IDS)
    kept = InMemorySpanExporter()
    found.add_span_processor(SimpleSpanProcessor(Cleaned(kept)))
    return kept


@pytest.fixture
def left(told: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    told.clear()
    yield told
    sent = encode_spans(told.get_finished_spans()).SerializeToString()
    assert [word for word in (SAID, TOKEN, MAIL) if word.encode() in sent] == []


def only(told: InMemorySpanExporter) -> ReadableSpan:
    [span] = told.get_finished_spans()
    return span


def test_what_a_library_puts_into_a_span_stays_here(left: InMemorySpanExporter) -> None:
    tracer = trace.get_tracer("somebody's")
    full = f"https://example.com/v1/track/{TOKEN}?email={MAIL}"
    given = {"url.full": full, "http.request.header.authorization": TOKEN, "http.route": "/v1/track/{token}"}
    more = {"temporalWorkflowID": f"notification/whe_1/{DELIVERY}", "server.address": f"{TOKEN}.example.com"}

    def fail() -> None:
        with tracer.start_as_current_span(f"GET {full}", kind=SpanKind.SERVER, attributes={**given, **more}) as span:
            span.set_attribute("carrier", f"{SAID}, {MAIL}")  # words, where a code is due
            span.add_event(SAID, {"said": SAID})
            span.set_status(Status(StatusCode.ERROR, SAID))
            raise KeyError(SAID)

    with pytest.raises(KeyError):
        fail()
    span = only(left)
    assert span.name == "SERVER"
    assert span.attributes == {
        "error.type": "KeyError",
        "http.route": "/v1/track/{token}",
        "temporalWorkflowID": f"notification/whe_1/{DELIVERY}",
        "delivery_id": DELIVERY,
    }
    assert (span.events, span.status.status_code, span.status.description) == ((), StatusCode.ERROR, None)


def test_of_a_stranger_come_ids_alone() -> None:
    given = {
        "traceparent": f"00-{TRACE}-{PARENT}-01",
        "tracestate": f"vendor={TOKEN}",
        "baggage": f"email={TOKEN}",
    }
    taken = IDS.extract(given)
    sent: dict[str, str] = {}
    IDS.inject(sent, taken)
    assert sent == {"traceparent": given["traceparent"]}
    assert not trace.get_current_span(IDS.extract({"traceparent": SAID})).get_span_context().is_valid


@pytest.mark.parametrize("flag", ["00", "01"])
def test_a_stranger_decides_nothing_and_one_of_ours_decides_for_all(flag: str) -> None:
    parent = IDS.extract({"traceparent": f"00-{TRACE}-{PARENT}-{flag}"})

    def kept(ratio: float, *, outermost: bool) -> bool:
        decided = sampler(ratio, outermost=outermost).should_sample(parent, int(TRACE, 16), "GET")
        return decided.decision.is_sampled()

    assert kept(1, outermost=True)
    assert not kept(0, outermost=True)
    assert kept(0, outermost=False) == kept(1, outermost=False) == (flag == "01")


async def test_a_request_is_named_by_its_route_and_goes_on_the_browsers_trace(left: InMemorySpanExporter) -> None:
    app = FastAPI(telemetry=on_http(Settings(traces_url="http://collector/v1/traces")))

    @app.get("/v1/track/{token}")
    @app.get("/healthz/{token}")
    async def answer(token: str) -> None:
        raise HTTPException(404, SAID)

    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "host": f"{TOKEN}.example.com"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as http:
        for path in ("/v1/track", "/healthz"):
            assert (await http.get(f"{path}/{TOKEN}", params={"email": MAIL})).status_code == 404
    span = only(left)
    assert span.name == "GET /v1/track/{token}"
    assert span.attributes == {
        "http.request.method": "GET",
        "http.route": "/v1/track/{token}",
        "http.response.status_code": 404,
    }
    assert span.context is not None and span.parent is not None  # noqa: PT018
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, PARENT)


async def test_a_carriers_call_is_named_by_its_host_and_the_carrier_hears_of_no_trace(
    left: InMemorySpanExporter,
) -> None:
    heard: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request.headers)
        if request.method == "GET":
            raise httpx.ReadError(SAID)
        return httpx.Response(409, stream=httpx.ByteStream(SAID.encode()))

    about = {"carrier": "uber_direct", "carrier_account": "main", "operation": "book"}
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        url = f"https://carrier.example:8443/orders/{TOKEN}?to={SAID}"
        assert (await exchange(http, http.build_request("POST", url), Progress(), about=about)).status == 409
        with pytest.raises(NoAnswer):
            await exchange(http, http.build_request("GET", url), Progress())
    refused, broken = left.get_finished_spans()
    assert [span.name for span in (refused, broken)] == ["POST carrier.example", "GET carrier.example"]
    called = {"server.address": "carrier.example", "server.port": 8443}
    assert refused.attributes == {**called, **about, "http.request.method": "POST", "http.response.status_code": 409}
    assert broken.attributes == {**called, "http.request.method": "GET", "error.type": "unreachable"}
    assert [name for headers in heard for name in headers if name.startswith(("trace", "baggage"))] == []


# ── the collector ─────────────────────────────────────────────────────────────────────────────────────────


def provider(settings: Settings) -> TracerProvider:
    """As of a process, but for its own."""
    made = TracerProvider(shutdown_on_exit=False)
    made.add_span_processor(BatchSpanProcessor(Cleaned(Collector(settings)), 64, 60_000, 16))
    return made


def spans(made: TracerProvider, many: int) -> None:
    for number in range(many):
        made.get_tracer("t").start_span(f"{number}").end()


def counted(outcome: str) -> float:
    return SPANS.labels(outcome)._value.get()


def test_what_is_left_at_the_end_is_handed_over() -> None:
    with Server() as server:
        made = provider(Settings(traces_url=server.url))
        spans(made, 3)
        ended(made)
        assert [span.name for span in server.spans] == ["0", "1", "2"]


def test_a_collector_that_is_away_costs_its_spans_and_nothing_else() -> None:
    with Server() as gone:
        settings = Settings(traces_url=gone.url)
    before, made = counted("lost"), provider(settings)
    spans(made, 3)
    ended(made)
    assert counted("lost") - before == 3


def test_a_collector_that_hangs_holds_up_nobody_and_fills_no_memory() -> None:
    asked, on = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        on.wait(60)

    with Server(before=hang) as server:
        made = provider(Settings(traces_url=server.url))
        spans(made, 16)
        assert asked.wait(30)
        spans(made, 500)  # while the first batch is under way
        ended(made, within_s=0.1)
        on.set()  # only now: nothing above waited for it
        for thread in threading.enumerate():
            if thread.name.startswith("OtelBatchSpan"):
                thread.join(30)
        assert len(server.spans) <= 16 + 64


def test_the_collector_is_one_of_ours_and_sees_who_we_are(tmp_path: Path) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    ours, ca = authority.issue_cert("entrega"), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    ours.cert_chain_pems[0].write_to_path(str(tmp_path / "it.pem"))
    ours.private_key_pem.write_to_path(str(tmp_path / "it.key"))
    for signed_by, outcome in ((authority, "sent"), (stranger, "lost")):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        signed_by.issue_cert("127.0.0.1").configure_cert(tls)
        authority.configure_trust(tls)
        tls.verify_mode = ssl.CERT_REQUIRED
        with Server(tls) as server:
            pair = {"tls_cert_file": tmp_path / "it.pem", "tls_key_file": tmp_path / "it.key"}
            before, made = counted(outcome), provider(Settings(traces_url=server.url, tls_ca_file=ca, **pair))
            spans(made, 2)
            ended(made)
            assert counted(outcome) - before == 2
            assert len(server.spans) == (2 if outcome == "sent" else 0)


def test_traces_do_not_travel_in_the_clear_where_nothing_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREGA_TLS_REQUIRED", "true")
    monkeypatch.setenv("ENTREGA_TRACES_URL", "http://collector:4318/v1/traces")
    with pytest.raises(SettingMissing, match="TRACES_URL needs https"):
        load_settings()


def test_untraced_nothing_is_begun() -> None:
    before = trace.get_tracer_provider()
    with traced(Settings(), process_name("worker", ["deliveries"])):
        assert trace.get_tracer_provider() is before
    assert on_http(Settings())["tracing"] is False


def test_log_lines_say_under_which_trace_the_same_is_found(told: InMemorySpanExporter) -> None:
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logs(Settings(traces_url="http://collector/v1/traces"))
        written = io.StringIO()
        [handler] = root.handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(written)
        with trace.get_tracer("t").start_as_current_span("a") as span:
            structlog.get_logger("ours").info("inside")
            logging.getLogger("a library's").warning("inside")
        structlog.get_logger("ours").info("outside")
    finally:
        root.handlers, root.level = handlers, level
        structlog.configure(**configured)
    *inside, outside = (json.loads(line) for line in written.getvalue().splitlines())
    at = span.get_span_context()
    ids = {"trace_id": f"{at.trace_id:032x}", "span_id": f"{at.span_id:016x}"}
    assert [{name: line[name] for name in ids} for line in inside] == [ids, ids]
    assert ids.keys().isdisjoint(outside)
