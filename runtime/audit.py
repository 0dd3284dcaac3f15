"""Checking the audit log against the journal, and saying so."""

from collections.abc import Callable

from runtime.settings import Settings
from runtime.wiring import Wiring


async def verify(settings: Settings, say: Callable[[str], object]) -> int:
    """Says every fault, or that there is none; the exit code of a command. Raises SettingMissing, Unavailable."""
    found = 0
    async with Wiring(settings) as wiring:
        check = wiring.audit_check()
        async for fault in check.faults():
            found += 1
            say(str(fault))
    seen = f"{check.lines} lines in {check.chains} chains"
    say(f"{seen}: {found} faults" if found else f"{seen}: whole, and as the journal tells it")
    return 1 if found else 0
