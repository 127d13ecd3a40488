"""Alembic's entry for catalog."""

from shared_models.kernel.migrations import run

run()
