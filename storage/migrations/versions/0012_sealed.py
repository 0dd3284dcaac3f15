"""What is personal is sealed: documents, states, scans, credentials, names and addresses."""

from alembic import op

revision = "0012"
down_revision = "0011"

_SEALED = {
    "deliveries.deliveries": ("document", "state", "request_hash"),
    "tracking.scans": ("document",),
    "carriers.accounts": ("credentials",),
    "users.users": ("email", "name"),
    "users.organisations": ("name",),
    "users.proofs": ("email",),
    "users.invitations": ("email",),
    "users.second_factors": ("secret",),
}


def upgrade() -> None:
    """Rows of before are not taken over: no migration holds the keys, and no release has written any."""
    for table, columns in _SEALED.items():
        refusal = f"{table} holds rows from before encryption, which cannot be taken over: start with an empty database"
        op.execute(f"""
            DO $$ BEGIN
                IF EXISTS (SELECT FROM {table}) THEN RAISE EXCEPTION '{refusal}'; END IF;
            END $$
        """)
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}, ADD COLUMN {column} bytea NOT NULL")
    # Sealed or not, who requested it, and whose key a scan is sealed by, are ids to find rows by.
    op.execute("ALTER TABLE deliveries.deliveries ADD COLUMN created_by text NOT NULL")
    op.execute("DROP INDEX IF EXISTS deliveries.deliveries_creator")
    op.execute("""
        CREATE INDEX deliveries_creator ON deliveries.deliveries (created_by, created_at DESC, id DESC)
    """)
    op.execute("ALTER TABLE tracking.scans ADD COLUMN sealed_by text NOT NULL")
    # An address is found by a keyed digest; who was erased needs to have none.
    op.execute("ALTER TABLE users.users ADD COLUMN email_index bytea")
    op.execute("CREATE UNIQUE INDEX users_email ON users.users (email_index)")
    op.execute("ALTER TABLE users.invitations ADD COLUMN email_index bytea NOT NULL")
    op.execute("CREATE UNIQUE INDEX invitations_address ON users.invitations (organisation_id, email_index)")
