"""The chain of the history. Runs that were recorded before it are not covered by it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table, and the column that hashes of a run are made with."""
    op.add_column("licsync_runs", sa.Column("salt", sa.Text))
    op.create_table(
        "licsync_history",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("previous", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    op.create_index("licsync_history_of_account", "licsync_history", ["account", "number"])
