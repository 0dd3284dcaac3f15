"""What a command needs that is typed beside a running Entrega."""

import os
from collections.abc import Mapping
from pathlib import Path

from runtime.embedded import Stack
from runtime.settings import Settings, load_settings


def settings_beside(state: Path | None) -> Settings:
    """Those of what runs in this folder; without one, the environment's. Raises NotRunning, SettingMissing."""
    return load_settings() if state is None else running_beside(state)[0]


def running_beside(state: Path) -> tuple[Settings, Mapping[str, str]]:
    """The settings of what runs in this folder, and the addresses of its parts. Raises NotRunning, SettingMissing."""
    stack = Stack.running(state)
    os.environ.update(stack.env)  # what the running processes have in theirs
    return load_settings(), stack.urls
