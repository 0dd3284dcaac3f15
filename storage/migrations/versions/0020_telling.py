"""Members and how they want to be told, lines that wait for a letter, templates, and what was read in the app."""

from alembic import op
from sqlalchemy import text

from domain.telling import Preferences, Way, member_id

revision = "0020"
down_revision = "0019"

_TABLES = ("members", "letter_lines", "templates", "refusals", "readings", "read_lines")


def upgrade() -> None:
    """Whoever belongs to an organisation already is told as usual; from now on the journal says who comes and goes."""
    op.execute("""
        CREATE TABLE notifications.members (
            id text PRIMARY KEY REFERENCES notifications.subscribers (id) ON DELETE CASCADE,
            organisation_id text NOT NULL,
            user_id text NOT NULL,
            preferences jsonb NOT NULL,
            UNIQUE (organisation_id, user_id)
        )
    """)
    op.execute("CREATE INDEX members_user ON notifications.members (user_id)")
    op.execute("""
        CREATE TABLE notifications.letter_lines (
            subscriber text NOT NULL REFERENCES notifications.subscribers (id) ON DELETE CASCADE,
            delivery_id text NOT NULL,
            seq bigint NOT NULL,
            type text NOT NULL,
            at timestamptz NOT NULL,
            place bigint GENERATED ALWAYS AS IDENTITY,
            told_at timestamptz,
            PRIMARY KEY (subscriber, delivery_id, seq)
        )
    """)
    op.execute("""
        CREATE INDEX letter_lines_waiting ON notifications.letter_lines (subscriber, place) WHERE told_at IS NULL
    """)
    op.execute("CREATE INDEX letter_lines_told ON notifications.letter_lines (subscriber, told_at)")
    op.execute("""
        CREATE TABLE notifications.templates (
            organisation_id text NOT NULL,
            audience text NOT NULL,
            event text NOT NULL,
            locale text NOT NULL,
            words jsonb NOT NULL,
            updated_at timestamptz NOT NULL,
            PRIMARY KEY (organisation_id, audience, event, locale)
        )
    """)
    op.execute("""
        CREATE TABLE notifications.refusals (
            subscriber text NOT NULL,
            address_index bytea NOT NULL,
            at timestamptz NOT NULL,
            PRIMARY KEY (subscriber, address_index)
        )
    """)
    op.execute("""
        CREATE TABLE notifications.readings (
            id text PRIMARY KEY REFERENCES notifications.members (id) ON DELETE CASCADE,
            txid xid8 NOT NULL,
            line_id bigint NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE notifications.read_lines (
            id text NOT NULL REFERENCES notifications.members (id) ON DELETE CASCADE,
            line_id bigint NOT NULL,
            txid xid8 NOT NULL,
            PRIMARY KEY (id, line_id)
        )
    """)
    for table in _TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON notifications.{table} TO entrega_notifications")
    _take_up_members()


def _take_up_members() -> None:
    connection = op.get_bind()
    members = connection.execute(text("SELECT organisation_id, user_id, joined_at FROM users.members")).all()
    for organisation_id, user_id, joined_at in members:
        values = {
            "id": member_id(organisation_id, user_id),
            "organisation_id": organisation_id,
            "user_id": user_id,
            "events": [*Preferences().heard(Way.EMAIL)],
            "at": joined_at,
        }
        connection.execute(
            text("""
                INSERT INTO notifications.subscribers (id, organisation_id, events, enabled, created_at)
                VALUES (:id, :organisation_id, :events, true, :at)
            """),
            values,
        )
        connection.execute(
            text("""
                INSERT INTO notifications.members (id, organisation_id, user_id, preferences)
                VALUES (:id, :organisation_id, :user_id, '{}')
            """),
            values,
        )
