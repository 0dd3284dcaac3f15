"""A machine is lost with all its disks: what was followed is there again, to the moment; nobody who was erased comes
back, and deliveries that were on their way come to their end."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from front_door import entrega

from demo.customer import Customer, Refused
from demo.scenarios import Scenario
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.backup.manifest import followed, last_drill, manifests
from runtime.backup.postgres import Server
from runtime.backup.vault import Vault
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL

pytestmark = pytest.mark.long
PASSWORD = "vermelhopapagaio amarelotucano"
HOW: dict[str, Any] = {"policy": {**DEMO_POLICY, "accept_within": "PT2M"}, "usual_ports": False}
SLOWLY = 40.0
"""So that what is on its way is so for a minute."""
UNDER_WAY = ("booked", "picked_up", "in_transit", "out_for_delivery")
LINES = "SELECT subject, seq, hash FROM journal.journal WHERE txid < %s::xid8 ORDER BY subject, seq"


async def fails(*words: str) -> str:
    """What it printed; it ended with 1."""
    pipe = asyncio.subprocess.PIPE
    done = await asyncio.create_subprocess_exec(sys.executable, "-m", "entrega", *words, stdout=pipe, stderr=pipe)
    out, err = await done.communicate()
    assert done.returncode == 1
    return (out + err).decode()


@contextlib.asynccontextmanager
async def following(state: Path) -> AsyncIterator[None]:
    words = ("backup", "follow", "--state", str(state), "--every", "1", "--base-every-hours", "0")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "entrega", *words), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def followed_past(vault: Vault, moment: datetime) -> None:
    async with asyncio.timeout(60):
        while (now := followed(vault)) is None or now.mark.at <= moment:
            await asyncio.sleep(0.2)


async def asked_for(customer: Customer, name: str, choice: str | None = "cheapest") -> str:
    body = Scenario(name, "delivered", choice=choice).body(1)
    return str((await customer.call("POST", "/v1/deliveries", key=name, json=body))["id"])


async def until(customer: Customer, its_id: str, *wanted: str) -> None:
    async with asyncio.timeout(90):
        while (await customer.call("GET", f"/v1/deliveries/{its_id}"))["status"] not in wanted:
            await asyncio.sleep(0.2)


def lines(url: str, txid: int) -> list[Any]:
    with psycopg.connect(url.replace("+psycopg", "")) as database:
        return database.execute(LINES, (str(txid),)).fetchall()


async def test_what_was_followed_is_there_again_and_goes_on(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    vault = Vault(str(old / "backups"))
    async with Stack(old, speed=SLOWLY, **HOW) as stack:
        owner = stack.env["ENTREGA_DATABASE_URL"]
        async with following(old):
            customer, leaver = Customer(stack.urls["api"]), Customer(stack.urls["api"])
            await customer.register("fica@example.com", PASSWORD, "Quem fica")
            await leaver.register("vai@example.com", PASSWORD, "Quem vai")
            first = [await asked_for(customer, f"first-{number}") for number in range(2)]
            await entrega("backup", "--state", str(old))
            await until(customer, first[0], *UNDER_WAY, "delivered")
            assert "an increment of" in await entrega("backup", "--state", str(old))
            on_its_way = [await asked_for(customer, f"late-{number}") for number in range(2)]
            for its_id in on_its_way:
                await until(customer, its_id, *UNDER_WAY)
            mark = await (await Server.at(owner)).mark()
            before = lines(owner, mark.txid)
            too_late = await asked_for(customer, "too-late", None)
            await leaver.call("POST", "/v1/users/me/erase", json={"password": PASSWORD})
            await followed_past(vault, (await (await Server.at(owner)).mark()).at)
            await asyncio.sleep(2)  # the relay has copied the erasure by then
            await followed_past(vault, (await (await Server.at(owner)).mark()).at)
        assert "is not empty" in await fails("restore", "--state", str(old), "--into", str(old))
        ports = {name: int(stack.urls[name].rpartition(":")[2]) for name in ("api", "sandbox")}
        for part in ("postgres", "mongo", "temporal"):
            os.kill(stack.pids()[part], signal.SIGKILL)
        await customer.close()
        await leaver.close()
    for part in ("postgres", "mongo", "temporal", "backup-spool"):
        shutil.rmtree(old / part)

    told = await entrega("restore", "--to", mark.at.isoformat(), "--state", str(old), "--into", str(new))
    assert "erased again: 2" in told  # the person and their organisation
    shutil.copy(old / "sandbox.db", new)  # the carriers' side lives on
    async with Stack(new, speed=DEMO_SPEED, ports=ports, **HOW) as stack:
        assert lines(stack.env["ENTREGA_DATABASE_URL"], mark.txid) == before
        customer = Customer(stack.urls["api"])
        await customer.sign_in("fica@example.com", PASSWORD)
        with pytest.raises(Refused) as refused:
            await customer.call("GET", f"/v1/deliveries/{too_late}")
        assert refused.value.status == 404
        assert "go on: " in (said := await entrega("reconcile", "--state", str(new)))
        assert "go on: 0" not in said
        assert "go on: 0" in await entrega("reconcile", "--state", str(new))
        for its_id in (*first, *on_its_way):
            await until(customer, its_id, "delivered")
        assert "whole, and as the journal tells it" in await entrega("audit", "verify", "--state", str(new))
        stranger, admin = Customer(stack.urls["api"]), Customer(stack.urls["api"])
        with pytest.raises(Refused):
            await stranger.sign_in("vai@example.com", PASSWORD)
        await admin.sign_in(ADMIN_EMAIL, stack.admin_password())
        assert "another database" in await fails("backup", "--state", str(new), "--to", str(old / "backups"))
        for one in (customer, stranger, admin):
            await one.close()

    assert "right: " in await entrega("restore-drill", "--state", str(old))
    report = last_drill(vault)
    assert report is not None
    assert [check.name for check in report.checks if not check.right] == []
    needed = manifests(vault)[-1].postgres.wal
    vault.delete([name for name, _ in vault.names("wal") if name >= f"wal/{needed}"])  # no gap, but for the mark
    assert "WRONG: exactly what was committed is there" in await fails("restore-drill", "--state", str(old))
    damaged = sorted((old / "backups" / "backups").glob("*/postgres.tar.gz.age"))[0]
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    assert damaged.name in await fails("restore-drill", "--state", str(old))
