"""Alembic's entry point for the accounts domain."""

from shared_models.kernel.migrations import run

run()
