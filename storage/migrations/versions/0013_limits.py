"""How often each client asks, counted by all services together."""

from alembic import op

revision = "0013"
down_revision = "0012"

_SERVICES = ("users", "quotes", "availability", "deliveries", "tracking", "codec")


def upgrade() -> None:
    """Unlogged: a crash of the server forgets who asked how often, and costs nothing otherwise. What guards passwords
    stays in the users schema, where no other service can set it back."""
    op.execute("CREATE SCHEMA limits")
    op.execute("""
        CREATE UNLOGGED TABLE limits.limits (
            key text PRIMARY KEY,
            full_at timestamptz NOT NULL
        ) WITH (fillfactor = 70)
    """)
    # Each request moves one row's moment, so an index on it would have to be moved too; the tidying reads the few
    # rows there are.
    for service in _SERVICES:
        op.execute(f"GRANT USAGE ON SCHEMA limits TO entrega_{service}")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON limits.limits TO entrega_{service}")
