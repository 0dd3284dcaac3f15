"""The API against its own description: whatever is sent, the answer is one that the description names, never a 500."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.customer import Customer
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL

pytestmark = pytest.mark.long
# Each push sends the same; each night others, and more of them.
SEED, TIMES = os.environ.get("FUZZ_SEED", "7"), int(os.environ.get("FUZZ_TIMES", "1"))
CUSTOMER = ("fuzz@example.com", "a long enough secret")
# Every check but one: what a schema calls good may still be refused, by rules that no schema can say (a link that was
# used, a password that everybody has, money of another country).
CHECKS = ["--checks", "all", "--exclude-checks", "positive_data_acceptance"]

# Who has no token is to have none; who asks while carriers think for long is told after 15 s to come again; and a body
# that is too large as well as wrong may be refused for either.
SETTINGS = """
[auth]
auto-signup = false
[checks]
max_response_time = 20
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "503"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx"]
"""


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """One of its own: rules, pauses and service areas made by chance would decide over the tests of others."""
    folder = tmp_path_factory.mktemp("fuzzed")
    async with Stack(folder, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False) as running:
        yield running


@pytest.fixture(scope="module", params=["nobody", "customer", "admin"])
def who(request: pytest.FixtureRequest) -> str:
    """Who asks, in this order: an administrator leaves the least behind for others, so comes last."""
    asking: str = request.param
    return asking


@pytest.fixture(scope="module", autouse=True)
async def registered(stack: Stack) -> None:
    """Once, and first: whoever fuzzes registers so often that its address may not for a while."""
    caller = Customer(stack.urls["api"])
    await caller.register(*CUSTOMER, "Fuzz")
    await caller.close()


async def token_of(who: str, stack: Stack) -> list[str]:
    """The argument that sends it."""
    if who == "nobody":
        return []
    caller = Customer(stack.urls["api"])
    await caller.sign_in(*((ADMIN_EMAIL, stack.admin_password()) if who == "admin" else CUSTOMER))
    token = caller._http.headers["Authorization"]
    await caller.close()
    return ["--header", f"Authorization: {token}"]


async def fuzz(who: str, stack: Stack, folder: Path, *chosen: str) -> tuple[int, str]:
    """The exit code, and what was said."""
    token, settings = await token_of(who, stack), folder / "schemathesis.toml"
    settings.write_text(SETTINGS)
    program = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(settings)]
    described = ["run", f"{stack.urls['api']}/v1/openapi.json"]
    # One worker: two threads that make syntax trees at once trip over each other in Python 3.11 (SystemError).
    limits = ["--seed", SEED, "--request-timeout", "30", "--workers", "1"]
    # The stream never ends by itself; webhooks have tests of their own, with signatures.
    left_out = ["--exclude-path", "/v1/stream"]
    fuzzing = await asyncio.create_subprocess_exec(
        *program, *described, *limits, *left_out, *CHECKS, *chosen, "--no-color", *token,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await fuzzing.communicate()
    assert fuzzing.returncode is not None
    return fuzzing.returncode, said.decode()


async def test_every_route_keeps_to_its_description(who: str, stack: Stack, tmp_path: Path) -> None:
    examples = f"{(5 if who == 'nobody' else 10) * TIMES}"  # whatever nobody sends, nearly every route answers 401
    code, said = await fuzz(who, stack, tmp_path, "--max-examples", examples, "--phases", "examples,coverage,fuzzing")
    assert code == 0, said[-12_000:]


async def test_every_chain_of_requests_keeps_to_it_too(who: str, stack: Stack, tmp_path: Path) -> None:
    """What one answer names is put into the next request: the fuzzer infers from the description which goes where. At
    most a minute of chains, made anew until it is over."""
    code, said = await fuzz(who, stack, tmp_path, "--max-time", f"{60 * TIMES}", "--phases", "examples,stateful")
    assert code == 0, said[-12_000:]
    linked = re.search(r"API Links: +(\d+) covered", said)
    assert who == "nobody" or (linked and int(linked[1]) > 0), said[-12_000:]
