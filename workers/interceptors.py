"""Domain errors crossing into Temporal: one place turns them into failures that callers can read and act on."""

from datetime import timedelta
from typing import Any

from opentelemetry import trace
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from domain.errors import DeliveryDiverged, DomainError


def application_error(error: DomainError) -> ApplicationError:
    """`type` is the error's code, the first detail its data. Temporal retries by exact type name and looks at the
    outermost error alone, so the one bit that matters is set here."""
    wait = error.data.get("retry_after")
    expected = not isinstance(error, DeliveryDiverged)
    return ApplicationError(
        error.detail,
        error.data,
        type=error.code,
        non_retryable=not error.retryable,
        next_retry_delay=timedelta(seconds=float(wait)) if wait is not None else None,
        category=ApplicationErrorCategory.BENIGN if expected else ApplicationErrorCategory.UNSPECIFIED,
    )


class DomainErrors(Interceptor):
    """On every worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wraps activities."""
        return _Activities(next)

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: ARG002
    ) -> type[WorkflowInboundInterceptor]:
        """Wraps updates."""
        return _Updates


class _Activities(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await super().execute_activity(input)
        except DomainError as error:
            trace.get_current_span().set_attribute("error.type", error.code)
            raise application_error(error) from error


class _Updates(WorkflowInboundInterceptor):
    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        try:
            super().handle_update_validator(input)
        except DomainError as error:
            raise application_error(error) from error

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        try:
            return await super().handle_update_handler(input)
        except DomainError as error:
            raise application_error(error) from error
