"""The ledger in full: whose booking an entry is about, adjustments, reconciliations, organisations' terms."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Additive: entries of before keep what they say."""
    _entries()
    _adjustments()
    _reconciliations()
    op.execute("""
        CREATE TABLE carriers.terms (
            organisation_id text PRIMARY KEY,
            document jsonb NOT NULL,
            updated_at timestamptz NOT NULL
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE ON carriers.terms TO entrega_quotes")
    op.execute("GRANT SELECT ON carriers.terms TO entrega_deliveries")


def _entries() -> None:
    op.execute("""
        ALTER TABLE ledger.entries
            ADD COLUMN carrier text, ADD COLUMN carrier_account text,
            ADD COLUMN booking_reference text, ADD COLUMN tracking_number text
    """)
    # Balances are sums over an organisation's entries up to an instant: read from the index alone.
    op.execute("""
        CREATE INDEX entries_statement ON ledger.entries (organisation_id, posted_at, number)
        INCLUDE (account, currency, amount)
    """)
    op.execute("DROP INDEX ledger.entries_organisation")
    op.execute("CREATE INDEX entries_posted ON ledger.entries (posted_at, number)")
    op.execute("""
        CREATE INDEX entries_owed ON ledger.entries (carrier, carrier_account, posted_at)
        INCLUDE (booking_reference) WHERE account = 'carrier_payable'
    """)
    op.execute("""
        CREATE INDEX entries_invoiced ON ledger.entries (carrier, carrier_account, booking_reference)
        WHERE account = 'carrier_payable'
    """)
    op.execute("""
        CREATE INDEX entries_tracked ON ledger.entries (carrier, carrier_account, tracking_number)
        WHERE account = 'carrier_payable'
    """)
    op.execute("""
        CREATE FUNCTION ledger.check_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (
                SELECT FROM ledger.entries undone WHERE undone.id = NEW.reverses
                AND undone.delivery_id = NEW.delivery_id AND undone.account = NEW.account
                AND undone.currency = NEW.currency AND undone.amount = -NEW.amount AND undone.reverses IS NULL
            ) THEN
                RAISE EXCEPTION 'entry % is not the mirror of %', NEW.id, NEW.reverses
                USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_mirror';
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER entries_mirror AFTER INSERT ON ledger.entries FOR EACH ROW
        WHEN (NEW.reverses IS NOT NULL) EXECUTE FUNCTION ledger.check_reversal()
    """)


def _adjustments() -> None:
    """Decided once, and never by who proposed it, unless it needed nobody else."""
    op.execute("""
        CREATE TABLE ledger.adjustments (
            id text PRIMARY KEY,
            organisation_id text NOT NULL,
            delivery_id text NOT NULL,
            document jsonb NOT NULL,
            currency text NOT NULL,
            amount bigint NOT NULL,
            request_hash text NOT NULL,
            status text NOT NULL CHECK (status IN ('proposed', 'posted', 'rejected')),
            alone boolean NOT NULL,
            proposed_by text NOT NULL,
            proposed_at timestamptz NOT NULL,
            decided_by text,
            decided_at timestamptz,
            CONSTRAINT adjustments_decided CHECK ((status = 'proposed') = (decided_at IS NULL)),
            CONSTRAINT adjustments_four_eyes CHECK (alone = (decided_by IS NULL) OR status = 'proposed'),
            CONSTRAINT adjustments_another CHECK (decided_by <> proposed_by)
        )
    """)
    op.execute("CREATE INDEX adjustments_newest ON ledger.adjustments (proposed_at, id)")
    op.execute("CREATE INDEX adjustments_delivery ON ledger.adjustments (delivery_id)")
    op.execute("GRANT SELECT, INSERT ON ledger.adjustments TO entrega_deliveries")
    op.execute("GRANT UPDATE (status, decided_by, decided_at) ON ledger.adjustments TO entrega_deliveries")


def _reconciliations() -> None:
    op.execute("""
        CREATE TABLE ledger.reconciliations (
            id text PRIMARY KEY,
            made_at timestamptz NOT NULL,
            document jsonb NOT NULL
        )
    """)
    op.execute("CREATE INDEX reconciliations_newest ON ledger.reconciliations (made_at, id)")
    op.execute("""
        CREATE TABLE ledger.reconciliation_lines (
            reconciliation_id text NOT NULL REFERENCES ledger.reconciliations,
            number bigint NOT NULL,
            outcome text NOT NULL,
            reference text NOT NULL,
            delivery_id text,
            currency text NOT NULL,
            ours bigint NOT NULL,
            theirs bigint NOT NULL,
            file_line bigint,
            settled_as text,
            settled_by text,
            settled_at timestamptz,
            adjustment_id text REFERENCES ledger.adjustments,
            PRIMARY KEY (reconciliation_id, number)
        )
    """)
    op.execute("GRANT SELECT, INSERT ON ledger.reconciliations, ledger.reconciliation_lines TO entrega_deliveries")
    op.execute("""
        GRANT UPDATE (settled_as, settled_by, settled_at, adjustment_id) ON ledger.reconciliation_lines
        TO entrega_deliveries
    """)
