"""Rules about accounts, and pauses of carriers."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """The quotes service writes them; those that call carriers read them. A pause of all of a carrier's accounts
    stands under `*`, which is no account's name."""
    op.execute("""
        CREATE TABLE carriers.rules (
            id text PRIMARY KEY,
            name text NOT NULL,
            document jsonb NOT NULL,
            updated_at timestamptz NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE carriers.pauses (
            carrier text NOT NULL,
            account text NOT NULL,
            document jsonb NOT NULL,
            updated_at timestamptz NOT NULL,
            PRIMARY KEY (carrier, account)
        )
    """)
    for table in ("rules", "pauses"):
        for role in ("quotes", "availability", "deliveries", "tracking"):
            op.execute(f"GRANT SELECT ON carriers.{table} TO entrega_{role}")
        op.execute(f"GRANT INSERT, UPDATE, DELETE ON carriers.{table} TO entrega_quotes")
