"""The source of an inventory, and an edition that names it until it is replaced."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns. Nobody knows what an older inventory was read from."""
    for name in ("edition", "source"):
        op.add_column(
            "console_accounts", sa.Column(name, sa.Text, nullable=False, server_default="")
        )
