"""The whole of Entrega, for real, on free ports."""

from collections.abc import AsyncIterator

import pytest

from demo.customer import Customer
from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.embedded import Stack
from runtime.furnish import ADMIN_EMAIL


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Every part, as `entrega demo` runs them."""
    folder = tmp_path_factory.mktemp("entrega")
    async with Stack(folder, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False) as running:
        yield running


@pytest.fixture
async def staff(stack: Stack) -> AsyncIterator[Customer]:
    """Its first administrator, signed in."""
    made = Customer(stack.urls["api"])
    await made.sign_in(ADMIN_EMAIL, stack.admin_password())
    yield made
    await made.close()
