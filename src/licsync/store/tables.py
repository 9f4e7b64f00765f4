"""The tables of the store. Their history is in `migrations`; a test holds the two together."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text

METADATA = MetaData()

LEASES = Table(
    "licsync_leases",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("since", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    Column("born", Text, nullable=False),
    Column("link", Text),
)
"""Who works on an account. `host`, `process` and `born` name the process, so that a dead one can be told."""

RUNS = Table(
    "licsync_runs",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("plan", Text, nullable=False),
    Column("preimages", Text, nullable=False),
    Column("link", Text),
    Column("pruned_at", Text),
    Index("licsync_runs_of_account", "account", "number"),
)
"""The runs. `plan` and `preimages` may be sealed (`store.sealing`); `pruned_at` says when they were emptied."""

JOURNAL = Table(
    "licsync_journal",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("run", Text, ForeignKey("licsync_runs.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("action", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text),
    Column("reason", Text),
    Column("ticket", Text),
    Index("licsync_journal_of_run", "run", "position", "number"),
)
"""The attempts at steps. `step`, `before` and `after` may be sealed; `ticket` names the request at the backend."""

USED_PLANS = Table(
    "licsync_used_plans",
    METADATA,
    Column("checksum", Text, primary_key=True),
    Column("run", Text, ForeignKey("licsync_runs.id"), nullable=False),
)
