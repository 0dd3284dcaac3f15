"""The workflows: what they run is there, what they use is pinned, and a change rolls out what it touches."""

import os
import re
import subprocess
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


def _step(file: str, job: str, name: str) -> dict[str, Any]:
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / file).read_text())["jobs"][job]["steps"]
    (found,) = [step for step in steps if step.get("name") == name]
    return dict(found)


@pytest.mark.parametrize("ends", [0, 1])
@pytest.mark.parametrize("dockerfile", ["Dockerfile", "web.Dockerfile", "backup.Dockerfile"])
def test_an_image_is_built_on_what_is_named_by_digest(dockerfile: str, ends: int, tmp_path: Path) -> None:
    (tmp_path / "docker").write_text(f"#!/bin/sh\necho sha256:{'7' * 64}\nexit {ends}\n")
    (tmp_path / "docker").chmod(0o755)
    file, output = ROOT / "deploy" / "docker" / dockerfile, tmp_path / "output"
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "FILE": str(file), "GITHUB_OUTPUT": str(output)}
    env["RUNNER_TEMP"] = str(tmp_path)
    script = _step("build.yml", "build", "What it is built on, by digest")["run"]
    argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]  # as GitHub runs `shell: bash`
    code = subprocess.run(argv, cwd=tmp_path, env=env, check=False, capture_output=True).returncode
    bases = re.findall(r"^ARG (\w+_IMAGE)=(docker\.io\S+)", file.read_text(), re.MULTILINE)
    assert (code != 0) == bool(ends and bases)
    if not ends:
        named = [f"{argument}={image}@sha256:{'7' * 64}" for argument, image in bases]
        assert output.read_text().splitlines() == ["named<<END", *named, "END"]
    for step in ("Build, to look through it", "Push, by digest"):
        assert "${{ steps.bases.outputs.named }}" in _step("build.yml", "build", step)["with"]["build-args"]


def test_each_night_somebody_follows_the_page_of_one_machine() -> None:
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "nightly.yml").read_text())["jobs"]["machine"]["steps"]
    typed = " ".join(step.get("run", "") for step in steps).replace('"$HOST"', "entrega.example.com")
    page = (ROOT / "docs" / "operations.md").read_text().partition("## Certificates")[0]
    told = re.findall(r"^ *(docker (?:build|run) .+)$", page, re.MULTILINE)
    told += re.findall(r"`(docker compose -f deploy/compose\.yaml up [^`]+)`", page)
    assert len(told) == 5
    assert not [line for line in told if line not in typed]


def test_each_night_is_fuzzed_with_other_requests() -> None:
    steps = yaml.safe_load((ROOT / ".github" / "workflows" / "nightly.yml").read_text())["jobs"]["faults"]["steps"]
    told = steps[-1]["env"]
    assert "github.run_number" in told["FUZZ_SEED"]
    read = (ROOT / "tests" / "system" / "test_fuzzing.py").read_text()
    assert set(re.findall(r'environ\.get\("(\w+)"', read)) == set(told)


def test_nothing_is_rolled_out_that_ci_did_not_pass() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "image.yml").read_text())["jobs"]
    deploy = jobs["deploy"]
    assert [name for name in deploy["needs"] if jobs[name].get("uses") == "./.github/workflows/ci.yml"] == ["checked"]
    assert "contains(needs.*.result, 'failure')" in deploy["if"]


@pytest.mark.parametrize(("known", "services"), [("HEAD", "[]"), ("", '["availability", ')])
def test_a_run_that_was_overtaken_is_made_up_for(known: str, services: str, tmp_path: Path) -> None:
    (tmp_path / "gh").write_text(f"#!/bin/sh\necho {known}\n")
    (tmp_path / "gh").chmod(0o755)
    output = tmp_path / "output"
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "GITHUB_OUTPUT": str(output), "GITHUB_SHA": "HEAD"}
    script = _step("image.yml", "changed", "Which services, and so which images")["run"]
    subprocess.run(["bash", "-e", "-c", script], cwd=ROOT, env=env, check=True, capture_output=True)
    assert output.read_text().startswith(f"services={services}")


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
