"""Whether what was restored is whole: indexes, constraints, the journal's numbers and chains, the ledger's sums."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import psycopg
from psycopg import sql

from runtime._postgres_binaries import binaries_of
from runtime.backup.manifest import Check, Mark
from runtime.backup.postgres import BackupFailed, run
from runtime.backup.restoring import Restored
from storage._engine import connect
from storage.audit import MongoAuditLog
from storage.audit import connect as connect_mongo
from storage.audit_check import AuditCheck
from storage.journal import SqlJournal

_FEW = 5
_BELOW = """
    SELECT count(*) + (SELECT coalesce(sum(lines), 0) FROM journal.archives)::bigint,
        count(*) FILTER (WHERE seq = 1 AND subject LIKE 'del\\_%%')
            + (SELECT coalesce(sum(deliveries), 0) FROM journal.archives)::bigint
    FROM journal.journal WHERE txid < %s::xid8
"""
# Each names what is wrong; none may.
_RULES: Mapping[str, str] = {
    "journal: each line follows the one before it": """
        SELECT line.subject || ' ' || line.seq FROM journal.journal line
        LEFT JOIN journal.journal before ON before.subject = line.subject AND before.seq = line.seq - 1
        LEFT JOIN journal.ends archived ON archived.subject = line.subject AND archived.seq = line.seq - 1
        WHERE line.seq > 1 AND coalesce(before.hash, archived.hash) IS DISTINCT FROM line.prev_hash
    """,
    "deliveries: each is where its journal says": """
        SELECT coalesce(delivery.id, told.subject) FROM (
            SELECT id, seq FROM deliveries.deliveries UNION ALL SELECT id, seq FROM deliveries.archived
        ) delivery
        FULL JOIN (
            SELECT subject, max(seq) AS seq FROM (
                SELECT subject, seq FROM journal.journal WHERE subject LIKE 'del\\_%'
                UNION ALL SELECT subject, seq FROM journal.ends
            ) AS every GROUP BY subject
        ) told ON told.subject = delivery.id
        WHERE delivery.seq IS DISTINCT FROM told.seq
    """,
    "ledger: every delivery sums to zero": """
        SELECT delivery_id || ' ' || sum(amount) || ' ' || currency FROM ledger.entries
        GROUP BY delivery_id, currency HAVING sum(amount) <> 0
    """,
}
_FOREIGN_KEYS = """
    SELECT conname, conrelid::regclass::text, confrelid::regclass::text,
        (SELECT array_agg(attname ORDER BY place) FROM unnest(conkey) WITH ORDINALITY key (number, place)
            JOIN pg_attribute ON attrelid = conrelid AND attnum = number),
        (SELECT array_agg(attname ORDER BY place) FROM unnest(confkey) WITH ORDINALITY key (number, place)
            JOIN pg_attribute ON attrelid = confrelid AND attnum = number)
    FROM pg_constraint WHERE contype = 'f'
"""
_CONDITIONS = """
    SELECT conname, conrelid::regclass::text, pg_get_expr(conbin, conrelid) FROM pg_constraint
    WHERE contype = 'c' AND conrelid <> 0
"""


async def checks(there: Restored, mark: Mark) -> AsyncIterator[Check]:
    """Everything that is looked at, right or wrong. `mark` is what was committed at a moment that the vault covers."""
    major = there.backup.postgres.major
    yield Check(name="every file is what was put into the vault", right=True, found=f"of backup {there.backup.id}")
    plain = there.postgres_url.replace("postgresql+psycopg://", "postgresql://")
    amcheck = binaries_of(major, "pg_amcheck") / "pg_amcheck"
    try:
        await run([amcheck, "--install-missing", "--heapallindexed", plain])
        yield Check(name="PostgreSQL: every table and index is sound", right=True, found="pg_amcheck found nothing")
    except BackupFailed as failure:
        yield Check(name="PostgreSQL: every table and index is sound", right=False, found=str(failure))
    async with await psycopg.AsyncConnection.connect(plain, autocommit=True) as connection:
        yield await _constraints(connection)
        yield await _counted(connection, mark)
        yield await _after_the_base(connection, there, mark)
        for name, rule in _RULES.items():
            rows = await (await connection.execute(f"SELECT * FROM ({rule}) AS wrong LIMIT {_FEW}")).fetchall()  # noqa: S608
            yield Check(name=name, right=not rows, found=", ".join(row[0] for row in rows) or "none is otherwise")
    yield await _audited(there)


async def _constraints(connection: psycopg.AsyncConnection[Any]) -> Check:
    """Every foreign key and every condition, looked at anew: a damaged file may break what was once checked."""
    broken, looked = list[str](), 0
    for name, child, parent, ours, theirs in await (await connection.execute(_FOREIGN_KEYS)).fetchall():
        same = " AND ".join(f'child."{a}" = parent."{b}"' for a, b in zip(ours, theirs, strict=True))
        told = " AND ".join(f'child."{a}" IS NOT NULL' for a in ours)
        query = (
            f"SELECT count(*) FROM {child} child WHERE {told} AND NOT EXISTS (SELECT FROM {parent} parent WHERE {same})"  # noqa: S608
        )
        looked += 1
        broken += [name] * bool(await _number(connection, query))
    for name, table, condition in await (await connection.execute(_CONDITIONS)).fetchall():
        looked += 1
        broken += [name] * bool(await _number(connection, f"SELECT count(*) FROM {table} WHERE NOT ({condition})"))  # noqa: S608
    found = f"broken: {', '.join(broken)}" if broken else f"{looked} hold"
    return Check(name="PostgreSQL: every foreign key and condition holds", right=not broken, found=found)


async def _number(connection: psycopg.AsyncConnection[Any], query: str) -> int:
    row = await (await connection.execute(sql.SQL(query))).fetchone()
    return int(row[0]) if row else 0


async def _counted(connection: psycopg.AsyncConnection[Any], mark: Mark) -> Check:
    lines, deliveries = await _below(connection, mark.txid)
    found = f"{lines} journal lines and {deliveries} deliveries committed by {mark.at.isoformat()}"
    right = (lines, deliveries) == (mark.lines, mark.deliveries)
    if not right:
        found += f"; there were {mark.lines} and {mark.deliveries}"
    return Check(name="exactly what was committed is there", right=right, found=found)


async def _below(connection: psycopg.AsyncConnection[Any], txid: int) -> tuple[int, int]:
    row = await (await connection.execute(_BELOW, (str(txid),))).fetchone()
    assert row is not None
    return row[0], row[1]


async def _after_the_base(connection: psycopg.AsyncConnection[Any], there: Restored, mark: Mark) -> Check:
    before = there.backup.mark
    _, until_then = await _below(connection, before.txid)
    _, until_now = await _below(connection, mark.txid)
    found, wanted = until_now - until_then, mark.deliveries - before.deliveries
    told = f"{found} deliveries" if wanted or found else "no delivery was requested since"
    return Check(name="what came after the base backup is there too", right=found == wanted, found=told)


async def _audited(there: Restored) -> Check:
    engine, mongo = connect(there.postgres_url, application_name="entrega-drill"), connect_mongo(there.mongo_url)
    try:
        check = AuditCheck(MongoAuditLog(mongo[there.database]), SqlJournal(engine))
        faults = [str(fault) async for fault in check.faults()]
    finally:
        await mongo.close()
        await engine.dispose()
    found = "; ".join(faults[:_FEW]) or f"{check.lines} lines in {check.chains} chains"
    return Check(name="the audit log's chains are whole, and as the journal tells", right=not faults, found=found)
