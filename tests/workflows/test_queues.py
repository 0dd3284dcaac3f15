"""What Temporal's server says of a queue: what waits there is seen although no worker is."""

import asyncio
import secrets

from temporalio.client import Client

from runtime.queues import TemporalWatch


async def test_a_queue_that_nobody_attends_shows_what_waits(client: Client) -> None:
    queue, watch = f"nobody-{secrets.token_hex(4)}", TemporalWatch(client)
    handle = await client.start_workflow("Nothing", id=queue, task_queue=queue)
    try:
        async with asyncio.timeout(30):
            while not (standing := (await watch.queues([], [queue]))[0]).backlog:
                await asyncio.sleep(0.1)
        assert (standing.queue, standing.kind, standing.backlog, standing.pollers) == (queue, "workflow", 1, 0)
        assert [each.kind for each in await watch.queues([queue], [queue])] == ["activity", "workflow"]
        assert await watch.in_trouble() == 0
    finally:
        await handle.terminate()
