"""`entrega carriers`: a person sees what there is, and is told in plain words what is wrong and what to do next."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.quotes import CarrierAccount
from runtime.embedded import Stack
from runtime.settings import Settings
from runtime.wiring import Wiring
from storage._keks import make_kek

ROOT = Path(__file__).parents[2]


async def entrega(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ENTREGA_")}
    command = [sys.executable, "-m", "entrega", *words]
    run = asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, env={**clean, **env}, capture_output=True, text=True, check=False
    )
    done: subprocess.CompletedProcess[str] = await run
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """A running stack without accounts' users: databases, and couriers in the sandbox."""
    path = tmp_path_factory.mktemp("entrega")
    async with Stack(path, only=("postgres", "mongo", "migrate", "sandbox"), usual_ports=False) as stack:
        await _accounts(stack)
        yield path


async def _accounts(stack: Stack) -> None:
    """One account that works, and one for each thing that goes wrong."""
    sandbox = stack.urls["sandbox"]
    async with httpx.AsyncClient(base_url=sandbox) as http:
        items = {item["name"]: item for item in (await http.get("/control/providers")).json()["items"]}
        for provider, fault in (("tartaruga", "garbage"), ("recusa", "5xx"), ("confuso", "429"), ("trava", "refuse")):
            # Which hangs by its own temper, and refuses before that but once: `declining` is asked before `hanging`.
            times = 1 if provider == "trava" else None
            wrong = {"provider": provider, "operation": "quote", "fault": fault, "times": times, "seconds": 30}
            (await http.post("/control/faults", json=wrong)).raise_for_status()
    port = sandbox.rpartition(":")[2]

    def account(name: str, provider: str = "ligeiro", **more: Any) -> CarrierAccount:
        item = items[provider]
        settings = {"base_url": sandbox + item["base_path"], "deadline_s": 2, **item["settings"]}
        values = {"carrier": "open_delivery", "account": name, "name": name.title(), "credentials": item["credentials"]}
        return CarrierAccount.model_validate({**values, "settings": {**settings, **more.pop("settings", {})}, **more})

    wrong = {**items["ligeiro"]["credentials"], "client_secret": "stale"}
    accounts = [
        account("works"),
        account("off", enabled=False),
        account("stale", credentials=wrong),
        account("nowhere", settings={"base_url": "http://nowhere.invalid/v2"}),
        account("closed", settings={"base_url": "http://127.0.0.1:1"}),
        account("plain", settings={"base_url": f"https://127.0.0.1:{port}"}),
        account("hanging", "trava"),
        account("garbled", "tartaruga"),
        account("failing", "recusa"),
        account("slowed", "confuso"),
        account("declining", "trava", countries=("PT",)),
        account("lacking", credentials={"client_id": "x"}, settings={"merchant_id": ""}),
    ]
    async with Wiring(Settings(**{k.removeprefix("ENTREGA_").lower(): v for k, v in stack.env.items()})) as wiring:
        for one in accounts:
            await wiring.accounts("quotes").put(one, "test")
        stray = accounts[0].model_copy(update={"carrier": "pigeon", "account": "post"})
        await wiring.accounts("quotes").put(stray, "test")


WORDS = {
    "works": r"ok .*It works: for an example within BR it offers motorbike_bag at [0-9.]+ BRL\.",
    "off": r"ok .*It works: .* It is switched off: nobody asks it until an admin enables it\.",
    "stale": r"The credentials were refused \(unauthorized, HTTP 401\)\.\s+Check client_id, client_secret, and that",
    "nowhere": r"The host nowhere\.invalid was not found\.\s+Check settings\.base_url",
    "closed": r"Nobody listens at 127\.0\.0\.1:1\.\s+Check settings\.base_url, its port",
    "plain": r"127\.0\.0\.1:\d+ speaks no TLS that we understand \(\w+, TLS\)\.\s+Check settings\.base_url: http or",
    "hanging": r"No answer came from 127\.0\.0\.1:\d+ in time\.\s+Try again",
    "garbled": r"Its answer makes no sense \(not_json\): .*\.\s+Check settings\.base_url: the address of its API",
    "failing": r"It answers with an error of its own \(http_503\).*\.\s+Try again later, or ask the carrier\.",
    "slowed": r"It asks us to slow down for 30 s \(http_429\)\.\s+Try again then",
    "declining": r"It answers, and refuses an example within PT \(unprocessable, HTTP 422\).*\.\s+It was reached",
    "lacking": r"It cannot be used as it is: settings\.merchant_id: .*; credentials\.client_secret is missing\.\s+Comp",
}


async def test_each_thing_that_is_wrong_is_said_in_plain_words_with_the_next_step(folder: Path) -> None:
    done = await entrega("carriers", "check", "open_delivery", "--state", str(folder))
    assert done.returncode == 1
    said = {found[1]: found[0] for found in re.finditer(r"\w+  open_delivery/(\w+)  .*\n(?:   .*\n)?", done.stdout)}
    assert said.keys() == WORDS.keys(), done.stdout
    for name, text in said.items():
        assert re.search(WORDS[name], text), text
        assert text.startswith("ok" if name in ("works", "off") else "failed"), text
    assert "stale" not in done.stdout.replace("open_delivery/stale", "")


async def test_an_account_that_works_leaves_with_zero_and_its_answer_is_listed(folder: Path) -> None:
    done = await entrega("carriers", "--state", str(folder), "check", "open_delivery/works")
    assert (done.returncode, done.stdout.count("open_delivery/")) == (0, 1), done.stdout
    listed = await entrega("carriers", "--state", str(folder))
    assert listed.returncode == 0, listed.stderr
    row = next(line for line in listed.stdout.splitlines() if "open_delivery/works" in line)
    assert re.fullmatch(r"Open Delivery +open_delivery/works +enabled +– +\d+ s ago, quote: ok *", row), row
    for part in (
        r"open_delivery/off +switched off",
        r"open_delivery/lacking +cannot be used: settings\.merchant_id.*credentials\.client_secret is missing",
        r"pigeon/post +cannot be used: carrier: there is no adapter for it",
    ):
        assert re.search(part, listed.stdout), listed.stdout


async def test_without_mongodb_accounts_are_listed_all_the_same(folder: Path) -> None:
    env = Stack.running(folder).env
    ours = {name: env[name] for name in ("ENTREGA_QUOTES_DATABASE_URL", "ENTREGA_KEKS_DIR")}
    for mongo, said in (
        ({}, "ENTREGA_MONGO_URL is not set"),
        ({"ENTREGA_MONGO_URL": "mongodb://127.0.0.1:1"}, "MongoDB does not answer"),
    ):
        listed = await entrega("carriers", **ours, **mongo)
        assert listed.returncode == 0, listed.stderr
        assert "open_delivery/works" in listed.stdout
        assert f"Unknown: what was last answered ({said})." in listed.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pigeons", "no carrier is called 'pigeons': choose from"),
        ("open_delivery/none", "has no account called 'open_delivery/none': choose from open_delivery/closed"),
    ],
)
async def test_a_name_that_nobody_has_is_answered_with_those_there_are(name: str, said: str, folder: Path) -> None:
    done = await entrega("carriers", "check", name, "--state", str(folder))
    assert done.returncode == 1
    assert said in done.stderr


async def test_where_nothing_runs_the_next_step_is_said(tmp_path: Path) -> None:
    done = await entrega("carriers", "--state", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Entrega does not run in {tmp_path}: start it with `entrega up`" in done.stderr
    async with Stack(tmp_path, only=()):
        pass
    assert "does not run in" in (await entrega("carriers", "--state", str(tmp_path))).stderr


async def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    make_kek(tmp_path)
    nowhere = "postgresql+psycopg://x@127.0.0.1:1/x"
    done = await entrega("carriers", ENTREGA_QUOTES_DATABASE_URL=nowhere, ENTREGA_KEKS_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "Check ENTREGA_QUOTES_DATABASE_URL" in done.stderr


async def test_an_empty_database_is_to_be_prepared(tmp_path: Path) -> None:
    async with Stack(tmp_path, only=("postgres",), usual_ports=False):
        done = await entrega("carriers", "--state", str(tmp_path))
    assert done.returncode == 1
    assert "run `entrega migrate`" in done.stderr
