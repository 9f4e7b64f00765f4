"""The lock, the runs with their journal, and the plans that were used."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "licsync_leases",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("until", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("process", sa.Integer, nullable=False),
        sa.Column("born", sa.Text, nullable=False),
    )
    op.create_table(
        "licsync_runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("finished_at", sa.Text),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("preimages", sa.Text, nullable=False),
    )
    op.create_index("licsync_runs_of_account", "licsync_runs", ["account", "number"])
    op.create_table(
        "licsync_journal",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("run", sa.Text, sa.ForeignKey("licsync_runs.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text),
        sa.Column("reason", sa.Text),
    )
    op.create_index("licsync_journal_of_run", "licsync_journal", ["run", "position", "number"])
    op.create_table(
        "licsync_used_plans",
        sa.Column("checksum", sa.Text, primary_key=True),
        sa.Column("run", sa.Text, sa.ForeignKey("licsync_runs.id"), nullable=False),
    )
