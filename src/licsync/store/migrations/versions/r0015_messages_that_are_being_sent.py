"""Since when a message is being sent, so that one whose sender was killed is sent again."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the column."""
    op.add_column("licsync_notifications", sa.Column("sending_since", sa.Text))
