"""Runs the scenarios beside each other, shows them live, and says whether each ended as it should."""

import asyncio
import secrets
import ssl
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from rich import box
from rich.console import Console
from rich.live import Live
from rich.table import Table

from demo.books import agree
from demo.customer import Customer, Refused
from demo.scenarios import FAULTS, SCENARIOS, Scenario

FINAL = {"expired", "delivered", "returned", "cancelled", "lost", "failed"}
_WAIT = 300.0
_TRIES = 5
_PAUSE = 3.0
_PASSING = {"timeout", "carrier_silent", "unavailable"}


class Outcome:
    """What is known of one delivery while it lives."""

    def __init__(self, scenario: Scenario, number: int) -> None:
        self.scenario, self.number = scenario, number
        self.id = self.carrier = ""
        self.status, self.error = "…", ""
        self.kinds: list[str] = []
        self.changed = asyncio.Event()

    @property
    def right(self) -> bool:
        """Ended as it should, having shown what it should on the way."""
        missing = [kind for kind in self.scenario.shows if kind not in self.kinds]
        if missing and not self.error:
            self.error = f"never saw {', '.join(missing)}"
        if self.status in FINAL and self.status != self.scenario.ends and not self.error:
            self.error = f"ended {self.status}, not {self.scenario.ends}"
        return not self.error and self.status == self.scenario.ends


async def live(customer: Customer, scenario: Scenario, outcome: Outcome, run: str) -> None:
    """One delivery as its customer lives it."""
    key = f"{run}-{outcome.number}"
    delivery = await customer.call("POST", "/v1/deliveries", key=key, json=scenario.body(outcome.number))
    outcome.id, outcome.status = delivery["id"], delivery["status"]
    by_hand = scenario.choice is None and scenario.then not in ("cancel", "ignore")
    if scenario.then == "cancel":
        await customer.call("POST", f"/v1/deliveries/{outcome.id}/cancel", key=f"{key}-cancel", json={})
    elif by_hand:
        await accept(customer, scenario, delivery, key)

    async def reaches(statuses: set[str]) -> None:
        """What comes back, since its carrier let go of it, is chosen again."""
        for again in range(_TRIES):
            delivery = await until(customer, outcome, statuses | {"quoted"} if by_hand else statuses)
            if delivery["status"] in statuses:
                return
            await accept(customer, scenario, delivery, f"{key}-{again}")
        raise AssertionError("came back again and again")

    if scenario.then == "cancel_booked":
        await reaches({"booked"})
        await customer.call("POST", f"/v1/deliveries/{outcome.id}/cancel", key=f"{key}-cancel", json={})
    if scenario.then == "return":
        await reaches({"attempt_failed"})
        body = {"decision": "return", "note": "volte, por favor"}
        await customer.call("POST", f"/v1/deliveries/{outcome.id}/decide", key=f"{key}-decide", json=body)
    await reaches(FINAL)


async def accept(customer: Customer, scenario: Scenario, delivery: dict[str, Any], key: str) -> None:
    """Takes the offer wanted; when it is missing, or nobody could say whether it may be had, asks once more."""
    path = f"/v1/deliveries/{delivery['id']}"
    for attempt in range(_TRIES):
        offers = [o for o in delivery["offers"] if scenario.prefer in (None, o["carrier_account"])]
        try:
            if offers:
                await customer.call(
                    "POST", f"{path}/accept", key=f"{key}-accept-{attempt}", json={"offer_id": offers[0]["id"]}
                )
                return
        except Refused as refusal:
            if refusal.problem.get("reason") not in _PASSING:
                raise
        await asyncio.sleep(_PAUSE)  # a carrier that fell over is left alone for some seconds
        delivery = await customer.call("POST", f"{path}/quote-again", key=f"{key}-again-{attempt}")
    raise AssertionError(f"no offer of {scenario.prefer}: {delivery['declined']}")


async def until(customer: Customer, outcome: Outcome, statuses: set[str]) -> dict[str, Any]:
    """Waits on the stream; the stored delivery has the last word."""
    deadline = asyncio.get_running_loop().time() + _WAIT
    while True:
        delivery: dict[str, Any] = await customer.call("GET", f"/v1/deliveries/{outcome.id}")
        outcome.status = delivery["status"]
        outcome.carrier = (delivery.get("booking") or {}).get("carrier_account", "")
        if outcome.status in statuses:
            return delivery
        if outcome.status in FINAL or asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"is {outcome.status}, not {' or '.join(sorted(statuses))}")
        outcome.changed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(outcome.changed.wait(), 5)


async def listen(customer: Customer, outcomes: list[Outcome]) -> None:
    """One stream for all; lines of a delivery whose own answer is still on its way are not lost."""
    told: dict[str, list[str]] = defaultdict(list)
    async for line in customer.lines():
        told[line["subject"]].append(line["kind"])
        for outcome in outcomes:
            if outcome.id == line["subject"]:
                outcome.kinds = told[outcome.id]
                outcome.status = line.get("status") or outcome.status
                outcome.changed.set()


def table(outcomes: list[Outcome]) -> Table:
    """What became of each."""
    drawn = Table(title="Entrega · twenty deliveries", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    drawn.add_column("")
    drawn.add_column("#", justify="right")
    drawn.add_column("delivery", ratio=1)
    drawn.add_column("carrier", min_width=9)
    drawn.add_column("is", min_width=len("attempt_failed"))
    for outcome in outcomes:
        over = outcome.status in FINAL or outcome.error
        mark = "" if not over else "[green]✓" if outcome.right else "[red]✗"
        number, scenario = str(outcome.number), outcome.scenario
        drawn.add_row(mark, number, scenario.name, outcome.carrier, outcome.status)
    return drawn


async def misbehave(sandbox_url: str, trust: ssl.SSLContext | None = None) -> None:
    """From now on carriers lose answers, fall over and repeat themselves, as real ones do."""
    reaching = httpx.AsyncClient(base_url=sandbox_url, timeout=10, trust_env=False, verify=trust or True)
    async with reaching as sandbox:
        for fault in FAULTS:
            (await sandbox.post("/control/faults", json=fault)).raise_for_status()


async def run(base_url: str, sandbox_url: str | None = None, authority: Path | None = None) -> bool:
    """The whole demo; True when every delivery ended as it should and the books balance."""
    outcomes, balanced = await play(base_url, sandbox_url, authority)
    return balanced and all(outcome.right for outcome in outcomes)


async def play(
    base_url: str, sandbox_url: str | None = None, authority: Path | None = None
) -> tuple[list[Outcome], bool]:
    """The whole demo against a running Entrega, with carriers' faults if their sandbox is given: what became of each
    delivery, and whether the books balance. `authority` is whose certificates are believed, in PEM."""
    console, name = Console(), secrets.token_hex(4)
    trust = ssl.create_default_context(cafile=authority) if authority else None
    customer = Customer(base_url, trust)
    outcomes = [Outcome(scenario, number) for number, scenario in enumerate(SCENARIOS, start=1)]
    try:
        if sandbox_url is not None:
            await misbehave(sandbox_url, trust)
        await customer.register(f"demo-{name}@example.com", secrets.token_urlsafe(24), "Demo")
        listening = asyncio.create_task(listen(customer, outcomes))
        lives = [asyncio.create_task(_guarded(customer, outcome, name)) for outcome in outcomes]
        with Live(table(outcomes), console=console, refresh_per_second=4, transient=not console.is_terminal) as view:
            while not all(task.done() for task in lives):
                await asyncio.wait(lives, timeout=0.5)
                view.update(table(outcomes))
        await asyncio.sleep(1)  # the stream's last lines
        listening.cancel()
        if not console.is_terminal:
            console.print(table(outcomes))
        balanced = await agree(customer, [outcome.id for outcome in outcomes if outcome.id], console)
    finally:
        await customer.close()
    right = sum(outcome.right for outcome in outcomes)
    for outcome in outcomes:
        if not outcome.right:
            console.print(f"[red]✗ {outcome.number} {outcome.scenario.name} ({outcome.id}): {outcome.error}")
    console.print(f"{right} of {len(outcomes)} ended as they should")
    delivered = next((outcome.id for outcome in outcomes if outcome.status == "delivered"), "")
    console.print(
        f"[dim]each has its page in the Temporal UI (try DeliveryStatus = 'delivered', or delivery/{delivered})"
    )
    return outcomes, balanced


async def _guarded(customer: Customer, outcome: Outcome, name: str) -> None:
    try:
        await live(customer, outcome.scenario, outcome, name)
    except (AssertionError, Refused) as error:
        outcome.error = str(error)
        if outcome.id:  # whatever went wrong, its delivery comes to an end of some kind
            with suppress(AssertionError, Refused):
                await until(customer, outcome, FINAL)
