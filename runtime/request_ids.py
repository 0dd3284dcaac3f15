"""A request's id travels: from the API's answer through the workflow it asks to the activities that follow, so that
one id finds all their log lines. It rides in Temporal's headers and adds no events to a history."""

import contextvars
from collections.abc import Mapping
from typing import Any

import structlog
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Interceptor as ClientInterceptor,
)
from temporalio.client import (
    OutboundInterceptor,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    StartWorkflowUpdateWithStartInput,
    WorkflowUpdateHandle,
)
from temporalio.converter import DefaultPayloadConverter
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleUpdateInput,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)
from temporalio.worker import (
    Interceptor as WorkerInterceptor,
)

REQUEST_ID: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)
_HEADER = "request-id"
_converter = DefaultPayloadConverter()


def _written(headers: Mapping[str, Payload], request_id: str | None) -> Mapping[str, Payload]:
    return {**headers, _HEADER: _converter.to_payload(request_id)} if request_id else headers


def _read(headers: Mapping[str, Payload]) -> str | None:
    payload = headers.get(_HEADER)
    return None if payload is None else str(_converter.from_payload(payload))


class RequestIds(ClientInterceptor, WorkerInterceptor):
    """On every client and, through it, on every worker made from one."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Writes the id of the request that is being served."""
        return _Client(next)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Logs under the id of the request behind this activity."""
        return _Activities(next)

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: ARG002
    ) -> type[WorkflowInboundInterceptor]:
        """Remembers who asked last, and tells the activities."""
        return _Workflow


class _Client(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput) -> Any:
        input.headers = _written(input.headers, REQUEST_ID.get())
        return await super().start_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        input.headers = _written(input.headers, REQUEST_ID.get())
        await super().signal_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        input.headers = _written(input.headers, REQUEST_ID.get())
        return await super().start_workflow_update(input)

    async def start_update_with_start_workflow(
        self, input: StartWorkflowUpdateWithStartInput
    ) -> WorkflowUpdateHandle[Any]:
        start, update = input.start_workflow_input, input.update_workflow_input
        start.headers = _written(start.headers, REQUEST_ID.get())
        update.headers = _written(update.headers, REQUEST_ID.get())
        return await super().start_update_with_start_workflow(input)


class _Activities(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        request_id = _read(input.headers)
        token = REQUEST_ID.set(request_id)
        try:
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                return await super().execute_activity(input)
        finally:
            REQUEST_ID.reset(token)


class _Workflow(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        self._last = _LastAsked()
        super().init(_WorkflowOut(outbound, self._last))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        self._last.request_id = _read(input.headers)
        return await super().execute_workflow(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        self._last.request_id = _read(input.headers) or self._last.request_id
        return await super().handle_update_handler(input)


class _LastAsked:
    request_id: str | None = None


class _WorkflowOut(WorkflowOutboundInterceptor):
    def __init__(self, next: WorkflowOutboundInterceptor, last: _LastAsked) -> None:
        super().__init__(next)
        self._last = last

    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        input.headers = _written(input.headers, self._last.request_id)
        return super().start_activity(input)
