"""A chain shows whatever was done to it."""

from datetime import UTC, datetime

import pytest

from domain.audit import GENESIS, Chain, FaultKind, JournalLine, Line, chained

AT = datetime(2030, 1, 1, tzinfo=UTC)


def story(count: int = 5) -> list[JournalLine]:
    lines, prev_hash = [], GENESIS
    for seq in range(1, count + 1):
        told = Line(seq=seq, kind="user.seen", actor="usr_1", at=AT, data={"n": seq})
        hashed = chained(prev_hash, "usr_1", told)
        lines.append(
            JournalLine(**told.model_dump(), id=seq, txid=seq, subject="usr_1", prev_hash=prev_hash, hash=hashed)
        )
        prev_hash = hashed
    return lines


def walked(lines: list[JournalLine], head: JournalLine | None) -> list[tuple[int, FaultKind, int]]:
    chain = Chain("usr_1")
    found = [fault for line in lines for fault in chain.follow(line)]
    found += chain.end(*((head.seq, head.hash) if head else (0, GENESIS)))
    return [(fault.seq, fault.what, fault.count) for fault in found]


def test_a_whole_chain_is_whole():
    lines = story()
    assert walked(lines, lines[-1]) == []
    assert walked([], None) == []


@pytest.mark.parametrize("gone", [(0,), (2,), (1, 2), (4,), (3, 4), (0, 1, 2, 3, 4)])
def test_missing_lines_are_found_wherever_they_were(gone):
    lines = story()
    kept = [line for n, line in enumerate(lines) if n not in gone]
    assert walked(kept, lines[-1]) == [(gone[0] + 1, FaultKind.MISSING, len(gone))]


@pytest.mark.parametrize("change", [
    {"kind": "user.unseen"}, {"actor": "usr_2"}, {"data": {"n": 9}}, {"data": {}},
    {"at": datetime(2031, 1, 1, tzinfo=UTC)},
])  # fmt: skip
@pytest.mark.parametrize("at", [0, 2, 4])
def test_an_altered_line_is_found_whatever_was_altered(change, at):
    lines = story()
    altered = [*lines[:at], lines[at].model_copy(update=change), *lines[at + 1 :]]
    assert walked(altered, lines[-1]) == [(at + 1, FaultKind.ALTERED, 1)]


def test_a_chain_hashed_anew_meets_another_head():
    lines, prev_hash, forged = story(), GENESIS, []
    for line in lines:
        told = line.model_copy(update={"actor": "usr_2", "prev_hash": prev_hash})
        prev_hash = chained(prev_hash, "usr_1", told)
        forged.append(told.model_copy(update={"hash": prev_hash}))
    assert walked(forged, lines[-1]) == [(5, FaultKind.ALTERED, 1)]


def test_a_line_that_was_never_told_is_found():
    lines = story()
    told = Line(seq=6, kind="user.seen", actor="usr_1", at=AT)
    more = JournalLine(**told.model_dump(), id=6, txid=6, subject="usr_1", prev_hash=lines[-1].hash,
                       hash=chained(lines[-1].hash, "usr_1", told))  # fmt: skip
    assert walked([*lines, more], lines[-1]) == [(6, FaultKind.STRAY, 1)]
    assert walked([*lines[:3], lines[2], *lines[3:]], lines[-1]) == [(3, FaultKind.STRAY, 1)]


def test_a_fault_says_where_and_what():
    lines = story()
    [fault] = Chain("usr_1").follow(lines[2])
    assert str(fault) == "usr_1: lines 1 to 2 are missing"
