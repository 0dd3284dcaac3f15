"""Who is who: verified addresses, sessions, second factors, members, invitations, keys, and how often they try."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """For the users service alone. Whoever registered before owns their organisation, as registration always meant."""
    op.execute("""
        ALTER TABLE users.users
            ADD COLUMN locale text NOT NULL DEFAULT 'pt-BR',
            ADD COLUMN email_verified_at timestamptz,
            ADD COLUMN disabled_at timestamptz,
            ADD COLUMN password_set_at timestamptz
    """)
    op.execute("UPDATE users.users SET password_set_at = created_at")
    op.execute("ALTER TABLE users.users ALTER COLUMN password_set_at SET NOT NULL")
    op.execute("ALTER TABLE users.users ALTER COLUMN locale DROP DEFAULT")
    op.execute("""
        CREATE TABLE users.members (
            organisation_id text NOT NULL REFERENCES users.organisations,
            user_id text NOT NULL REFERENCES users.users,
            role text NOT NULL,
            joined_at timestamptz NOT NULL,
            PRIMARY KEY (organisation_id, user_id)
        )
    """)
    op.execute("CREATE INDEX members_user ON users.members (user_id)")
    op.execute("""
        INSERT INTO users.members (organisation_id, user_id, role, joined_at)
        SELECT organisation_id, id, 'owner', created_at FROM users.users
    """)
    op.execute("""
        CREATE TABLE users.sessions (
            id text PRIMARY KEY,
            user_id text NOT NULL REFERENCES users.users,
            organisation_id text NOT NULL REFERENCES users.organisations,
            amr text[] NOT NULL,
            turn bigint NOT NULL,
            family text NOT NULL UNIQUE,
            newest text[] NOT NULL,
            before text[] NOT NULL,
            created_at timestamptz NOT NULL,
            rotated_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL,
            ended_at timestamptz
        )
    """)
    op.execute("CREATE INDEX sessions_user ON users.sessions (user_id, created_at)")
    op.execute("""
        CREATE TABLE users.proofs (
            digest text PRIMARY KEY,
            user_id text NOT NULL REFERENCES users.users,
            purpose text NOT NULL,
            email text NOT NULL,
            expires_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX proofs_user ON users.proofs (user_id, purpose)")
    op.execute("""
        CREATE TABLE users.second_factors (
            user_id text PRIMARY KEY REFERENCES users.users,
            secret bytea NOT NULL,
            confirmed_at timestamptz,
            last_step bigint NOT NULL DEFAULT 0
        )
    """)
    op.execute("""
        CREATE TABLE users.recovery_codes (
            user_id text NOT NULL REFERENCES users.second_factors ON DELETE CASCADE,
            digest text NOT NULL,
            PRIMARY KEY (user_id, digest)
        )
    """)
    op.execute("""
        CREATE TABLE users.invitations (
            id text PRIMARY KEY,
            organisation_id text NOT NULL REFERENCES users.organisations,
            email text NOT NULL,
            role text NOT NULL,
            invited_by text NOT NULL,
            digest text NOT NULL UNIQUE,
            created_at timestamptz NOT NULL,
            expires_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE UNIQUE INDEX invitations_address ON users.invitations (organisation_id, lower(email))")
    op.execute("""
        CREATE TABLE users.service_accounts (
            id text PRIMARY KEY,
            organisation_id text NOT NULL REFERENCES users.organisations,
            name text NOT NULL,
            role text NOT NULL,
            created_by text NOT NULL,
            created_at timestamptz NOT NULL,
            disabled_at timestamptz
        )
    """)
    op.execute("CREATE INDEX service_accounts_organisation ON users.service_accounts (organisation_id, created_at)")
    op.execute("""
        CREATE TABLE users.api_keys (
            id text PRIMARY KEY,
            service_account_id text NOT NULL REFERENCES users.service_accounts,
            organisation_id text NOT NULL REFERENCES users.organisations,
            name text NOT NULL,
            hint text NOT NULL,
            scopes text[] NOT NULL,
            digest text NOT NULL UNIQUE,
            created_by text NOT NULL,
            created_at timestamptz NOT NULL,
            expires_at timestamptz,
            last_used_on timestamptz,
            revoked_at timestamptz
        )
    """)
    op.execute("CREATE INDEX api_keys_organisation ON users.api_keys (organisation_id, created_at)")
    op.execute("CREATE INDEX api_keys_account ON users.api_keys (service_account_id)")
    op.execute("""
        CREATE TABLE users.limits (
            key text PRIMARY KEY,
            full_at timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX limits_full ON users.limits (full_at)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA users TO entrega_users")
