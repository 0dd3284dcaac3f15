"""The rehearsal: the newest backup goes into servers of its own, all is checked, and the time it took is told."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from runtime.backup.checking import checks
from runtime.backup.making import vault_of
from runtime.backup.manifest import Check, Drill, write_drill
from runtime.backup.postgres import BackupFailed
from runtime.backup.restoring import restored
from runtime.backup.vault import Damaged
from runtime.saying import Progress, Say
from runtime.settings import Settings
from runtime.supervisor import PartFailed


async def drill(settings: Settings, url: str | None, say: Say, progress: Progress) -> Drill:
    """Leaves its report in the vault, and nothing else anywhere. Raises what keeps it from beginning: SettingMissing,
    RestoreRefused, VaultUnusable."""
    vault = vault_of(settings, url, reads=True)
    began_at, began, found = datetime.now(UTC), time.monotonic(), list[Check]()
    backup, rpo_s = "none", None
    with tempfile.TemporaryDirectory(prefix="entrega-drill-") as scratch:
        try:
            folder = Path(scratch) / "restored"
            async with restored(vault, folder, None, None, say, progress, settings.mongo_database) as there:
                backup = there.backup.id
                marks = [there.backup.mark, *([there.reached.mark] if there.reached else [])]
                newest = max(marks, key=lambda mark: mark.at)
                rpo_s = max((began_at - newest.at).total_seconds(), 0.0)
                async for check in checks(there, newest):
                    found.append(check)
                    say(f"{'right' if check.right else 'WRONG'}: {check.name}: {check.found}")
        except (Damaged, BackupFailed, PartFailed) as failure:
            found.append(Check(name="it can be restored", right=False, found=str(failure)))
            say(f"WRONG: {failure}")
    right = all(check.right for check in found)
    report = Drill(
        at=began_at,
        backup=backup,
        outcome="right" if right else "wrong",
        rto_s=round(time.monotonic() - began, 3),
        rpo_s=rpo_s,
        checks=found,
    )
    write_drill(vault, report)
    return report
