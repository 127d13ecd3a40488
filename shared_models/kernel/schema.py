"""Row-level security, and who may touch what: what every domain's migrations do to its own tables.

These functions are part of migrations that have run: they never change, a new version is a new function.
"""

from alembic import op
from sqlalchemy import text

from shared_models.kernel.database import database_name

CURRENT_TENANT = "NULLIF(current_setting('trellis.tenant', true), '')::uuid"


def own_by_tenant(domain: str, *tables: str, privileges: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Lets the domain's role use tables that have a `tenant_id`, and see there the current tenant's rows alone."""
    role = database_name(domain)
    for table in tables:
        op.execute(text(f"GRANT {privileges} ON {table} TO {role}"))
        op.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
        op.execute(text(f"CREATE POLICY tenant ON {table} TO {role} USING (tenant_id = {CURRENT_TENANT})"))
