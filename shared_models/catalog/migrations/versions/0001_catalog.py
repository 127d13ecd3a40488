"""Products, variants and reservations."""

import sqlalchemy as sa
from alembic import op

from shared_models.kernel.mesh_schema import create_mesh_tables
from shared_models.kernel.schema import own_by_tenant

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_mesh_tables("catalog")
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_index("product_by_title", "product", ["tenant_id", "title", "id"])
    op.create_table(
        "variant",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("product_id", sa.Uuid, sa.ForeignKey("product.id"), nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("price_amount", sa.Integer, nullable=False),
        sa.Column("price_currency", sa.Text, nullable=False),
        sa.Column("stock", sa.Integer, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, server_default="1"),
        sa.UniqueConstraint("tenant_id", "sku", name="variant_sku"),
        sa.CheckConstraint("stock >= 0", name="variant_stock_not_negative"),
        sa.CheckConstraint("price_amount >= 0", name="variant_price_not_negative"),
    )
    op.create_index("variant_of_product", "variant", ["product_id"])
    # Every order changes its variants' stock and no index knows of it: room for the new version on the same page.
    op.execute("ALTER TABLE variant SET (fillfactor = 70)")
    op.create_table(
        "reservation",
        sa.Column("order_id", sa.Uuid, primary_key=True),
        sa.Column("variant_id", sa.Uuid, sa.ForeignKey("variant.id"), primary_key=True),
        sa.Column("tenant_id", sa.Uuid, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("returned", sa.Integer, nullable=False, server_default="0"),
        sa.Column("state", sa.Text, nullable=False, server_default="HELD"),
        sa.CheckConstraint("quantity > 0", name="reservation_of_something"),
        sa.CheckConstraint("returned BETWEEN 0 AND quantity", name="reservation_returned_within"),
        sa.CheckConstraint(
            "state IN ('HELD', 'COMMITTED', 'RELEASED', 'RETURNED')", name="reservation_state_known"
        ),
    )
    op.execute("ALTER TABLE reservation SET (fillfactor = 80)")
    own_by_tenant("catalog", "product", "variant", "reservation")
