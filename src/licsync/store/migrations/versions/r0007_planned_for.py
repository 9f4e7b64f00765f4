"""The instant that a run was asked to act by, beside the real one."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column."""
    op.add_column("licsync_runs", sa.Column("planned_for", sa.Text))
