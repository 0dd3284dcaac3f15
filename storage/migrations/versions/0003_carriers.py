"""Accounts at carriers."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """The quotes service writes them; those that call carriers read them."""
    op.execute("CREATE SCHEMA carriers")
    op.execute("""
        CREATE TABLE carriers.accounts (
            carrier text NOT NULL,
            account text NOT NULL,
            enabled boolean NOT NULL,
            document jsonb NOT NULL,
            credentials jsonb NOT NULL,
            updated_at timestamptz NOT NULL,
            PRIMARY KEY (carrier, account)
        )
    """)
    for role in ("quotes", "availability", "deliveries", "tracking"):
        op.execute(f"GRANT USAGE ON SCHEMA carriers TO entrega_{role}")
        op.execute(f"GRANT SELECT ON carriers.accounts TO entrega_{role}")
    op.execute("GRANT INSERT, UPDATE, DELETE ON carriers.accounts TO entrega_quotes")
