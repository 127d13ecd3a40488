"""The hash-chained log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared_models.kernel.mesh_schema import create_mesh_tables
from shared_models.kernel.schema import own_by_tenant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_mesh_tables("audit")
    op.create_table(
        "audit_entry",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False, unique=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject_type", sa.Text),
        sa.Column("subject_id", sa.Uuid),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("trace_id", sa.Text),
        sa.Column("previous_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        # An event is recorded once, however often it is delivered.
        sa.UniqueConstraint("tenant_id", "event_id", name="audit_entry_event"),
        sa.CheckConstraint("sequence > 0", name="audit_entry_sequence"),
        # The log by what happened, and by who did it.
        sa.Index("audit_entry_action", "tenant_id", "action", "sequence"),
        sa.Index("audit_entry_actor", "tenant_id", "actor_id", "sequence"),
    )
    op.create_table(
        "audit_mention",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("subject_id", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True),
    )
    op.create_table(
        "audit_chain_head",
        sa.Column("tenant_id", sa.Uuid, primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    # Append-only, also for the domain that writes it.
    own_by_tenant("audit", "audit_entry", "audit_mention", privileges="SELECT, INSERT")
    own_by_tenant("audit", "audit_chain_head", privileges="SELECT, INSERT, UPDATE")
    # One row a tenant, updated with every batch: keep it on its page.
    op.execute("ALTER TABLE audit_chain_head SET (fillfactor = 50, autovacuum_vacuum_threshold = 100)")


def downgrade() -> None:
    raise NotImplementedError("A log is not unwritten.")
