"""Tickets of accepted requests, links of runs, and when a journal was pruned."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("licsync_journal", sa.Column("ticket", sa.Text))
    op.add_column("licsync_leases", sa.Column("link", sa.Text))
    op.add_column("licsync_runs", sa.Column("link", sa.Text))
    op.add_column("licsync_runs", sa.Column("pruned_at", sa.Text))
