"""The mesh tables, like every domain's."""

from shared_models.kernel.mesh_schema import create_mesh_tables, deepen_mesh_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_mesh_tables("jobs")
    deepen_mesh_tables("jobs")
