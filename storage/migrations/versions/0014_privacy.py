"""Who was erased, what is due to be, and what the journal says of a person."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """The users service's worker hears its schedule, so its role reads and makes the one key that seals such things."""
    op.execute("ALTER TABLE deliveries.deliveries ADD COLUMN erased_at timestamptz")
    op.execute("""
        CREATE INDEX deliveries_unerased ON deliveries.deliveries (updated_at, id) WHERE erased_at IS NULL
    """)
    op.execute("CREATE INDEX sessions_expired ON users.sessions (expires_at)")
    op.execute("CREATE INDEX proofs_expired ON users.proofs (expires_at)")
    op.execute("CREATE INDEX invitations_expired ON users.invitations (expires_at)")
    op.execute("CREATE INDEX invitations_index ON users.invitations (email_index)")
    op.execute("CREATE INDEX users_unverified ON users.users (id) WHERE email_verified_at IS NULL")
    op.execute("CREATE INDEX scans_unmatched ON tracking.scans (received_at) WHERE delivery_id IS NULL")
    # Few lines are about people or the end of organisations, so these cost the many others nothing.
    op.execute(r"""
        CREATE INDEX journal_acted ON journal.journal (actor, id) WHERE actor LIKE 'usr\_%'
    """)
    op.execute("""
        CREATE INDEX journal_named ON journal.journal ((data->>'user'), id) WHERE (data->>'user') IS NOT NULL
    """)
    op.execute("""
        CREATE INDEX journal_erased_organisations ON journal.journal (subject) WHERE kind = 'organisation.erased'
    """)
    op.execute("CREATE INDEX journal_erased_keys ON journal.journal (id) WHERE kind = 'key.erased'")
    temporal = "subject = 'service/temporal'"
    op.execute(f"CREATE POLICY users_hears ON keys.data_keys FOR SELECT TO entrega_users USING ({temporal})")
    op.execute(f"""
        CREATE POLICY users_tells ON keys.data_keys FOR INSERT TO entrega_users
        WITH CHECK ({temporal} AND wrapped IS NOT NULL)
    """)
