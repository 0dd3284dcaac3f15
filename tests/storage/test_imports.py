"""Imports at rest: whole or not at all, each line with one outcome, and nothing personal once it has it."""

import pytest
from making import NOW, fresh, imported
from sqlalchemy import text

from domain.errors import IdempotencyKeyReused, Invalid, TooManyImports
from domain.imports import MOST_RUNNING, ImportLine, ImportStatus, Outcome


def came(line: ImportLine, outcome: Outcome, reason: str | None = None) -> ImportLine:
    return ImportLine(line=line.line, delivery_id=line.delivery_id, outcome=outcome, reason=reason)


async def test_a_file_is_kept_once_and_its_lines_as_they_are(stores):
    made, lines = imported(5)
    assert await stores.imports.begin(made, lines, "hash") is made
    again, others = imported(1, id=made.id, organisation_id=made.organisation_id)
    assert await stores.imports.begin(again, others, "hash") == made
    with pytest.raises(IdempotencyKeyReused):
        await stores.imports.begin(again, others, "another")
    assert await stores.imports.get(made.id) == made
    assert await stores.imports.waiting(made.id, 3) == lines[:3]
    assert await stores.imports.get("imp_none") is None


async def test_a_line_has_one_outcome(stores):
    made, lines = imported(4)
    await stores.imports.begin(made, lines, "hash")
    first = [came(lines[0], Outcome.REQUESTED), came(lines[1], Outcome.FAILED, "invalid")]
    assert await stores.imports.settle(made.id, first) == 2
    assert await stores.imports.settle(made.id, [came(lines[0], Outcome.FAILED, "no")]) == 2
    assert await stores.imports.waiting(made.id, 9) == lines[2:]
    assert await stores.imports.lines(made.id, None, 2, 0) == (first, 3)
    assert await stores.imports.lines(made.id, Outcome.WAITING, 9, 3) == (
        [came(line, Outcome.WAITING) for line in lines[2:]],
        None,
    )
    for _ in range(2):
        await stores.imports.end(made.id, cancelled=True)
    now = await stores.imports.get(made.id)
    assert (now.status, now.requested, now.failed, now.cancelled) == (ImportStatus.CANCELLED, 1, 1, 2)
    assert now.ended_at
    assert await stores.imports.settle(made.id, []) == 0
    told = [line.kind for line in await stores.journal.of(made.id)]
    assert told == ["import.requested", "import.progress", "import.progress", "import.ended"]


async def test_pages_are_ones_own_newest_first(stores):
    organisation = fresh("org")
    kept = [imported(1, organisation_id=organisation, created_by=f"usr_{n % 2}")[0] for n in range(3)]
    for it in kept:
        await stores.imports.begin(it, imported(1, id=it.id)[1], "hash")
    newest = sorted(kept, key=lambda it: it.id, reverse=True)
    page, cursor = await stores.imports.page(organisation, None, 2, None)
    rest, end = await stores.imports.page(organisation, None, 2, cursor)
    assert ([*page, *rest], end) == (newest, None)
    assert await stores.imports.page(organisation, "usr_1", 9, None) == ([kept[1]], None)
    with pytest.raises(Invalid):
        await stores.imports.page(organisation, None, 9, "strange")


async def test_so_many_run_at_once_and_no_more(stores):
    organisation = fresh("org")
    for _ in range(MOST_RUNNING):
        made, lines = imported(1, organisation_id=organisation)
        await stores.imports.begin(made, lines, "hash")
    more, lines = imported(1, organisation_id=organisation)
    with pytest.raises(TooManyImports):
        await stores.imports.begin(more, lines, "hash")
    await stores.imports.end(made.id, cancelled=False)
    assert await stores.imports.begin(more, lines, "hash") is more


async def test_what_lines_ask_for_is_sealed_and_goes(sql, engines):
    made, lines = imported(2)
    await sql.imports.begin(made, lines, "hash")
    query = text("SELECT encode(request, 'escape') FROM deliveries.import_lines WHERE import_id = :id ORDER BY line")

    async def held():
        async with engines["owner"].connect() as connection:
            return list(await connection.scalars(query, {"id": made.id}))

    assert not [one for one in await held() if "Zulmira" in one or "Ana" in one]
    await sql.imports.settle(made.id, [came(lines[0], Outcome.REQUESTED)])
    assert (await held())[0] is None
    await sql.imports.end(made.id, cancelled=False)
    assert await held() == [None, None]
    assert made.created_at == NOW
