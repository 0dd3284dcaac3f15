"""docs/scale.md says what the script reckons, and nothing that grows ever needs less."""

import json
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

from benchmarks.scale import FILE, Footprint, ceilings, needs, tables

ONE = Footprint(json.loads(FILE.read_text()))


def test_the_document_holds_the_tables_that_the_script_prints():
    told = (Path(__file__).parent.parent / "docs" / "scale.md").read_text()
    for table in tables(ONE).split("\n\n"):
        assert table in told, "run `python -m benchmarks.scale`, and put its tables into docs/scale.md"


def test_more_deliveries_never_need_less():
    every = [needs(int(100 * 1.3**step), ONE) for step in range(50)]
    assert every[-1].deliveries_a_day > 10_000_000
    for less, more in pairwise(every):
        for field in fields(less):
            assert getattr(more, field.name) >= getattr(less, field.name), (field.name, more.deliveries_a_day)


def test_what_is_dearer_to_one_delivery_saturates_earlier():
    dearer = json.loads(FILE.read_text())
    dearer["parts"]["relay"]["cpu_s"] *= 2
    now = {name: a_day for name, a_day, _ in ceilings(ONE)}
    then = {name: a_day for name, a_day, _ in ceilings(Footprint(dearer))}
    changed = {name for name in now if then[name] != now[name]}
    assert [name.split(":")[0] for name in changed] == ["the relay"]
    assert all(then[name] == now[name] / 2 for name in changed)
    assert needs(10_000_000, Footprint(dearer)).month_usd > needs(10_000_000, ONE).month_usd
