"""What stands in deploy/monitoring, read as tests need it."""

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
RULES = sorted((MONITORING / "rules").glob("*.yml"))
RUNBOOKS = ROOT / "docs" / "runbooks"
_STRING = re.compile(r'"[^"]*"')
_LABELS = re.compile(r"\{[^}]*\}|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_NAME = re.compile(r"(?<![\w:])[a-zA-Z_][\w:]*(?![\w:]*\s*\()")
_WORDS = frozenset({"and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset", "inf", "nan"})


def rules() -> Iterator[dict[str, Any]]:
    """Every rule of every group."""
    for path in RULES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


def queries() -> Iterator[tuple[str, str]]:
    """Every query of every dashboard, with the dashboard and panel it is of; Grafana's interval as five minutes."""
    for path in sorted((MONITORING / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"].replace("$__rate_interval", "5m")


def named(expr: str) -> set[str]:
    """The metrics that an expression asks for."""
    plain = _LABELS.sub("", _STRING.sub('""', expr))
    plain = re.sub(r"\[[^\]]*\]", "", plain)
    return {name for name in _NAME.findall(plain) if name.lower() not in _WORDS}


def dashboards() -> ModuleType:
    """The script that writes the dashboards."""
    spec = importlib.util.spec_from_file_location("dashboards", MONITORING / "dashboards.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
