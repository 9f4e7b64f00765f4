"""Who used their licenses."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "licsync_usage",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("read_at", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
