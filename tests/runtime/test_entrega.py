"""The front door, as a person uses it: what goes wrong is said in a line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def entrega(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ENTREGA_")}
    command = [sys.executable, "-m", "entrega", *words]
    return subprocess.run(command, cwd=ROOT, env={**clean, **env}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (["migrate"], {}, "ENTREGA_DATABASE_URL is not set"),
        (["migrate"], {"ENTREGA_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "Check ENTREGA_DATABASE_URL"),
        (["api", "biscuits"], {}, "unknown: biscuits. Choose from users"),
        (["migrate"], {"ENTREGA_LOG_LEVEL": "loud"}, "ENTREGA_LOG_LEVEL"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(words: list[str], env: dict[str, str], said: str) -> None:
    done = entrega(*words, **env)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_every_command() -> None:
    done = entrega("--help")
    assert done.returncode == 0
    for command in ("up", "demo", "api", "worker", "relay", "migrate", "version"):
        assert f" {command} " in done.stdout


def test_a_wrong_option_is_a_usage_error() -> None:
    assert entrega("up", "--sped", "2").returncode == 2
