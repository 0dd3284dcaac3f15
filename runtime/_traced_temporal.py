"""A trace on its way through Temporal: temporalio's own spans where a call leaves and where an activity runs, and
between the two its ids in headers, beside the request's."""

from collections.abc import Mapping
from typing import Any, NoReturn

from opentelemetry import trace
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.worker import (
    ContinueAsNewInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from runtime._spans import IDS

_HEADER = "traceparent"
_WAITED_FOR_S = 600.0
Headers = Mapping[str, Payload]


class Traced(TracingInterceptor):
    """On a client and, through it, on the workers made from it.

    Workflows make no spans: one that lives for weeks would end its own at its end only, or without any length, and all
    that ever happens to it would be one trace. They hand on, from whoever spoke to them last, and for ten minutes; what
    they do later of their own accord begins a trace.
    """

    def __init__(self) -> None:
        super().__init__(trace.get_tracer("entrega.temporal"))
        self.header_key, self.text_map_propagator = _HEADER, IDS

    def workflow_interceptor_class(  # type: ignore[override] # of its own kind it would make spans
        self,
        input: WorkflowInterceptorClassInput,  # noqa: ARG002
    ) -> type[WorkflowInboundInterceptor]:
        """In place of its own."""
        return _Workflow


class _Asked:
    """Who spoke last: the header as it came."""

    _header: Payload | None = None
    _until = 0.0

    def by(self, headers: Headers) -> None:
        if (header := headers.get(_HEADER)) is not None:
            self._header, self._until = header, workflow.time() + _WAITED_FOR_S

    def first(self, headers: Headers) -> None:
        """Of the start: a signal that came with it, or while its predecessor ended, may have been heard before."""
        if self._header is None:
            self.by(headers)

    def on(self, headers: Headers) -> Headers:
        if self._header is None or workflow.time() > self._until:
            return headers
        return {**headers, _HEADER: self._header}


class _Workflow(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        self._asked = _Asked()
        super().init(_Outbound(outbound, self._asked))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        self._asked.first(input.headers)
        return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        self._asked.by(input.headers)
        await super().handle_signal(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        self._asked.by(input.headers)
        return await super().handle_update_handler(input)


class _Outbound(WorkflowOutboundInterceptor):
    def __init__(self, next: WorkflowOutboundInterceptor, asked: _Asked) -> None:
        super().__init__(next)
        self._asked = asked

    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        input.headers = self._asked.on(input.headers)
        return super().start_activity(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:
        input.headers = self._asked.on(input.headers)
        return super().start_local_activity(input)

    def continue_as_new(self, input: ContinueAsNewInput) -> NoReturn:
        input.headers = self._asked.on(input.headers)
        super().continue_as_new(input)
