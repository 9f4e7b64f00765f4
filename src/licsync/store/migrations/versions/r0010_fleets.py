"""Runs of fleets, and the results of their accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "licsync_fleet_runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("fleet", sa.Text, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("jobs", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("process", sa.Integer, nullable=False),
        sa.Column("born", sa.Text, nullable=False),
        sa.Column("link", sa.Text),
        sa.Column("finished_at", sa.Text),
        sa.Column("ending", sa.Text),
        sa.Column("digest", sa.Text),
    )
    op.create_index("licsync_fleet_runs_of_fleet", "licsync_fleet_runs", ["fleet", "number"])
    op.create_table(
        "licsync_fleet_results",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("run", sa.Text),
        sa.Column("fleet", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("exit_code", sa.Integer, nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("finished_at", sa.Text, nullable=False),
        sa.Column("summary", sa.Text),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("drift_since", sa.Text),
    )
    op.create_index(
        "licsync_fleet_results_of_account",
        "licsync_fleet_results",
        ["fleet", "account", "verb", "number"],
    )
    op.create_index("licsync_fleet_results_of_run", "licsync_fleet_results", ["run"])
