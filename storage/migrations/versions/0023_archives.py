"""What remains of archived lines: where each delivery's chain ended, and which of the journal's months are archived."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Written by the database's owner alone, when a month is archived; read by whoever reads the journal."""
    op.execute("""
        CREATE TABLE journal.archives (
            name text PRIMARY KEY,
            since timestamptz,
            until timestamptz NOT NULL,
            lines bigint NOT NULL,
            deliveries bigint NOT NULL,
            manifest_sha256 text NOT NULL,
            archived_at timestamptz NOT NULL,
            forgotten_at timestamptz
        )
    """)
    op.execute("""
        CREATE TABLE journal.ends (
            subject text PRIMARY KEY,
            seq bigint NOT NULL,
            hash text NOT NULL,
            organisation_id text
        )
    """)
    op.execute("CREATE INDEX ends_organisation ON journal.ends (organisation_id, subject)")
    op.execute("""
        DO $$ DECLARE who text; BEGIN
            FOR who IN SELECT grantee::regrole FROM pg_class, aclexplode(relacl)
                WHERE oid = 'journal.journal'::regclass AND grantee <> relowner AND privilege_type = 'SELECT'
            LOOP
                EXECUTE format('GRANT SELECT ON journal.archives, journal.ends TO %s', who);
            END LOOP;
        END $$
    """)
