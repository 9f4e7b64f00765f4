"""The sums over the journals of runs that are open (`store.audit_log`)."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table; runs that were begun before have no sum."""
    op.create_table(
        "licsync_journal_sums",
        sa.Column("run", sa.Text, sa.ForeignKey("licsync_runs.id"), primary_key=True),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("total", sa.Text, nullable=False),
    )
