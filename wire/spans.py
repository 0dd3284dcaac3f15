"""Calls to strangers as spans of whatever is being traced: by method and host, since a path or a query may be
somebody's. The strangers are told nothing of the trace."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode

from wire.errors import WireError

_tracer = trace.get_tracer("entrega.wire")
_FAILED = 400


@contextmanager
def spanned(request: httpx.Request, about: Mapping[str, str]) -> Iterator[Span]:
    """While inside; `about` says whose call it is, in words of ours. An error leaves its reason, never its message."""
    url = request.url
    host = url.raw_host.decode("ascii", "replace")
    attributes = {**about, "http.request.method": request.method, "server.address": host}
    with _tracer.start_as_current_span(
        f"{request.method} {host}",
        kind=SpanKind.CLIENT,
        attributes={**attributes, "server.port": url.port or (443 if url.scheme == "https" else 80)},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except BaseException as error:  # being cancelled, when the deadline comes, too
            span.set_attribute("error.type", error.reason if isinstance(error, WireError) else type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise


def answered(span: Span, status: int) -> None:
    """With this status."""
    span.set_attribute("http.response.status_code", status)
    if status >= _FAILED:
        span.set_status(StatusCode.ERROR)
