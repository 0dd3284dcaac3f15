"""Rotating the keys that wrap data keys, and saying which wraps how many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runtime.settings import Settings
from runtime.wiring import Wiring
from storage._keks import KeyFileUnusable, make_kek

_PAGE = 500
OPERATOR = "operator"
"""Who does what is typed at a terminal."""


@dataclass(frozen=True)
class KekUse:
    """A key-encryption key: how many data keys it wraps, whether its file is here, and whether it wraps new ones."""

    kek_id: str
    wraps: int
    here: bool
    current: bool


async def rotate_data_keys(settings: Settings, progress: Callable[[int, int], None]) -> tuple[str, int]:
    """Wraps every data key by the newest key-encryption key, which is made first where none is waiting; its id, and how
    many were wrapped. Stopped anywhere, it goes on when run again. Raises SettingMissing, KeyFileUnusable, Unavailable.
    """
    folder = settings.need("keks_dir")
    async with Wiring(settings) as wiring:
        newest, rewrapping = wiring.keks().names()[-1], wiring.rewrapping()
        if set(await rewrapping.wrapped_by()) <= {newest}:
            try:
                newest = make_kek(folder)
            except OSError as error:
                raise KeyFileUnusable(
                    f"{folder} cannot be written ({error.strerror}): have what fills it add a file <kid>.kek, last by "
                    "name (openssl rand -base64 32), and run this again when every service has it"
                ) from None
        return newest, await rewrapping.run(OPERATOR, progress)


async def erase_again(settings: Settings) -> int:
    """Deletes what a restored backup has brought back: every data key of which journal or audit log says that it was
    erased; how many there were. As the database's owner. Raises SettingMissing, Unavailable."""
    async with Wiring(settings) as wiring:
        subjects = dict.fromkeys(await wiring.journal("relay").erased())
        after: str | None = None
        while True:
            lines, after = await wiring.audit().search(kind="key.erased", limit=_PAGE, after=after)
            subjects |= dict.fromkeys(str(line.data["subject"]) for line in lines)
            if after is None:
                break
        ring = wiring.owners_keys()
        return sum([await ring.erase(subject, OPERATOR) for subject in subjects])


async def list_data_keys(settings: Settings) -> tuple[Sequence[KekUse], int]:
    """Every key-encryption key that is here or wraps something, oldest first, and how many subjects are erased."""
    async with Wiring(settings) as wiring:
        rewrapping, names = wiring.rewrapping(), wiring.keks().names()
        wraps = await rewrapping.wrapped_by()
        every = sorted({*names, *wraps})
        used = [KekUse(name, wraps.get(name, 0), name in names, name == names[-1]) for name in every]
        return used, await rewrapping.erased()
