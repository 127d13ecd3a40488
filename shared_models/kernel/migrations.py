"""The body of every domain's Alembic `env.py`."""

from alembic import context


def run() -> None:
    """Runs the migrations over the connection that `provision.migrate` passes in."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, transaction_per_migration=False)
    with context.begin_transaction():
        context.run_migrations()
