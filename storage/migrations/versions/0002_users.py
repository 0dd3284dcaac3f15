"""People and their organisations."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """For the users service alone."""
    op.execute("CREATE SCHEMA users")
    op.execute("""
        CREATE TABLE users.organisations (
            id text PRIMARY KEY,
            name text NOT NULL,
            created_at timestamptz NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE users.users (
            id text PRIMARY KEY,
            organisation_id text NOT NULL REFERENCES users.organisations,
            email text NOT NULL,
            name text NOT NULL,
            role text NOT NULL,
            password_hash text NOT NULL,
            created_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE UNIQUE INDEX users_email ON users.users (lower(email))")
    op.execute("CREATE INDEX users_organisation ON users.users (organisation_id)")
    op.execute("GRANT USAGE ON SCHEMA users TO entrega_users")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA users TO entrega_users")
