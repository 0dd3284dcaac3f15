"""Traces: what a request set in motion, as spans that every process hands to one collector by OTLP over HTTP.

Without `ENTREGA_TRACES_URL` nothing of this is imported but by name, and nothing is sent. ADR 21 says what a span may
hold.
"""

from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from runtime.settings import Settings

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig
    from temporalio.client import Interceptor


@contextmanager
def traced(settings: Settings, process: str, *, outermost: bool = False) -> Iterator[None]:
    """While inside, this process (`deliveries-worker`) hands over its spans; what is left at the end gets two seconds.

    The `outermost` hears strangers, whose word that a request be traced is not taken: see `runtime._spans`. Raises
    SettingMissing.
    """
    if settings.traces_url is None:
        yield
        return
    from runtime._spans import begun, ended

    provider = begun(settings, process, outermost=outermost)
    try:
        yield
    finally:
        ended(provider)


def process_name(role: str, names: Sequence[str]) -> str:
    """As in deploy/: `deliveries-worker`; by its role alone where it serves several."""
    return f"{names[0]}-{role}" if len(names) == 1 else role


def on_temporal(traced: bool) -> "list[Interceptor]":
    """What carries a trace through Temporal: for a client, and through it for its workers."""
    if not traced:
        return []
    from runtime._traced_temporal import Traced

    return [Traced()]


def on_http(settings: Settings) -> "TelemetryConfig":
    """FastAPI's own spans, one for each request to the API; no metrics and logs beside ours."""
    return {
        "tracing": settings.traces_url is not None,
        "operation_spans": False,
        "metrics": False,
        "logs": False,
        "auto_configure": False,
        "exclude": _not_asked_of_us,
    }


def _not_asked_of_us(scope: MutableMapping[str, Any]) -> bool:
    """Pages, probes and metrics."""
    return not scope["path"].startswith("/v1/")
