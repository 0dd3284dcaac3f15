"""Each service's role: its own schema, the journal to append to and read, and nothing else."""

import itertools

import pytest
from making import delivery, fresh, move
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

TABLES = (
    "users.users", "users.organisations", "users.members", "users.sessions", "users.proofs", "users.second_factors",
    "users.recovery_codes", "users.invitations", "users.service_accounts", "users.api_keys", "users.limits",
    "carriers.accounts", "carriers.rules", "carriers.pauses", "carriers.terms",
    "availability.areas", "availability.windows", "availability.slots",
    "deliveries.deliveries", "deliveries.policies", "deliveries.clues", "deliveries.views",
    "deliveries.imports", "deliveries.import_lines", "deliveries.contracts", "deliveries.archives",
    "deliveries.archived", "figures.editions", "figures.lives", "figures.sums", "tracking.scans",
    "ledger.entries", "ledger.adjustments", "ledger.reconciliations", "ledger.reconciliation_lines",
    "notifications.subscribers", "notifications.endpoints", "notifications.messages", "notifications.attempts",
    "notifications.cursors", "notifications.replays", "notifications.members", "notifications.letter_lines",
    "notifications.templates", "notifications.refusals", "notifications.readings", "notifications.read_lines",
    "journal.journal", "journal.archives", "journal.ends", "keys.data_keys", "limits.limits",
)  # fmt: skip
ALL = {"SELECT", "INSERT", "UPDATE", "DELETE"}
READ_CARRIERS = {table: {"SELECT"} for table in ("carriers.accounts", "carriers.rules", "carriers.pauses")}
COUNTED = {"limits.limits": ALL}
MAY = {
    "users": {table: ALL for table in TABLES if table.startswith("users.")} | COUNTED,
    "quotes": dict.fromkeys(READ_CARRIERS, ALL) | COUNTED | {"carriers.terms": ALL - {"DELETE"}},
    "availability": {
        **COUNTED,
        "availability.areas": ALL, "availability.windows": ALL, "availability.slots": ALL,
        **READ_CARRIERS,
    },
    "deliveries": {
        **COUNTED,
        "figures.editions": ALL, "figures.lives": ALL, "figures.sums": ALL, "deliveries.contracts": ALL,
        "deliveries.deliveries": ALL, "deliveries.policies": ALL, "deliveries.clues": ALL,
        "deliveries.views": ALL, "deliveries.imports": ALL, "deliveries.import_lines": ALL,
        "deliveries.archives": {"SELECT"}, "deliveries.archived": {"SELECT"},
        **{table: {"SELECT", "INSERT"} for table in TABLES if table.startswith("ledger.")},
        **READ_CARRIERS, "carriers.terms": {"SELECT"},
    },
    "tracking": {"tracking.scans": ALL, **COUNTED, **READ_CARRIERS},
    "notifications": {table: ALL for table in TABLES if table.startswith("notifications.")} | COUNTED,
    "relay": {},
    "codec": {**COUNTED},
    "keys": {},
}  # fmt: skip
# Of data keys each role has the rows of its own subjects: what it may do to whose.
SUBJECTS = {"del_": "deliveries", "usr_": "users", "org_": "users", "carrier/": "quotes", "whe_": "notifications",
            "service/": None}  # fmt: skip
CARRYING = {"quotes", "availability", "deliveries", "tracking"}
READERS = {"del_": CARRYING | {"notifications", "codec", "keys"}, "usr_": {"users", "keys"}, "org_": {"users", "keys"},
           "carrier/": CARRYING | {"keys"}, "whe_": {"notifications", "keys"},
           "service/": CARRYING | {"notifications", "codec", "keys"}}  # fmt: skip
_WRITTEN = {"subject", "seq", "kind", "actor", "organisation_id", "data", "digest", "prev_hash", "hash", "at"}


def test_every_table_there_is_is_spoken_of_here(tables):
    assert set(TABLES) == tables


@pytest.fixture
async def tables(engines):
    query = """
        SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information_sch|public)'
        AND NOT (schemaname = 'journal' AND tablename LIKE 'journal\\_%')
    """
    async with engines["owner"].connect() as connection:
        return set((await connection.scalars(text(query))).all())


@pytest.mark.parametrize(("role", "table"), list(itertools.product(MAY, TABLES)))
async def test_a_role_may_do_exactly_this(engines, role, table):
    rights = (*sorted(ALL), "TRUNCATE", "REFERENCES", "TRIGGER")
    # By oid: a schema that may not be used hides its tables' names.
    query = text("""
        SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, :right)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname || '.' || c.relname = :table
    """)
    async with engines[role].connect() as connection:
        may = {right for right in rights if await connection.scalar(query, {"table": table, "right": right})}
    reads_only = table.startswith("journal.") or (table == "keys.data_keys" and role != "relay")
    assert may == ({"SELECT"} if reads_only else MAY[role].get(table, set()))


@pytest.mark.parametrize("role", MAY)
async def test_what_may_be_written_into_the_journal_is_a_line_but_not_its_place(engines, role):
    query = text("""
        SELECT attname FROM pg_attribute WHERE attrelid = 'journal.journal'::regclass AND attnum > 0
        AND has_column_privilege('journal.journal', attname, 'INSERT')
    """)
    async with engines[role].connect() as connection:
        assert set(await connection.scalars(query)) == (set() if role == "relay" else _WRITTEN)


@pytest.mark.parametrize(("role", "attempt"), [
    ("deliveries", "SELECT * FROM users.users"),
    ("deliveries", "SELECT secret FROM users.second_factors"),
    ("quotes", "SELECT digest FROM users.api_keys"),
    ("tracking", "UPDATE users.members SET role = 'owner'"),
    ("users", "SELECT * FROM deliveries.deliveries"),
    ("deliveries", "UPDATE journal.journal SET kind = 'x'"),
    ("deliveries", "DELETE FROM journal.journal"),
    ("deliveries", "TRUNCATE journal.journal"),
    ("deliveries", "UPDATE ledger.entries SET amount = 0"),
    ("deliveries", "DELETE FROM ledger.entries"),
    ("deliveries", "UPDATE carriers.terms SET document = '{}'"),
    ("deliveries", "UPDATE ledger.adjustments SET amount = 1"),
    ("deliveries", "UPDATE ledger.reconciliation_lines SET theirs = 0"),
    ("deliveries", "DELETE FROM ledger.reconciliation_lines"),
    ("deliveries", "UPDATE carriers.accounts SET credentials = '{}'"),
    ("deliveries", "DELETE FROM carriers.pauses"),
    ("tracking", "UPDATE carriers.rules SET name = ''"),
    ("deliveries", "ALTER TABLE journal.journal DISABLE TRIGGER ALL"),
    ("deliveries", "SELECT * FROM journal.journal_start"),
    ("deliveries", "INSERT INTO journal.journal_default (subject) VALUES ('x')"),
    ("deliveries", "SELECT journal.make_partition('mine', 'journal_default', 'DEFAULT')"),
    ("tracking", "SELECT journal.make_ahead('day', now())"),
    ("deliveries", "UPDATE journal.ends SET hash = 'x'"),
    ("deliveries", "DELETE FROM journal.archives"),
    ("deliveries", "DELETE FROM deliveries.archived"),
    ("deliveries", "UPDATE deliveries.archived SET created_by = 'usr_x'"),
    ("deliveries", "UPDATE deliveries.archives SET forgotten_at = now()"),
    ("tracking", "SELECT * FROM deliveries.archived"),
    ("deliveries", "SET session_replication_role = replica"),
    ("deliveries", "CREATE TABLE deliveries.mine (id int)"),
    ("users", "CREATE TABLE public.mine (id int)"),
    ("users", "CREATE SCHEMA mine"),
    ("users", "SET ROLE entrega_deliveries"),
    ("tracking", "SELECT * FROM deliveries.deliveries"),
    ("quotes", "SELECT * FROM ledger.entries"),
    ("notifications", "SELECT * FROM deliveries.deliveries"),
    ("notifications", "SELECT * FROM carriers.accounts"),
    ("deliveries", "SELECT document FROM notifications.endpoints"),
    ("relay", "SELECT * FROM notifications.subscribers"),
    ("relay", "SELECT * FROM carriers.accounts"),
    ("relay", "INSERT INTO journal.journal (subject) VALUES ('x')"),
    ("relay", "SELECT * FROM keys.data_keys"),
    ("codec", "SELECT * FROM deliveries.deliveries"),
    ("codec", "INSERT INTO keys.data_keys (subject) VALUES ('del_x')"),
    ("keys", "SELECT * FROM deliveries.deliveries"),
    ("keys", "SELECT * FROM users.users"),
    ("keys", "UPDATE keys.data_keys SET erased_at = now()"),
    ("deliveries", "DELETE FROM keys.data_keys"),
    ("deliveries", "UPDATE keys.data_keys SET subject = 'del_x'"),
    ("deliveries", "ALTER TABLE keys.data_keys DISABLE ROW LEVEL SECURITY"),
])  # fmt: skip
async def test_a_role_that_reaches_further_is_refused(engines, role, attempt):
    async with engines[role].connect() as connection:
        with pytest.raises(Exception, match=r"permission denied|must be owner"):
            await connection.execute(text(attempt))


async def _may(engine, statement, **values) -> bool:
    """Whether it does anything; nothing of it stays."""
    async with engine.connect() as connection:
        try:
            return (await connection.execute(text(statement), values)).rowcount > 0
        except DBAPIError as refused:
            if "permission denied" in str(refused) or "row-level security" in str(refused):
                return False
            raise


@pytest.mark.parametrize(("role", "prefix"), list(itertools.product(MAY, SUBJECTS)))
async def test_a_role_has_the_keys_of_its_own_subjects(engines, role, prefix):
    owner = SUBJECTS[prefix]
    makes = {owner} if owner else CARRYING | {"notifications"}
    there, fresh_one = fresh(prefix), fresh(prefix)
    new = "INSERT INTO keys.data_keys (subject, wrapped, kek_id, created_at) VALUES (:s, 'old', 'a', now())"
    async with engines["owner"].begin() as connection:
        await connection.execute(text(new), {"s": there})
    ends = "UPDATE keys.data_keys SET wrapped = NULL, kek_id = NULL, erased_at = now() WHERE subject = :s"
    wraps = "UPDATE keys.data_keys SET wrapped = 'new', kek_id = 'b' WHERE subject = :s"
    engine = engines[role]
    assert await _may(engine, "SELECT FROM keys.data_keys WHERE subject = :s", s=there) is (role in READERS[prefix])
    assert await _may(engine, new, s=fresh_one) is (role in makes)
    assert await _may(engine, ends, s=there) is (role == owner)
    assert await _may(engine, wraps, s=there) is (role == "keys")
    async with engines["owner"].begin() as connection:
        await connection.execute(text(ends), {"s": there})
    assert not await _may(engine, wraps, s=there)  # nobody brings a key back


async def test_the_users_role_hears_its_schedule_and_no_other_service(engines):
    new = "INSERT INTO keys.data_keys (subject, wrapped, kek_id, created_at) VALUES (:s, 'old', 'a', now())"
    ends = "UPDATE keys.data_keys SET wrapped = NULL, kek_id = NULL, erased_at = now() WHERE subject = :s"
    assert await _may(engines["users"], new, s="service/temporal")  # and nothing of it stays
    assert not await _may(engines["users"], new, s="service/temporal2")
    async with engines["owner"].begin() as connection:
        there = f"{new} ON CONFLICT DO NOTHING"
        await connection.execute(text(there), [{"s": "service/temporal"}, {"s": "service/temporal2"}])
    read = "SELECT FROM keys.data_keys WHERE subject = :s"
    assert await _may(engines["users"], read, s="service/temporal")
    assert not await _may(engines["users"], read, s="service/temporal2")
    assert not await _may(engines["users"], ends, s="service/temporal")
    async with engines["owner"].begin() as connection:
        await connection.execute(text("DELETE FROM keys.data_keys WHERE starts_with(subject, 'service/temporal')"))


@pytest.mark.parametrize("table", ["journal.journal", "ledger.entries"])
@pytest.mark.parametrize("change", ["UPDATE {} SET actor = actor", "DELETE FROM {}", "TRUNCATE {}"])
async def test_what_was_told_or_posted_stays_for_the_owner_too(engines, table, change):
    attempt = change.format(table).replace("actor", "actor" if "journal" in table else "memo")
    async with engines["owner"].connect() as connection:
        with pytest.raises(Exception, match="is append-only"):
            await connection.execute(text(attempt))


async def test_an_entry_that_does_not_balance_never_commits(sql, engines):
    it = delivery()
    await sql.deliveries.record(move(it))
    attempt = text("""
        INSERT INTO ledger.entries
            (id, posted_at, delivery_id, organisation_id, account, kind, amount, currency, step, memo)
        VALUES (:id, now(), :delivery, 'org', 'revenue', 'charge', 1, 'BRL', 'x', '')
    """)
    async with engines["deliveries"].connect() as connection:
        await connection.execute(attempt, {"id": fresh("ent"), "delivery": it.id})
        with pytest.raises(Exception, match="do not sum to zero"):
            await connection.commit()
