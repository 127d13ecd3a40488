"""Offers, orders, returns and imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared_models.kernel.mesh_schema import create_mesh_tables
from shared_models.kernel.schema import own_by_tenant

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_mesh_tables("orders")
    _create_offer()
    _create_orders()
    _create_returns()
    _create_imports()
    own_by_tenant(
        "orders", "offer", "sales_order", "order_line", "order_return", "order_import", "order_import_item"
    )
    op.execute("GRANT USAGE ON SEQUENCE order_number TO trellis_orders")


def _create_offer() -> None:
    op.create_table(
        "offer",
        sa.Column("variant_id", sa.Uuid, primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("product_id", sa.Uuid, nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("price_amount", sa.Integer, nullable=False),
        sa.Column("price_currency", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("tenant_id", "sku", name="offer_sku"),
    )


def _create_orders() -> None:
    op.execute("CREATE SEQUENCE order_number START 100001")
    op.create_table(
        "sales_order",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Text, nullable=False, server_default=sa.text("'T-' || nextval('order_number')")),
        sa.Column("status", sa.Text, nullable=False, server_default="PLACED"),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("request_digest", sa.LargeBinary),
        sa.Column("payment_method", sa.Text, nullable=False),
        sa.Column("total_amount", sa.Integer, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("customer", sa.Text),
        sa.Column("placed_by", sa.Uuid),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("failure_reason", sa.Text),
        sa.Column("attributes", JSONB, nullable=False, server_default=sa.text("'{}'")),
        sa.UniqueConstraint("tenant_id", "idempotency_key", name="order_idempotency_key"),
        sa.UniqueConstraint("tenant_id", "source", "external_id", name="order_external_id"),
        sa.CheckConstraint("total_amount >= 0", name="order_total_not_negative"),
        sa.CheckConstraint("source IN ('web', 'import', 'shopify')", name="order_source_known"),
        sa.CheckConstraint(
            "status IN ('PLACED', 'RESERVED', 'PAID', 'FULFILLED', 'CANCELLED', 'REJECTED', 'PAYMENT_FAILED')",
            name="order_status_known",
        ),
    )
    # The list of a tenant's orders, and that of a person's, newest first.
    op.create_index("order_by_time", "sales_order", ["tenant_id", "placed_at", "id"])
    op.create_index(
        "order_by_person", "sales_order", ["placed_by", "placed_at", "id"], postgresql_where=sa.text("placed_by IS NOT NULL")
    )
    # What a customer of the source bought, to find the sale that a return belongs to.
    op.create_index(
        "order_by_customer", "sales_order", ["tenant_id", "customer", "placed_at"], postgresql_where=sa.text("customer IS NOT NULL")
    )
    # Its status changes three times and no index knows of it: room for the new versions on the same page.
    op.execute("ALTER TABLE sales_order SET (fillfactor = 60)")
    op.create_table(
        "order_line",
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("sales_order.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("variant_id", sa.Uuid),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("unit_price", sa.Integer, nullable=False),
        sa.Column("returned", sa.Integer, nullable=False, server_default="0"),
        sa.CheckConstraint("quantity > 0", name="line_of_something"),
        sa.CheckConstraint("unit_price >= 0", name="line_price_not_negative"),
        sa.CheckConstraint("returned BETWEEN 0 AND quantity", name="line_returned_within"),
    )
    op.create_index("line_by_variant", "order_line", ["variant_id"], postgresql_where=sa.text("variant_id IS NOT NULL"))


def _create_returns() -> None:
    op.create_table(
        "order_return",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Uuid, sa.ForeignKey("sales_order.id")),
        sa.Column("external_id", sa.Text, nullable=False),
        sa.Column("customer", sa.Text, nullable=False),
        sa.Column("amount", sa.Integer, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="PENDING"),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name="return_of_something"),
    )
    op.create_index("return_by_number", "order_return", ["tenant_id", "external_id"])
    op.create_index("return_by_order", "order_return", ["order_id"])


def _create_imports() -> None:
    op.create_table(
        "order_import",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("sealed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("rejections", JSONB, nullable=False, server_default=sa.text("'[]'")),
    )
    op.create_table(
        "order_import_item",
        sa.Column("import_id", sa.Uuid, sa.ForeignKey("order_import.id"), primary_key=True),
        sa.Column("number", sa.Text, primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="PENDING"),
        sa.Column("invoice", JSONB, nullable=False),
        sa.Column("order_id", sa.Uuid),
        sa.Column("rejections", JSONB, nullable=False, server_default=sa.text("'[]'")),
    )
