"""What the sandbox promises can be kept, however fast its city runs."""

from pathlib import Path

import pytest

from sandbox.bookings import Errand, Step
from sandbox.city import place
from sandbox.world import World

_BOOKED_AFTER_S = 4.0  # wall seconds, as a demo's customers and we take them


@pytest.mark.parametrize("speed", [1.0, 60.0, 300.0])
def test_who_books_soon_after_a_quote_has_it_by_the_promised_instant_at_any_speed(tmp_path: Path, speed: float) -> None:
    world = World(str(tmp_path / "city.db"), speed)
    errand = Errand(
        order_id="o",
        display_id="o",
        pickup=place(-23.5614, -46.6560, ""),
        dropoff=place(-23.5629, -46.6690, ""),
        instructions="",
    )
    for provider in world.providers.values():
        before = world.clock.now()
        promised = world.couriers.estimate(provider, errand).dropoff_at
        after = world.clock.now()
        plan = world.couriers.book(provider, errand).plan
        steps = [leg.step for leg in plan]
        if Step.HANDED_OVER not in steps:
            continue  # its temper is to refuse
        ride = sum(leg.wait for leg in plan[: steps.index(Step.HANDED_OVER) + 1])
        assert promised - before >= _BOOKED_AFTER_S * speed + ride
        assert promised - after <= max(180, 6 * speed) + ride  # a promise, not a wide berth
