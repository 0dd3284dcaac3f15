"""Deliveries as everybody reads them, each with its workflow's own state, and organisations' policies."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """For the deliveries service alone."""
    op.execute("CREATE SCHEMA deliveries")
    op.execute("""
        CREATE TABLE deliveries.deliveries (
            id text PRIMARY KEY,
            organisation_id text NOT NULL,
            created_at timestamptz NOT NULL,
            updated_at timestamptz NOT NULL,
            status text NOT NULL,
            attention text NOT NULL,
            service text NOT NULL,
            carrier text,
            carrier_account text,
            reference text NOT NULL,
            tracking_number text,
            booking_reference text,
            promised_at timestamptz,
            request_hash text NOT NULL,
            seq bigint NOT NULL CHECK (seq > 0),
            search_text text NOT NULL,
            document jsonb NOT NULL,
            state jsonb NOT NULL
        )
    """)
    newest = "created_at DESC, id DESC"
    op.execute(f"CREATE INDEX deliveries_organisation ON deliveries.deliveries (organisation_id, {newest})")
    op.execute(f"CREATE INDEX deliveries_newest ON deliveries.deliveries ({newest})")
    op.execute(f"CREATE INDEX deliveries_status ON deliveries.deliveries (status, {newest})")
    op.execute(f"""
        CREATE INDEX deliveries_attention ON deliveries.deliveries (attention, {newest}) WHERE attention <> 'none'
    """)
    op.execute("""
        CREATE INDEX deliveries_reference ON deliveries.deliveries (reference, organisation_id) WHERE reference <> ''
    """)
    op.execute("""
        CREATE TABLE deliveries.policies (
            organisation_id text PRIMARY KEY,
            document jsonb NOT NULL,
            updated_at timestamptz NOT NULL
        )
    """)
    op.execute("GRANT USAGE ON SCHEMA deliveries TO entrega_deliveries")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA deliveries TO entrega_deliveries")
