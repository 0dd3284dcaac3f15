"""Deliveries found by whatever a human has at hand, saved views of them, and imports."""

from alembic import op

revision = "0018"
down_revision = "0017"

_NEWEST = "created_at DESC, id DESC"


def upgrade() -> None:
    """Deliveries of before are found by their numbers again at their next move; no release has written any."""
    op.execute("ALTER TABLE deliveries.deliveries ADD COLUMN ended_at timestamptz")
    for name, on, where in (
        ("organisation_status", f"(organisation_id, status, {_NEWEST})", "true"),
        ("organisation_attention", f"(organisation_id, {_NEWEST})", "attention <> 'none'"),
        ("tracking_number", "(tracking_number)", "tracking_number IS NOT NULL"),
        ("promised", "(promised_at)", "promised_at IS NOT NULL"),
        ("ended", "(ended_at)", "ended_at IS NOT NULL"),
    ):
        op.execute(f"CREATE INDEX deliveries_{name} ON deliveries.deliveries {on} WHERE {where}")
    _clues()
    _views()
    _imports()


def _clues() -> None:
    op.execute("""
        CREATE TABLE deliveries.clues (
            delivery_id text PRIMARY KEY,
            organisation_id text NOT NULL,
            created_at timestamptz NOT NULL,
            words tsvector NOT NULL
        )
    """)
    # Without pending lists: whoever searches would have to read them through.
    op.execute("CREATE INDEX clues_words ON deliveries.clues USING gin (words) WITH (fastupdate = off)")
    newest = "created_at DESC, delivery_id DESC"
    op.execute(f"CREATE INDEX clues_organisation ON deliveries.clues (organisation_id, {newest})")
    op.execute(f"CREATE INDEX clues_newest ON deliveries.clues ({newest})")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries.clues TO entrega_deliveries")
    # Whoever erases a delivery's key, and however, takes from the index what was personal; the digests begin with b.
    op.execute("""
        CREATE FUNCTION deliveries.forget_clues() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE deliveries.clues
            SET words = array_to_tsvector(ARRAY(
                SELECT lexeme FROM unnest(words) WHERE NOT starts_with(lexeme, 'b')
            ))
            WHERE delivery_id = NEW.subject;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER data_keys_forget_clues AFTER UPDATE OF wrapped ON keys.data_keys FOR EACH ROW
        WHEN (OLD.wrapped IS NOT NULL AND NEW.wrapped IS NULL AND starts_with(NEW.subject, 'del_'))
        EXECUTE FUNCTION deliveries.forget_clues()
    """)


def _views() -> None:
    op.execute("""
        CREATE TABLE deliveries.views (
            id text PRIMARY KEY,
            organisation_id text NOT NULL,
            created_by text NOT NULL,
            shared boolean NOT NULL,
            document bytea NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX views_organisation ON deliveries.views (organisation_id, created_by)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries.views TO entrega_deliveries")


def _imports() -> None:
    op.execute("""
        CREATE TABLE deliveries.imports (
            id text PRIMARY KEY,
            organisation_id text NOT NULL,
            created_by text NOT NULL,
            status text NOT NULL,
            lines bigint NOT NULL,
            file_hash bytea NOT NULL,
            created_at timestamptz NOT NULL,
            ended_at timestamptz
        )
    """)
    op.execute("CREATE INDEX imports_organisation ON deliveries.imports (organisation_id, created_at DESC, id DESC)")
    # A line's request is there while it waits; the delivery made of it has it then, under a key of its own.
    op.execute("""
        CREATE TABLE deliveries.import_lines (
            import_id text NOT NULL REFERENCES deliveries.imports ON DELETE CASCADE,
            line bigint NOT NULL,
            outcome text NOT NULL,
            delivery_id text NOT NULL,
            reason text,
            request bytea,
            PRIMARY KEY (import_id, line),
            CONSTRAINT import_lines_request_while_waiting CHECK ((request IS NOT NULL) = (outcome = 'waiting'))
        )
    """)
    op.execute("""
        CREATE INDEX import_lines_waiting ON deliveries.import_lines (import_id, line) WHERE outcome = 'waiting'
    """)
    for table in ("imports", "import_lines"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries.{table} TO entrega_deliveries")
