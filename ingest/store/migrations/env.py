"""What Alembic runs: `ingest.store.migrate` hands over the connection, so there is no second way to configure one."""

from alembic import context

from ingest.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
