"""What a backend calls an accepted request, where a run can be looked at, and when its journal was removed."""

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
