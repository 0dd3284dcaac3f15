"""The whole of Entrega, for real, on free ports."""

from collections.abc import AsyncIterator

import pytest

from entrega import DEMO_POLICY, DEMO_SPEED
from runtime.embedded import Stack


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Every part, as `entrega demo` runs them."""
    folder = tmp_path_factory.mktemp("entrega")
    async with Stack(folder, speed=DEMO_SPEED, policy=DEMO_POLICY, usual_ports=False) as running:
        yield running
