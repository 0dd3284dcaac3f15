"""The services' roles, and the journal that all of them append to and none of them changes."""

from alembic import op

revision = "0001"
down_revision = None

_ROLES = ("users", "quotes", "availability", "deliveries", "tracking", "relay")


def upgrade() -> None:
    """Roles cannot log in until whoever runs the stack gives them a password or a certificate."""
    for role in _ROLES:
        # Roles belong to the whole server: another database's migration may be creating them right now.
        op.execute(f"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entrega_{role}') THEN
                    CREATE ROLE entrega_{role} NOLOGIN;
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$
        """)
    op.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    op.execute("CREATE SCHEMA journal")
    op.execute("""
        CREATE TABLE journal.journal (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
            subject text NOT NULL,
            seq bigint NOT NULL CHECK (seq > 0),
            kind text NOT NULL,
            actor text NOT NULL,
            organisation_id text,
            data jsonb NOT NULL,
            digest text NOT NULL,
            prev_hash text NOT NULL,
            hash text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT journal_subject_seq UNIQUE (subject, seq)
        )
    """)
    op.execute("CREATE INDEX journal_order ON journal.journal (txid, id)")
    op.execute("CREATE INDEX journal_organisation ON journal.journal (organisation_id, txid, id)")
    # By these tracking finds whose a carrier's report is.
    op.execute("""
        CREATE INDEX journal_booking_key ON journal.journal ((data->>'booking_key'))
        WHERE (data->>'booking_key') IS NOT NULL
    """)
    op.execute("""
        CREATE INDEX journal_booking_reference ON journal.journal
            ((data->>'booking_reference'), (data->>'carrier'), (data->>'account'))
        WHERE (data->>'booking_reference') IS NOT NULL
    """)
    op.execute("""
        CREATE FUNCTION journal.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal.journal
        FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change()
    """)
    for role in _ROLES:
        op.execute(f"GRANT USAGE ON SCHEMA journal TO entrega_{role}")
        op.execute(f"GRANT SELECT ON journal.journal TO entrega_{role}")
        if role != "relay":
            # Not id and txid: they are the order all readers rely on, so nobody may choose them.
            op.execute(f"""
                GRANT INSERT (subject, seq, kind, actor, organisation_id, data, digest, prev_hash, hash, at)
                ON journal.journal TO entrega_{role}
            """)
