"""Service areas, the windows in them, and the slots deliveries hold."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """For the availability service alone."""
    op.execute("CREATE SCHEMA availability")
    op.execute("""
        CREATE TABLE availability.areas (
            id text PRIMARY KEY,
            name text NOT NULL,
            document jsonb NOT NULL,
            updated_at timestamptz NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE availability.windows (
            area_id text NOT NULL,
            starts_at timestamptz NOT NULL,
            taken bigint NOT NULL CHECK (taken >= 0),
            PRIMARY KEY (area_id, starts_at)
        )
    """)
    op.execute("""
        CREATE TABLE availability.slots (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            id text NOT NULL,
            area_id text NOT NULL,
            delivery_id text NOT NULL,
            starts_at timestamptz NOT NULL,
            ends_at timestamptz NOT NULL,
            reserved_at timestamptz NOT NULL,
            released_at timestamptz
        )
    """)
    op.execute("CREATE UNIQUE INDEX slots_held ON availability.slots (delivery_id) WHERE released_at IS NULL")
    op.execute("GRANT USAGE ON SCHEMA availability TO entrega_availability")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA availability TO entrega_availability")
