"""The workflows: what they run is there, what they use is pinned, and a change rolls out what it touches."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.changed_services import SERVICES, changed, images

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_is_bounded_and_pinned(file: Path) -> None:
    workflow: dict[str, Any] = yaml.safe_load(file.read_text())
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"].get("contents") == "read"
        if "uses" in job:
            assert (ROOT / job["uses"]).is_file()
            continue
        assert "timeout-minutes" in job
        for step in job["steps"]:
            if "uses" in step:
                assert _PINNED.fullmatch(step["uses"]), step["uses"]
            for script in re.findall(r"(?:scripts|deploy)/[\w./]+\.(?:sh|py)", step.get("run", "")):
                assert (ROOT / script).is_file(), script


def test_the_services_are_those_of_the_chart() -> None:
    values = yaml.safe_load((ROOT / "deploy" / "helm" / "entrega" / "values.yaml").read_text())
    assert set(SERVICES) == set(values["services"])


@pytest.mark.parametrize(
    ("paths", "touched", "built"),
    [
        (["api/quotes/routes.py"], ["quotes"], ["entrega"]),
        (["workers/deliveries.py", "activities/quotes.py"], ["deliveries", "quotes"], ["entrega"]),
        (["api/codec/session.py", "web/src/app/router.tsx"], ["codec", "web"], ["entrega", "entrega-web"]),
        (["web/index.html"], ["web"], ["entrega-web"]),
        (["domain/money.py"], sorted(SERVICES), ["entrega"]),
        (["api/app.py"], sorted(SERVICES), ["entrega"]),
        (["deploy/docker/Dockerfile"], sorted(SERVICES), ["entrega"]),
        (["README.md", "tests/api/test_quotes.py", "benchmarks/bare.py"], [], []),
    ],
)
def test_a_change_rolls_out_what_it_touches(paths: list[str], touched: list[str], built: list[str]) -> None:
    assert changed(paths) == touched
    assert images(touched) == built
