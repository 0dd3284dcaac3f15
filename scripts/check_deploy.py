"""Looks at everything that deploys Entrega, without a network, and prints a table: passed, failed, or no tool.

A check is a row in `CHECKS`. Exit code 1 if one failed; a tool that is not there fails nothing. `--only WORD` runs the
rows that say so.
"""

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MADE = "build/deploy"
"""What one row renders and later ones look at."""
_BINARIES = (ROOT / ".venv/deploy/bin", ROOT / ".venv/bin")
_DEADLINE_S = 300
_LAST_LINES = 40


@dataclass(frozen=True)
class Check:
    """One row. `command` is split as a shell would; `{files}` becomes the files that the globs match; `$NAME` alone is
    that environment variable, without which there is no tool."""

    name: str
    command: str
    files: tuple[str, ...]
    into: str | None = None
    """A file in the folder of what is rendered, for what the command prints."""
    lacking: str = "make check-deploy installs it"
    """Where the tool comes from."""


_CHECKOV = "checkov --compact --quiet --skip-download --framework"
_COMPOSE = ("deploy/compose*.yaml",)
_DOCKERFILES = ("deploy/docker/*Dockerfile",)
_CADDYFILES = ("deploy/proxy/Caddyfile", "deploy/docker/web.Caddyfile")
_WORKFLOWS = (".github/workflows/*.yml",)
_CHART = "deploy/helm/entrega"
_HELM = (f"{_CHART}/Chart.yaml",)
_TEMPLATE = f"helm template entrega {_CHART} -n entrega"
_EXAMPLE = f"-f {_CHART}/values-example.yaml"
_SEALS = "backup", "restore-drill"
JOBS = ",".join(
    f"jobs.{name}.enabled=true" + (f",jobs.{name}.image.digest=sha256:{'0' * 64}" if name in _SEALS else "")
    for name in (*_SEALS, "archive", "operator")
)
"""What turns every job of the chart on."""
_OTHERWISE = f"--set workerController.enabled=false,{JOBS}"
_UPDATES = "check-jsonschema --builtin-schema vendor.dependabot {files}"
_TIMEOUTS = "check-jsonschema --builtin-schema custom.github-workflows-require-timeout {files}"
_RENDERED = (f"{MADE}/chart*.yaml",)
_PLATFORM = ("deploy/platform/*.yaml",)
_SCHEMAS = "kubernetes-validate -k 1.34 --strict --no-warn {files}"
_DEFINITIONS = "python scripts/check_definitions.py {files} $ENTREGA_DEFINITIONS"
_PROMETHEUS = "Debian's prometheus"
_ALERTMANAGER = "Debian's prometheus-alertmanager"

CHECKS = (
    Check("Dockerfiles: hadolint", "hadolint {files}", _DOCKERFILES),
    Check("Dockerfiles: checkov", f"{_CHECKOV} dockerfile -f {{files}}", _DOCKERFILES),
    Check("compose: schema", "check-jsonschema --builtin-schema vendor.compose-spec {files}", _COMPOSE),
    Check("proxy and pages: caddy", "sh scripts/check_caddy.sh {files}", _CADDYFILES),
    Check("workflows: schema", "check-jsonschema --builtin-schema vendor.github-workflows {files}", _WORKFLOWS),
    Check("workflows: zizmor", "zizmor --offline --quiet {files}", _WORKFLOWS),
    Check("workflows: checkov", f"{_CHECKOV} github_actions -f {{files}}", _WORKFLOWS),
    Check("workflows: timeouts", _TIMEOUTS, _WORKFLOWS),
    Check("updates: schema", _UPDATES, (".github/dependabot.yml",)),
    Check("chart: helm lint", f"helm lint --strict {_CHART} {_EXAMPLE}", _HELM),
    Check("chart: helm template", f"{_TEMPLATE} {_EXAMPLE}", _HELM, into="chart.yaml"),
    Check("chart: plain workers", f"{_TEMPLATE} {_EXAMPLE} {_OTHERWISE}", _HELM, into="chart-otherwise.yaml"),
    Check("chart: small", f"{_TEMPLATE} -f {_CHART}/values-kind.yaml", _HELM, into="chart-small.yaml"),
    Check("chart: schemas", _SCHEMAS, _RENDERED),
    Check("chart: definitions", _DEFINITIONS, _RENDERED),
    Check("chart: checkov", f"{_CHECKOV} kubernetes -f {{files}}", _RENDERED),
    Check("platform: schemas", _SCHEMAS, _PLATFORM),
    Check("platform: definitions", _DEFINITIONS, _PLATFORM),
    Check("platform: checkov", f"{_CHECKOV} kubernetes -f {{files}}", _PLATFORM),
    Check("alerts: rules", "promtool check rules {files}", ("deploy/monitoring/rules/*.yml",), lacking=_PROMETHEUS),
    Check("alerts: tests", "promtool test rules {files}", ("deploy/monitoring/tests/*.yml",), lacking=_PROMETHEUS),
    Check(
        "alerts: config",
        "promtool check config --syntax-only {files}",
        ("deploy/monitoring/prometheus.yml",),
        lacking=_PROMETHEUS,
    ),
    Check(
        "alerts: routes", "amtool check-config {files}", ("deploy/monitoring/alertmanager.yml",), lacking=_ALERTMANAGER
    ),
)


def run(check: Check) -> tuple[str, str]:
    """What became of it, and what to say beside; details of a failure are printed at once."""
    files = sorted({str(file.relative_to(ROOT)) for glob in check.files for file in ROOT.glob(glob)})
    if not files:
        return "nothing there", ", ".join(check.files)
    argv = list(_argv(check.command, files))
    if missing := next((word for word in argv if word.startswith("$")), None):
        return "no tool", f"{missing[1:]} is not set: it names a folder of definitions"
    search = os.pathsep.join([*map(str, _BINARIES), os.environ.get("PATH", "")])
    program = shutil.which(argv[0], path=search)
    if program is None:
        return "no tool", f"{argv[0]}: {check.lacking}"
    began = time.monotonic()
    env = {**os.environ, "PATH": search}
    try:
        ended = subprocess.run(
            [program, *argv[1:]], cwd=ROOT, env=env, capture_output=True, text=True, timeout=_DEADLINE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return "failed", f"not done after {_DEADLINE_S} s"
    if ended.returncode:
        said = (ended.stdout + ended.stderr).strip().splitlines()[-_LAST_LINES:]
        print(f"\n{check.name}: {shlex.join(argv)}", *said, "", sep="\n")
        return "failed", f"exit code {ended.returncode}, see above"
    if check.into:
        made = ROOT / MADE / check.into
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text(ended.stdout)
    return "passed", f"{len(files)} files, {time.monotonic() - began:.1f} s"


def _argv(command: str, files: list[str]) -> Iterator[str]:
    for word in shlex.split(command):
        if word == "{files}":
            yield from files
        elif word.startswith("$"):
            yield os.environ.get(word[1:]) or word
        else:
            yield word


def main(argv: list[str]) -> int:
    """Runs every row, or those that `--only` names; 1 if one failed."""
    only = argv[1] if argv[:1] == ["--only"] else ""
    shutil.rmtree(ROOT / MADE, ignore_errors=True)
    rows = [(check.name, *run(check)) for check in CHECKS if only in check.name]
    width = max((len(name) for name, *_ in rows), default=0)
    for name, became, beside in rows:
        print(f"{name:<{width}}  {became:<13}  {beside}")
    counted = {became: sum(row[1] == became for row in rows) for became in ("passed", "failed", "no tool")}
    print(", ".join(f"{count} {became}" for became, count in counted.items()))
    return 1 if counted["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
