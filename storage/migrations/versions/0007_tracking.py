"""The inbox: what carriers told us, kept before they are answered."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """For the tracking service alone."""
    op.execute("CREATE SCHEMA tracking")
    op.execute("""
        CREATE TABLE tracking.scans (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            carrier text NOT NULL,
            account text NOT NULL,
            scan_id text NOT NULL,
            delivery_id text,
            kind text NOT NULL,
            occurred_at timestamptz NOT NULL,
            received_at timestamptz NOT NULL,
            looked_at timestamptz,
            signalled_at timestamptz,
            after_close boolean NOT NULL,
            booking_reference text NOT NULL,
            booking_key text,
            document jsonb NOT NULL,
            CONSTRAINT scans_once UNIQUE (carrier, account, scan_id)
        )
    """)
    op.execute("CREATE INDEX scans_delivery ON tracking.scans (delivery_id, occurred_at)")
    op.execute("CREATE INDEX scans_waiting ON tracking.scans (number) WHERE signalled_at IS NULL")
    op.execute("GRANT USAGE ON SCHEMA tracking TO entrega_tracking")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tracking TO entrega_tracking")
