"""What the security pages say is tested, is: each test that they name exists, and no requirement is passed over."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "docs/security.md", ROOT / "docs/asvs.md")
_NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
_ROW = re.compile(r"^\| (\d[\d.,– ]*) \| [^|]+ \| (✓|½|✗|–) \| [^|]+ \|$", re.MULTILINE)
# Of each section, the requirements of levels 1 and 2 in OWASP ASVS 5.0.0.
ASVS = {
    "1.1": (1, 2), "1.2": range(1, 10), "1.3": range(1, 12), "1.4": (1, 2, 3), "1.5": (1, 2),
    "2.1": (1, 2, 3), "2.2": (1, 2, 3), "2.3": (1, 2, 3, 4), "2.4": (1,),
    "3.2": (1, 2), "3.3": (1, 2, 3, 4), "3.4": range(1, 7), "3.5": range(1, 6), "3.7": (1, 2),
    "4.1": (1, 2, 3), "4.2": (1,), "4.3": (1, 2), "4.4": (1, 2, 3, 4),
    "5.1": (1,), "5.2": (1, 2, 3), "5.3": (1, 2), "5.4": (1, 2, 3),
    "6.1": (1, 2, 3), "6.2": range(1, 12), "6.3": (1, 2, 3), "6.4": (1, 2, 3, 4), "6.5": range(1, 6),
    "6.6": (1, 2, 3), "6.8": (1, 2, 3),
    "7.1": (1, 2, 3), "7.2": (1, 2, 3, 4), "7.3": (1, 2), "7.4": range(1, 6), "7.5": (1, 2), "7.6": (1, 2),
    "8.1": (1, 2), "8.2": (1, 2, 3), "8.3": (1,), "8.4": (1,),
    "9.1": (1, 2, 3), "9.2": (1, 2, 3, 4),
    "10.1": (1, 2), "10.2": (1, 2), "10.3": (1, 2, 3, 4), "10.4": range(1, 12), "10.5": range(1, 6), "10.6": (1, 2),
    "10.7": (1, 2, 3),
    "11.1": (1, 2), "11.2": (1, 2, 3), "11.3": (1, 2, 3), "11.4": (1, 2, 3), "11.5": (1,), "11.6": (1,),
    "12.1": (1, 2, 3), "12.2": (1, 2), "12.3": (1, 2, 3, 4),
    "13.1": (1,), "13.2": range(1, 6), "13.3": (1, 2), "13.4": range(1, 6),
    "14.1": (1, 2), "14.2": (1, 2, 3, 4), "14.3": (1, 2, 3),
    "15.1": (1, 2, 3), "15.2": (1, 2, 3), "15.3": range(1, 8),
    "16.1": (1,), "16.2": range(1, 6), "16.3": (1, 2, 3, 4), "16.4": (1, 2, 3), "16.5": (1, 2, 3),
    "17.1": (1,), "17.2": (1, 2, 3, 4), "17.3": (1, 2),
}  # fmt: skip


@cache
def _tests_of(name: str) -> frozenset[str]:
    path = ROOT / "tests" / name
    if not path.is_file():
        return frozenset()
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_that_a_page_names_is_there(page: Path) -> None:
    named = _NAMED.findall(page.read_text())
    assert len(named) > 50
    assert not [f"{file}::{test}" for file, test in named if test not in _tests_of(file)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_and_file_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", text)
    paths = re.findall(r"`((?:api|wire|runtime|storage|domain|tests)/[\w/.]+)`", text)
    assert not [link for link in links if link and not (page.parent / link).exists()]
    assert not [path for path in paths if not (ROOT / path).exists()]


def _numbers(cell: str) -> list[str]:
    """`6.6.1–6.6.3, 6.8.1` as each of them."""
    found = []
    for part in cell.split(", "):
        first, _, last = part.strip().partition("–")
        section, least = first.rsplit(".", 1)
        most = (last or first).rsplit(".", 1)[1]
        found += [f"{section}.{number}" for number in range(int(least), int(most) + 1)]
    return found


def test_every_requirement_has_its_verdict_once() -> None:
    rows = _ROW.findall(PAGES[1].read_text())
    told = [number for cell, _ in rows for number in _numbers(cell)]
    assert sorted(told) == sorted(f"{section}.{number}" for section, all_ in ASVS.items() for number in all_)


def test_every_chapter_is_there_and_holds_its_own() -> None:
    chapters = re.split(r"^## V(\d+) ", PAGES[1].read_text(), flags=re.MULTILINE)[1:]
    assert chapters[::2] == [str(number) for number in range(1, 18)]
    for number, text in zip(chapters[::2], chapters[1::2], strict=True):
        rows = _ROW.findall(text)
        assert rows
        assert all(cell.startswith(f"{number}.") for cell, _ in rows)
