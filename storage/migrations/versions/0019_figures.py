"""Figures counted from the journal, and organisations' contracts."""

from alembic import op

revision = "0019"
down_revision = "0018"

_DIMENSIONS = ("organisation_id", "day", "carrier", "service", "area", "measure", "code", "currency")


def upgrade() -> None:
    """For the deliveries service. An edition is everything counted from the journal's beginning up to its cursor; a new
    one is counted beside the current, which is read meanwhile."""
    op.execute("CREATE SCHEMA figures")
    op.execute("""
        CREATE TABLE figures.editions (
            edition integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            current boolean NOT NULL,
            txid xid8 NOT NULL DEFAULT '0',
            line_id bigint NOT NULL DEFAULT 0,
            lines bigint NOT NULL DEFAULT 0
        )
    """)
    op.execute("CREATE UNIQUE INDEX editions_current ON figures.editions (current) WHERE current")
    op.execute("INSERT INTO figures.editions (current) VALUES (true)")
    op.execute("""
        CREATE TABLE figures.lives (
            edition integer NOT NULL,
            delivery_id text NOT NULL,
            document jsonb NOT NULL,
            PRIMARY KEY (edition, delivery_id)
        )
    """)
    op.execute(f"""
        CREATE TABLE figures.sums (
            edition integer NOT NULL,
            {", ".join(f"{name} {'date' if name == 'day' else 'text'} NOT NULL" for name in _DIMENSIONS)},
            value bigint NOT NULL,
            PRIMARY KEY (edition, {", ".join(_DIMENSIONS)})
        )
    """)
    op.execute("GRANT USAGE ON SCHEMA figures TO entrega_deliveries")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA figures TO entrega_deliveries")
    op.execute("""
        CREATE TABLE deliveries.contracts (
            organisation_id text NOT NULL,
            service text NOT NULL,
            document jsonb NOT NULL,
            updated_at timestamptz NOT NULL,
            PRIMARY KEY (organisation_id, service)
        )
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON deliveries.contracts TO entrega_deliveries")
