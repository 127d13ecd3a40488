"""What every domain's first migration does: the mesh tables, row-level security, and who may touch what.

These functions are part of migrations that have run: they never change, a new version is a new function.
"""

from alembic import op
from sqlalchemy import text
from sqlalchemy.schema import CreateIndex, CreateTable

from shared_models.kernel.database import RELAY_ROLE, database_name
from shared_models.kernel.mesh_tables import job, metadata, outbox

_CURRENT_TENANT = "NULLIF(current_setting('trellis.tenant', true), '')::uuid"


def create_mesh_tables(domain: str) -> None:
    """Creates outbox, job, relay lease and worker registry, for the relay's role.

    Of them the domain's own role may use outbox and job, and sees there the current tenant's rows alone.
    """
    role = database_name(domain)
    for table in metadata.sorted_tables:
        op.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            op.execute(CreateIndex(index))
        op.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO {RELAY_ROLE}"))
    op.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    for table in (outbox, job):
        op.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table.name} TO {role}"))
        op.execute(text(f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY"))
        op.execute(
            text(
                f"CREATE POLICY tenant ON {table.name} TO {role} "
                f"USING (tenant_id IS NOT DISTINCT FROM {_CURRENT_TENANT})"
            )
        )
        op.execute(text(f"CREATE POLICY relay ON {table.name} TO {RELAY_ROLE} USING (true)"))
    # Narrow, hot tables: vacuumed when a few hundred rows have changed, not a fifth of the table.
    for table in (outbox, job):
        op.execute(
            text(
                f"ALTER TABLE {table.name} SET (autovacuum_vacuum_scale_factor = 0.01, "
                "autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0.02, fillfactor = 70)"
            )
        )


def own_by_tenant(domain: str, *tables: str, privileges: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Lets the domain's role use tables that have a `tenant_id`, and see there the current tenant's rows alone."""
    role = database_name(domain)
    for table in tables:
        op.execute(text(f"GRANT {privileges} ON {table} TO {role}"))
        op.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
        op.execute(text(f"CREATE POLICY tenant ON {table} TO {role} USING (tenant_id = {_CURRENT_TENANT})"))
