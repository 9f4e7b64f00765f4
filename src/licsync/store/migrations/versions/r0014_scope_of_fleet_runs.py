"""What the plans of a fleet's run were narrowed to, so that a resume narrows them, too."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column."""
    op.add_column("licsync_fleet_runs", sa.Column("scope", sa.Text))
