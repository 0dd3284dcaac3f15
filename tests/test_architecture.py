"""The shape of the house, as far as import-linter (make check) does not see to it."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = (
    "domain",
    "activities",
    "workflows",
    "storage",
    "carriers",
    "places",
    "wire",
    "channels",
    "runtime",
    "workers",
    "api",
    "sandbox",
    "demo",
)
LONGEST = 400


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", [*LAYERS, "tests", "benchmarks"])
def test_a_file_is_short_because_it_does_one_thing(folder: str) -> None:
    long = {str(p.relative_to(ROOT)): n for p in modules(folder) if (n := len(p.read_text().splitlines())) > LONGEST}
    assert not {name: n for name, n in long.items() if not name.startswith("tests/")}
    assert not {name: n for name, n in long.items() if n > 2 * LONGEST}


def test_every_module_and_whatever_it_offers_says_what_it_is() -> None:
    silent = []
    for path in modules(*LAYERS):
        tree = ast.parse(path.read_text())
        if tree.body and not ast.get_docstring(tree):
            silent.append(str(path.relative_to(ROOT)))
        public = [] if path.stem.startswith("_") else tree.body
        for node in public:
            kind = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            if kind and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert not silent


def test_nothing_large_or_generated_is_kept() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    files = [ROOT / name for name in listed.decode().split("\0") if name]
    assert not [str(f) for f in files if f.is_file() and f.stat().st_size > 1 << 20]
    assert not [str(f) for f in files if f.suffix in (".pyc", ".db", ".sqlite", ".log")]


def test_only_the_settings_read_the_environment() -> None:
    readers = set()
    for path in modules("domain", "activities", "workflows", "storage", "carriers", "places", "wire", "api", "workers"):
        if "os.environ" in path.read_text() or "getenv" in path.read_text():
            readers.add(str(path.relative_to(ROOT)))
    assert not readers


def test_a_cache_that_others_may_write_to_is_opened_in_one_place_which_reads_nothing_but_text() -> None:
    makes = {
        str(path.relative_to(ROOT))
        for path in modules(*LAYERS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Cache"
    }
    assert makes == {"runtime/caching.py"}
