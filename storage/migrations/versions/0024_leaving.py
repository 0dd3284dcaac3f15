"""Deliveries that left for the archive: the files they lie in, and what is still known of each."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Written by the database's owner alone, but that the deliveries role notes what it erased. Whose an archived
    delivery is, those who read the journal are told as well."""
    op.execute("ALTER TABLE journal.ends ADD COLUMN created_by text")
    op.execute("""
        UPDATE journal.ends SET created_by = delivery.created_by
        FROM deliveries.deliveries delivery WHERE delivery.id = subject
    """)
    op.execute("""
        CREATE TABLE deliveries.archives (
            number bigint PRIMARY KEY,
            name text NOT NULL,
            sha256 text NOT NULL,
            bytes bigint NOT NULL,
            deliveries bigint NOT NULL,
            since timestamptz NOT NULL,
            until timestamptz NOT NULL,
            archived_at timestamptz NOT NULL,
            forgotten_at timestamptz
        )
    """)
    op.execute("""
        CREATE TABLE deliveries.archived (
            id text PRIMARY KEY,
            archive bigint NOT NULL REFERENCES deliveries.archives,
            organisation_id text NOT NULL,
            created_by text NOT NULL,
            seq bigint NOT NULL,
            updated_at timestamptz NOT NULL,
            erased_at timestamptz
        )
    """)
    op.execute("CREATE INDEX archived_organisation ON deliveries.archived (organisation_id, id)")
    op.execute("CREATE INDEX archived_unerased ON deliveries.archived (updated_at, id) WHERE erased_at IS NULL")
    op.execute("GRANT SELECT ON deliveries.archives, deliveries.archived TO entrega_deliveries")
    op.execute("GRANT UPDATE (erased_at) ON deliveries.archived TO entrega_deliveries")
