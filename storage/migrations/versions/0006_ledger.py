"""The ledger: entries that are only ever added, and sum to zero per delivery and currency at every commit."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """For the deliveries service, which adds and reads; nobody changes an entry."""
    op.execute("CREATE SCHEMA ledger")
    op.execute("""
        CREATE TABLE ledger.entries (
            number bigint GENERATED ALWAYS AS IDENTITY,
            id text PRIMARY KEY,
            posted_at timestamptz NOT NULL,
            delivery_id text NOT NULL,
            organisation_id text NOT NULL,
            account text NOT NULL,
            kind text NOT NULL,
            amount bigint NOT NULL,
            currency text NOT NULL,
            step text NOT NULL,
            reverses text UNIQUE REFERENCES ledger.entries,
            memo text NOT NULL,
            CONSTRAINT entries_once_a_step UNIQUE (delivery_id, step, account)
        )
    """)
    op.execute("CREATE INDEX entries_organisation ON ledger.entries (organisation_id, posted_at)")
    op.execute("""
        CREATE FUNCTION ledger.check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM ledger.entries WHERE delivery_id = NEW.delivery_id
                GROUP BY currency HAVING sum(amount) <> 0
            ) THEN
                RAISE EXCEPTION 'the entries of % do not sum to zero', NEW.delivery_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_balance';
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE CONSTRAINT TRIGGER entries_balance AFTER INSERT ON ledger.entries
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger.check_balance()
    """)
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.entries
        FOR EACH STATEMENT EXECUTE FUNCTION journal.refuse_change()
    """)
    op.execute("GRANT USAGE ON SCHEMA ledger TO entrega_deliveries")
    op.execute("GRANT SELECT, INSERT ON ledger.entries TO entrega_deliveries")
