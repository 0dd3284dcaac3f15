"""A partner's list: the deliveries that one service account requested."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Who requested it stands in the document; pages are read newest first."""
    op.execute("""
        CREATE INDEX deliveries_creator ON deliveries.deliveries
            ((document->>'created_by'), created_at DESC, id DESC)
    """)
