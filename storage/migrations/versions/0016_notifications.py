"""Who is told what happens, what was sent to them, and the role that does it."""

from alembic import op

revision = "0016"
down_revision = "0014"

_OWN, _READ = "whe_", ("del_", "service/", "whe_")
_MAKE = ("service/", "whe_")


def upgrade() -> None:
    """The service reads the journal, and deliveries' keys for their workflows; of deliveries themselves nothing."""
    op.execute("""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entrega_notifications') THEN
                CREATE ROLE entrega_notifications NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
    """)
    op.execute("CREATE SCHEMA notifications")
    op.execute("""
        CREATE TABLE notifications.subscribers (
            id text PRIMARY KEY,
            organisation_id text NOT NULL,
            events text[] NOT NULL,
            enabled boolean NOT NULL,
            created_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX subscribers_organisation ON notifications.subscribers (organisation_id, created_at, id)")
    op.execute("""
        CREATE TABLE notifications.endpoints (
            id text PRIMARY KEY REFERENCES notifications.subscribers (id) ON DELETE CASCADE,
            document bytea NOT NULL,
            disabled_reason text,
            failures bigint NOT NULL,
            failing_since timestamptz,
            held_until timestamptz,
            created_by text NOT NULL,
            updated_at timestamptz NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE notifications.messages (
            id text PRIMARY KEY,
            subscriber text NOT NULL REFERENCES notifications.subscribers (id) ON DELETE CASCADE,
            delivery_id text,
            seq bigint NOT NULL,
            type text NOT NULL,
            at timestamptz NOT NULL,
            outcome text NOT NULL,
            attempts bigint NOT NULL,
            tries bigint NOT NULL,
            status bigint,
            error text,
            next_at timestamptz,
            created_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX messages_log ON notifications.messages (subscriber, created_at DESC, id DESC)")
    op.execute("""
        CREATE TABLE notifications.attempts (
            message_id text NOT NULL REFERENCES notifications.messages (id) ON DELETE CASCADE,
            number bigint NOT NULL,
            at timestamptz NOT NULL,
            status bigint,
            error text,
            latency_ms bigint NOT NULL,
            PRIMARY KEY (message_id, number)
        )
    """)
    op.execute("""
        CREATE TABLE notifications.cursors (
            reader text PRIMARY KEY,
            txid xid8 NOT NULL,
            line_id bigint NOT NULL
        )
    """)
    for table in ("subscribers", "endpoints", "messages", "attempts", "cursors"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON notifications.{table} TO entrega_notifications")
    for schema in ("notifications", "journal", "keys", "limits"):
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO entrega_notifications")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON limits.limits TO entrega_notifications")
    op.execute("GRANT SELECT ON journal.journal, keys.data_keys TO entrega_notifications")
    op.execute("""
        GRANT INSERT (subject, seq, kind, actor, organisation_id, data, digest, prev_hash, hash, at)
        ON journal.journal TO entrega_notifications
    """)
    op.execute("GRANT INSERT (subject, wrapped, kek_id, created_at) ON keys.data_keys TO entrega_notifications")
    op.execute("GRANT UPDATE (wrapped, kek_id, erased_at) ON keys.data_keys TO entrega_notifications")
    op.execute(f"""
        CREATE POLICY notifications_reads ON keys.data_keys FOR SELECT TO entrega_notifications USING ({_of(_READ)})
    """)
    op.execute(f"""
        CREATE POLICY notifications_makes ON keys.data_keys FOR INSERT TO entrega_notifications
        WITH CHECK (({_of(_MAKE)}) AND wrapped IS NOT NULL)
    """)
    op.execute(f"""
        CREATE POLICY notifications_erases ON keys.data_keys FOR UPDATE TO entrega_notifications
        USING ({_of((_OWN,))}) WITH CHECK (wrapped IS NULL)
    """)


def _of(prefixes: tuple[str, ...]) -> str:
    return " OR ".join(f"starts_with(subject, '{prefix}')" for prefix in prefixes)
