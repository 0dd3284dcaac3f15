"""Temporal's development server from its wheel, as a supervised part: made fast, durable, and patient."""

import asyncio
import shutil
import sys
from pathlib import Path

from runtime._state import StateFolder
from runtime.supervisor import Part, PartFailed

SEARCH_ATTRIBUTES = {
    "DeliveryStatus": "Keyword",
    "Carrier": "Keyword",
    "Service": "Keyword",
    "OrganisationId": "Keyword",
    "TrackingNumber": "Keyword",
    "Attention": "Keyword",
    "PromisedAt": "Datetime",
}
_RETENTION = "90d"  # the server's own default forgets a closed delivery after a day


def temporal_part(
    state: StateFolder, port: int, ui_port: int, metrics_port: int, namespace: str, codec: str | None = None
) -> Part:
    """The server on the loopback, state in a file, ready when it has taken the namespace's retention; its UI is told of
    the codec server at `codec`."""
    cli, address = _binary(), f"127.0.0.1:{port}"
    database = state.root / "temporal" / "temporal.db"
    database.parent.mkdir(exist_ok=True)

    async def ready() -> bool:
        update = ["operator", "namespace", "update", "--namespace", namespace, "--retention", _RETENTION]
        asked = await asyncio.create_subprocess_exec(
            cli,
            *update,
            *("--address", address),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return await asked.wait() == 0

    flags = {
        "ip": "127.0.0.1",
        "port": port,
        "ui-port": ui_port,
        "metrics-port": metrics_port,
        "namespace": namespace,
        "db-filename": database,
        "log-level": "warn",
        # One shard asks its queue 20 times a second by default: a hidden 50 ms in every workflow task.
        "dynamic-config-value": "history.transferProcessorMaxPollRPS=1000",
    }
    argv: list[str | Path] = [cli, "server", "start-dev", *(f"--{flag}={value}" for flag, value in flags.items())]
    # As fast as memory, and kill -9 loses nothing.
    argv += ["--sqlite-pragma=journal_mode=wal", "--sqlite-pragma=synchronous=normal"]
    argv += [f"--ui-codec-endpoint={codec}"] if codec else []
    argv += [f"--search-attribute={name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items()]
    return Part(name="temporal", argv=argv, ready=ready)


def _binary() -> str:
    # Beside our Python first: `.venv/bin/entrega` runs without the environment being activated.
    found = shutil.which("temporal", path=str(Path(sys.executable).parent)) or shutil.which("temporal")
    if found is None:
        raise PartFailed(
            "Temporal is not installed: run `make setup`, or set ENTREGA_TEMPORAL_ADDRESS to your own server"
        )
    return found
