"""Alembic's entry for orders."""

from shared_models.kernel.migrations import run

run()
