"""What a command needs that is typed beside a running Entrega."""

import os
from pathlib import Path

from runtime.embedded import Stack
from runtime.settings import Settings, load_settings


def settings_beside(state: Path | None) -> Settings:
    """Those of what runs in this folder; without one, the environment's. Raises NotRunning, SettingMissing."""
    if state is not None:
        os.environ.update(Stack.running(state).env)
    return load_settings()
