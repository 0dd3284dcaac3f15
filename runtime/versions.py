"""Which version a worker of workflows is, and making it the one that Temporal sends their tasks to."""

import asyncio
import functools
import hashlib
from pathlib import Path

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode

import domain
import workflows
from runtime.settings import Settings

_NOT_YET = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.UNAVAILABLE)
_AGAIN_S = 0.3


def version_of(queue: str, settings: Settings) -> WorkerDeploymentVersion:
    """What this process's worker of that queue is. Who rolls builds out names them; else it is what the code says."""
    name = settings.deployment_name.replace("{queue}", queue)
    return WorkerDeploymentVersion(deployment_name=name, build_id=settings.build_id or code_hash())


@functools.cache
def code_hash() -> str:
    """What decides whether two workers run the same stories: the text of `domain/` and `workflows/`."""
    digest = hashlib.sha256()
    for package in (domain, workflows):
        for path in sorted(Path(next(iter(package.__path__))).glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


async def set_current_version(client: Client, version: WorkerDeploymentVersion) -> None:
    """Makes this build the current one; retried until its workers have shown up. Without a current version nothing
    runs."""
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=version.deployment_name,
        build_id=version.build_id,
        identity="entrega",
        ignore_missing_task_queues=True,
    )
    while True:
        try:
            await client.workflow_service.set_worker_deployment_current_version(request)
        except RPCError as error:
            if error.status not in _NOT_YET:
                raise
            await asyncio.sleep(_AGAIN_S)
        else:
            return
