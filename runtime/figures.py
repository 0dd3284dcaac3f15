"""Counting the figures anew."""

from collections.abc import Callable

from runtime.settings import Settings
from runtime.wiring import Wiring


async def rebuild_figures(settings: Settings, progress: Callable[[int, int], None]) -> int:
    """From the journal's beginning; how many lines there were. Raises SettingMissing, Unavailable."""
    async with Wiring(settings) as wiring:
        return await wiring.figures().rebuild(progress)
