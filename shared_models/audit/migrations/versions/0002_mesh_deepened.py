"""Fairness, limits, batches, schedules, cancelling, pausing and a history of jobs."""

from shared_models.kernel.mesh_schema import deepen_mesh_tables

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    deepen_mesh_tables("audit")
