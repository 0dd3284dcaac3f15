"""A Temporal that knows nothing of us is made ready, once."""

import sys
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from runtime._temporal import SEARCH_ATTRIBUTES
from runtime.namespaces import prepare
from runtime.settings import Settings


async def test_what_a_namespace_lacks_is_added_and_nothing_twice() -> None:
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(Path(sys.executable).with_name("temporal"))
    ) as env:
        settings = Settings(temporal_address=env.client.service_client.config.target_host)
        assert await prepare(settings) == sorted(SEARCH_ATTRIBUTES)
        assert await prepare(settings) == []
