"""`entrega` as a person types it."""

import asyncio
import sys


async def entrega(*words: str) -> str:
    """What it printed; it ended well."""
    command = [sys.executable, "-m", "entrega", *words]
    done = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    told, _ = await done.communicate()
    assert done.returncode == 0
    return told.decode()
