"""Alembic's entry: runs the versions on the connection, and in the transaction, that `upgrade` holds."""

from alembic import context

from storage._rows import Row

context.configure(connection=context.config.attributes["connection"], target_metadata=Row.metadata)
context.run_migrations()
