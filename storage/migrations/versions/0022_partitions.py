"""The journal in partitions by time, made ahead by whoever keeps it, with one for lines that no other is for."""

from alembic import op

revision = "0022"
down_revision = "0021"

_INDEXES = {
    "order": "(txid, id)",
    "organisation": "(organisation_id, txid, id)",
    "booking_key": "((data->>'booking_key')) WHERE (data->>'booking_key') IS NOT NULL",
    "booking_reference": """((data->>'booking_reference'), (data->>'carrier'), (data->>'account'))
        WHERE (data->>'booking_reference') IS NOT NULL""",
    "acted": r"(actor, id) WHERE actor LIKE 'usr\_%'",
    "named": "((data->>'user'), id) WHERE (data->>'user') IS NOT NULL",
    "erased_organisations": "(subject) WHERE kind = 'organisation.erased'",
    "erased_keys": "(id) WHERE kind = 'key.erased'",
    "at": "USING brin (at)",
}
_SHAPE = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES"


def upgrade() -> None:
    """What there was becomes the first partition, of all that came before the next month; its indexes stay as they are.
    It is read once, to see that no line is of later: so long writers wait. Whoever runs older code notices nothing."""
    op.execute("LOCK TABLE journal.journal IN ACCESS EXCLUSIVE MODE")
    _set_aside()
    op.execute("""
        CREATE TABLE journal.journal (
            id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
            txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
            subject text NOT NULL,
            seq bigint NOT NULL CONSTRAINT journal_seq_check CHECK (seq > 0),
            kind text NOT NULL,
            actor text NOT NULL,
            organisation_id text,
            data jsonb NOT NULL,
            digest text NOT NULL,
            prev_hash text NOT NULL,
            hash text NOT NULL,
            at timestamptz NOT NULL
        ) PARTITION BY RANGE (at)
    """)
    _go_on_counting()
    _partitions()
    for name, on in _INDEXES.items():
        # A partition's own index of the same shape is taken up, not built again.
        op.execute(f"CREATE INDEX journal_{name} ON journal.journal {on}")
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.journal
        FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change()
    """)
    _rights()
    _following()
    _ahead()
    op.execute("SELECT journal.make_ahead('month', now() + interval '3 months')")


def _set_aside() -> None:
    op.execute("ALTER TABLE journal.journal RENAME TO journal_start")
    op.execute("""
        DO $$ DECLARE its record; BEGIN
            FOR its IN SELECT indexrelid::regclass::text AS place, relname AS name FROM pg_index
                JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = 'journal.journal_start'::regclass
            LOOP
                EXECUTE format('ALTER INDEX %s RENAME TO %I', its.place,
                    regexp_replace(its.name, '^journal_', 'journal_start_'));
            END LOOP;
        END $$
    """)


def _go_on_counting() -> None:
    """Ids go on where they were; those of partitions are the whole table's."""
    op.execute("""
        DO $$ DECLARE next bigint; BEGIN
            SELECT nextval(pg_get_serial_sequence('journal.journal_start', 'id')) INTO next;
            EXECUTE format('ALTER TABLE journal.journal ALTER COLUMN id RESTART WITH %s', next);
        END $$
    """)
    op.execute("ALTER TABLE journal.journal_start ALTER COLUMN id DROP IDENTITY")
    op.execute("ALTER SEQUENCE journal.journal_id_seq1 RENAME TO journal_id_seq")


def _partitions() -> None:
    """Each has its own key: ids come from one sequence that nobody may choose from, and a subject's lines are numbered
    under its lock, so no two partitions could disagree."""
    op.execute(f"CREATE TABLE journal.journal_default (LIKE journal.journal_start {_SHAPE})")
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.journal_default
        FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change()
    """)
    op.execute("ALTER TABLE journal.journal ATTACH PARTITION journal.journal_default DEFAULT")
    op.execute("""
        DO $$ DECLARE boundary timestamptz; BEGIN
            SELECT date_trunc('month', greatest(max(at), now()), 'UTC') INTO boundary FROM journal.journal_start;
            boundary := (boundary AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC';
            EXECUTE format('ALTER TABLE journal.journal ATTACH PARTITION journal.journal_start
                FOR VALUES FROM (MINVALUE) TO (%L)', boundary);
        END $$
    """)
    op.execute("""
        CREATE VIEW journal.partitions AS
        SELECT relname::text AS name,
            substring(bound FROM $r$FROM \\('([^']+)'\\)$r$)::timestamptz AS since,
            substring(bound FROM $r$TO \\('([^']+)'\\)$r$)::timestamptz AS until
        FROM (
            SELECT relname, pg_get_expr(relpartbound, pg_class.oid) AS bound
            FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
            WHERE inhparent = 'journal.journal'::regclass
        ) AS partition
        WHERE bound <> 'DEFAULT'
    """)


def _rights() -> None:
    """Whoever could read or append before, can; partitions are reached through the whole table alone."""
    op.execute("""
        DO $$ DECLARE its record; BEGIN
            FOR its IN
                SELECT privilege_type AS may, '' AS what, grantee::regrole AS who
                FROM pg_class, aclexplode(relacl)
                WHERE oid = 'journal.journal_start'::regclass AND grantee <> relowner
                UNION ALL
                SELECT privilege_type, format('(%I)', attname), grantee::regrole
                FROM pg_attribute, aclexplode(attacl) WHERE attrelid = 'journal.journal_start'::regclass
            LOOP
                EXECUTE format('GRANT %s %s ON journal.journal TO %s', its.may, its.what, its.who);
                EXECUTE format('REVOKE %s %s ON journal.journal_start FROM %s', its.may, its.what, its.who);
                IF its.may = 'SELECT' THEN EXECUTE format('GRANT SELECT ON journal.partitions TO %s', its.who); END IF;
            END LOOP;
        END $$
    """)


def _following() -> None:
    """Readers ask again and again for what follows. Looking for the best way each time would take longer than going it,
    and there is one: by the index of each partition, merged."""
    whole, asked = "SELECT * FROM journal.journal WHERE", "(txid, id) > (after_txid, after_id)"
    ended = "txid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY txid, id LIMIT most"
    op.execute(f"""
        CREATE FUNCTION journal.following(after_txid xid8, after_id bigint, most bigint, whose text, about text)
        RETURNS SETOF journal.journal LANGUAGE plpgsql STABLE
        SET plan_cache_mode = force_generic_plan
        SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
        BEGIN
            IF about IS NOT NULL THEN
                RETURN QUERY {whole} subject = about AND (whose IS NULL OR organisation_id = whose)
                    AND {asked} AND {ended};
            ELSIF whose IS NOT NULL THEN
                RETURN QUERY {whole} organisation_id = whose AND {asked} AND {ended};
            ELSE
                RETURN QUERY {whole} {asked} AND {ended};
            END IF;
        END $$
    """)


def _ahead() -> None:
    """The deliveries worker asks for them: a role that may have partitions made, of this shape, and nothing else. Lines
    that came into the default one meanwhile move to where they belong."""
    op.execute("""
        CREATE FUNCTION journal.make_ahead(step text, until_then timestamptz) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
        DECLARE made integer := 0; since timestamptz; until timestamptz; aside boolean; name text;
        BEGIN
            IF step NOT IN ('day', 'week', 'month') OR until_then > now() + interval '1 year' THEN
                RAISE EXCEPTION 'partitions are of a day, a week or a month, for a year at most'
                USING ERRCODE = 'invalid_parameter_value';
            END IF;
            PERFORM pg_advisory_xact_lock(hashtextextended('journal.partitions', 0));
            SELECT max(partition.until) INTO since FROM journal.partitions partition;
            IF since >= until_then THEN RETURN 0; END IF;
            SELECT EXISTS (SELECT FROM journal.journal_default WHERE at < until_then) INTO aside;
            IF aside THEN
                ALTER TABLE journal.journal DETACH PARTITION journal.journal_default;
                ALTER TABLE journal.journal_default RENAME TO journal_aside;
                PERFORM journal.make_partition('journal_default', 'journal_aside', 'DEFAULT');
            END IF;
            WHILE since < until_then LOOP
                until := date_trunc(step, since) + ('1 ' || step)::interval;
                name := 'journal_' || to_char(since, CASE step WHEN 'month' THEN 'YYYY_MM' ELSE 'YYYY_MM_DD' END);
                PERFORM journal.make_partition(name, 'journal_default',
                    format('FOR VALUES FROM (%L) TO (%L)', since, until));
                since := until;
                made := made + 1;
            END LOOP;
            IF aside THEN
                INSERT INTO journal.journal OVERRIDING SYSTEM VALUE SELECT * FROM journal.journal_aside;
                DROP TABLE journal.journal_aside;
            END IF;
            RETURN made;
        END $$
    """)
    op.execute(f"""
        CREATE FUNCTION journal.make_partition(name text, shape text, bound text) RETURNS void
        LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
        BEGIN
            EXECUTE format('CREATE TABLE journal.%I (LIKE journal.%I {_SHAPE})', name, shape);
            EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.%I
                FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change()', name);
            EXECUTE format('ALTER TABLE journal.journal ATTACH PARTITION journal.%I %s', name, bound);
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION journal.make_ahead, journal.make_partition FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION journal.make_ahead TO entrega_deliveries")
