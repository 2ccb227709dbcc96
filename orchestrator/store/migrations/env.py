"""Alembic's entry: migrate over the connection that Database.migrate hands in."""

from alembic import context

from orchestrator.store.migrations import is_ours
from orchestrator.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=is_ours,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
