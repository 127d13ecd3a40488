"""Payments, refunds, credits, invoices, the ledger and the webhook's memory."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared_models.kernel.mesh_schema import create_mesh_tables
from shared_models.kernel.schema import own_by_tenant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NOW = sa.text("now()")


def _at(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=None if nullable else _NOW)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _uuid(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[UUID]:
    return sa.Column(name, sa.Uuid, nullable=nullable, primary_key=primary_key)


def upgrade() -> None:
    create_mesh_tables("billing")
    _payments()
    _ledger()
    op.create_table(
        "stripe_event",
        _uuid("tenant_id", primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        _text("type"),
        _text("object_id"),
        _text("outcome"),
        sa.Column("facts", JSONB, nullable=False),
        _at("received_at"),
    )
    own_by_tenant("billing", "payment", "refund", privileges="SELECT, INSERT, UPDATE")
    # Append-only for the domain: what was posted is corrected by another posting.
    own_by_tenant(
        "billing",
        "customer_credit",
        "ledger_transaction",
        "ledger_entry",
        "stripe_event",
        privileges="SELECT, INSERT",
    )
    own_by_tenant("billing", "invoice", privileges="SELECT, INSERT, UPDATE")


def _payments() -> None:
    op.create_table(
        "payment",
        _uuid("id", primary_key=True),
        _uuid("tenant_id"),
        _uuid("order_id"),
        _text("order_number"),
        sa.Column("amount", sa.BigInteger, nullable=False),
        _text("currency"),
        _text("status"),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        _text("processor"),
        _text("processor_id", nullable=True),
        _text("failure_code", nullable=True),
        sa.Column("refunded", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("lane", sa.SmallInteger, nullable=False),
        _uuid("actor_id", nullable=True),
        sa.Column("trace", JSONB, nullable=False),
        _at("created_at"),
        _at("settled_at", nullable=True),
        # One payment per order, whoever asks and however often.
        sa.UniqueConstraint("tenant_id", "order_id", name="payment_order"),
        sa.CheckConstraint("amount >= 0", name="payment_amount"),
        sa.CheckConstraint("refunded BETWEEN 0 AND amount", name="payment_refunded"),
        sa.CheckConstraint(
            "status IN ('PENDING', 'CAPTURED', 'FAILED', 'PARTIALLY_REFUNDED', 'REFUNDED')", name="payment_status"
        ),
    )
    op.create_table(
        "refund",
        _uuid("id", primary_key=True),
        _uuid("tenant_id"),
        sa.Column("payment_id", sa.Uuid, sa.ForeignKey("payment.id"), nullable=False),
        _text("request_key"),
        sa.Column("amount", sa.BigInteger, nullable=False),
        _text("currency"),
        _text("status"),
        _uuid("return_id", nullable=True),
        _text("processor_id", nullable=True),
        _text("failure_code", nullable=True),
        _at("created_at"),
        _at("settled_at", nullable=True),
        sa.UniqueConstraint("tenant_id", "request_key", name="refund_request"),
        sa.CheckConstraint("amount > 0", name="refund_amount"),
        sa.CheckConstraint("status IN ('PENDING', 'SUCCEEDED', 'FAILED')", name="refund_status"),
        sa.Index("refund_payment", "payment_id"),
    )
    op.create_table(
        "customer_credit",
        _uuid("id", primary_key=True),
        _uuid("tenant_id"),
        _uuid("return_id"),
        _text("customer"),
        sa.Column("amount", sa.BigInteger, nullable=False),
        _text("currency"),
        _at("created_at"),
        sa.UniqueConstraint("tenant_id", "return_id", name="customer_credit_return"),
        sa.CheckConstraint("amount > 0", name="customer_credit_amount"),
    )
    op.execute("CREATE SEQUENCE invoice_number START 100001")
    op.create_table(
        "invoice",
        _uuid("id", primary_key=True),
        _uuid("tenant_id"),
        _uuid("order_id"),
        _uuid("payment_id"),
        sa.Column("number", sa.Text, nullable=False, server_default=sa.text("'INV-' || nextval('invoice_number')")),
        _text("pdf_url", nullable=True),
        _at("issued_at"),
        sa.UniqueConstraint("tenant_id", "order_id", name="invoice_order"),
        sa.UniqueConstraint("tenant_id", "number", name="invoice_number_once"),
    )
    op.execute("GRANT USAGE ON SEQUENCE invoice_number TO trellis_billing")


def _ledger() -> None:
    op.create_table(
        "ledger_transaction",
        _uuid("tenant_id", primary_key=True),
        _uuid("id", primary_key=True),
        _text("kind"),
        _uuid("source_id"),
        _at("posted_at"),
        # Nothing is posted twice.
        sa.UniqueConstraint("tenant_id", "source_id", "kind", name="ledger_transaction_source"),
    )
    op.create_table(
        "ledger_entry",
        _uuid("tenant_id", primary_key=True),
        _uuid("transaction_id", primary_key=True),
        sa.Column("line", sa.SmallInteger, primary_key=True),
        _text("account"),
        _text("currency"),
        sa.Column("debit", sa.BigInteger, nullable=False),
        sa.Column("credit", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"], ["ledger_transaction.tenant_id", "ledger_transaction.id"]
        ),
        sa.CheckConstraint("debit >= 0 AND credit >= 0 AND (debit = 0) <> (credit = 0)", name="ledger_entry_one_side"),
    )
    # Checked at commit, when a posting is complete; as its owner, so that no row-level policy hides an entry.
    op.execute(
        """
        CREATE FUNCTION refuse_unbalanced_posting() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
        DECLARE
            tenant uuid := coalesce(NEW.tenant_id, OLD.tenant_id);
            posting uuid := coalesce(NEW.transaction_id, OLD.transaction_id);
        BEGIN
            IF EXISTS (
                SELECT FROM ledger_entry
                WHERE tenant_id = tenant AND transaction_id = posting
                GROUP BY currency HAVING sum(debit) <> sum(credit)
            ) THEN
                RAISE EXCEPTION 'ledger transaction % does not balance', posting
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_balanced', TABLE = 'ledger_entry';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE CONSTRAINT TRIGGER ledger_balanced AFTER INSERT OR UPDATE OR DELETE ON ledger_entry
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unbalanced_posting()
        """
    )


def downgrade() -> None:
    raise NotImplementedError("Books are not unwritten.")
