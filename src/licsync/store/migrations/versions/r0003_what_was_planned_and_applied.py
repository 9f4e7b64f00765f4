"""Archived plans until they expire, and the account after the last complete apply."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "licsync_plans",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
    )
    op.create_table(
        "licsync_applied",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("run", sa.Text),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("inventory", sa.Text, nullable=False),
    )
