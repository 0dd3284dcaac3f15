"""Replays, what an endpoint missed while it was disabled, and messages found by whether they wait and by their age."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """For the notifications service."""
    op.execute("ALTER TABLE notifications.endpoints ADD COLUMN missed_since timestamptz")
    op.execute("""
        CREATE TABLE notifications.replays (
            id text PRIMARY KEY,
            subscriber text NOT NULL REFERENCES notifications.subscribers (id) ON DELETE CASCADE,
            organisation_id text NOT NULL,
            since timestamptz NOT NULL,
            until timestamptz NOT NULL,
            events text[] NOT NULL,
            only_failed boolean NOT NULL,
            status text NOT NULL,
            lines bigint NOT NULL,
            seen bigint NOT NULL,
            told bigint NOT NULL,
            txid xid8 NOT NULL,
            line_id bigint NOT NULL,
            created_by text NOT NULL,
            created_at timestamptz NOT NULL,
            ended_at timestamptz
        )
    """)
    op.execute("CREATE INDEX replays_log ON notifications.replays (subscriber, created_at DESC, id DESC)")
    op.execute("CREATE UNIQUE INDEX replays_running ON notifications.replays (subscriber) WHERE status = 'running'")
    op.execute("""
        CREATE INDEX messages_waiting ON notifications.messages (subscriber, created_at) WHERE outcome = 'waiting'
    """)
    op.execute("CREATE INDEX messages_over ON notifications.messages (created_at) WHERE outcome <> 'waiting'")
    # Lines come in the order of their time, or nearly: a few numbers for each stretch of the table find a date.
    op.execute("CREATE INDEX journal_at ON journal.journal USING brin (at)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON notifications.replays TO entrega_notifications")
