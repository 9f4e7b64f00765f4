"""Work orders, and the journal of what people answered."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "licsync_work_orders",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("run", sa.Text, sa.ForeignKey("licsync_runs.id")),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("plan_digest", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("inventory", sa.Text),
        sa.Column("waiting", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text),
        sa.Column("pruned_at", sa.Text),
        sa.Column("salt", sa.Text),
    )
    op.create_index("licsync_work_orders_of_account", "licsync_work_orders", ["account", "number"])
    op.create_table(
        "licsync_work_items",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("work_order", sa.Text, sa.ForeignKey("licsync_work_orders.id"), nullable=False),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_index("licsync_work_items_of_order", "licsync_work_items", ["work_order", "number"])
