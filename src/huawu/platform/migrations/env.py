"""Alembic's door: `Database.migrate` hands over its connection; there is no command line use."""

from alembic import context

from huawu.platform.database import metadata

config = context.config
context.configure(
    connection=config.attributes["connection"],
    target_metadata=metadata,
    on_version_apply=config.attributes["note"],
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
