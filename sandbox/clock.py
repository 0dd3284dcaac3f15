"""City time: seconds since the city was founded, running `speed` times as fast as the clock on the wall."""

import json
import time

from sandbox.store import Store


class CityClock:
    """Turns city seconds into wall time and back; what is planned in city time survives a change of speed."""

    def __init__(self, store: Store, speed: float) -> None:
        self._store = store
        saved = json.loads(store.note("clock") or "null") or {"wall": time.time(), "city": 0.0, "speed": speed}
        self._wall: float = saved["wall"]
        self._city: float = saved["city"]
        self.speed: float = saved["speed"]
        # Couriers go on riding while the sandbox is down: what fell due meanwhile is reported late, as it happened.
        self.set_speed(speed)

    def now(self) -> float:
        """The city's time, in city seconds."""
        return self.city(time.time())

    def city(self, wall: float) -> float:
        """The city second at a wall time (Unix seconds)."""
        return self._city + (wall - self._wall) * self.speed

    def wall(self, city: float) -> float:
        """The wall time (Unix seconds) of a city second, at the present speed."""
        return self._wall + (city - self._city) / self.speed

    def set_speed(self, speed: float) -> None:
        """Go on from this very moment at another speed."""
        now = time.time()
        self._city, self._wall, self.speed = self.city(now), now, speed
        self._store.set_note("clock", json.dumps({"wall": self._wall, "city": self._city, "speed": speed}))
