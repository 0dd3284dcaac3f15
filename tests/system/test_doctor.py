"""`entrega doctor` beside the running system: what is well is said to be, and what is planted is found."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from temporalio.client import Client

from runtime.doctor.console import findings
from runtime.doctor.findings import Finding, State
from runtime.embedded import Stack
from runtime.settings import Settings
from storage._keks import make_kek
from workflows.upkeep import SWEEP_ID

pytestmark = pytest.mark.long
HANGS = "open_delivery/trava"  # the sandbox's carrier that never answers


@pytest.fixture
def settings(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in stack.env.items():
        monkeypatch.setenv(name, value)
    return Settings()


def wrong(found: list[Finding]) -> dict[str, str]:
    return {one.what: one.said for one in found if one.state is State.WRONG and HANGS not in one.said}


@pytest.fixture
async def paused(stack: Stack) -> AsyncIterator[None]:
    """Somebody has paused the sweep."""
    client = await Client.connect(stack.env["ENTREGA_TEMPORAL_ADDRESS"])
    schedule = client.get_schedule_handle(SWEEP_ID)
    await schedule.pause()
    yield
    await schedule.unpause()


async def test_a_system_that_is_well_is_said_to_be_but_for_the_carrier_that_hangs(settings: Settings) -> None:
    async with asyncio.timeout(120):
        while wrong(found := await findings(settings)):  # a queue that was just now busy
            await asyncio.sleep(1)
    well = {one.what for one in found if one.state is State.OK}
    looked_at = "PostgreSQL migrations clock namespace queues workflows schedules subscribers inbox ledger keys mail"
    assert set(looked_at.split()) | {"audit log", "audit heads", "search attributes", "carriers"} <= well
    [hanging] = [one for one in found if one.state is State.WRONG]
    assert "No answer came from" in hanging.said
    assert hanging.next_step


async def test_what_is_planted_is_found(settings: Settings, paused: None, tmp_path: Path) -> None:
    (tmp_path / "backup.prom").write_text(
        f"entrega_backup_last_success_timestamp_seconds {time.time() - 200_000:.0f}\n"
    )
    keks = tmp_path / "keks"
    make_kek(keks)  # and not the one that the data keys are wrapped by
    refused = make_url(settings.database_url_for("users")).set(password="another")
    planted = settings.model_copy(
        update={
            "users_database_url": SecretStr(refused.render_as_string(False)),
            "keks_dir": keks,
            "metrics_textfiles_dir": tmp_path,
        }
    )
    found = wrong(await findings(planted))
    assert found.get("PostgreSQL", "").startswith("the users service's role")
    assert "key that wraps" in found["keys"]
    assert "sweep-inbox is paused" in found["schedules"]
    assert "56 hours old" in found["backups"]
    assert "another" not in repr(found)


async def test_another_namespace_is_said_to_be_missing(settings: Settings) -> None:
    found = await findings(settings.model_copy(update={"temporal_namespace": "nobodys"}))
    assert "there is no namespace nobodys" in wrong(found)["namespace"]
