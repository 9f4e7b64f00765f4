"""The tables of the store. Their history is in `migrations`; a test holds the two together."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text

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
"""Who works on an account.

`host`, `process` and `born` name the process, so that a dead one is recognized.
"""

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
    Column("salt", Text),
    Column("planned_for", Text),
    Index("licsync_runs_of_account", "account", "number"),
)
"""The runs.

`plan` and `preimages` may be sealed (`store.encryption`); `pruned_at` says when they were emptied.

`salt` goes into the hashes of what a run holds of users, and is removed with it.
"""

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
"""The attempts at steps.

`step`, `before` and `after` may be sealed; `ticket` names the request at the backend.
"""

JOURNAL_SUMS = Table(
    "licsync_journal_sums",
    METADATA,
    Column("run", Text, ForeignKey("licsync_runs.id"), primary_key=True),
    Column("salt", Text, nullable=False),
    Column("total", Text, nullable=False),
)
"""Covers the journal of a run while it is open (`store.audit_log`).

Rows of runs are large, so it is apart.
"""

USED_PLANS = Table(
    "licsync_used_plans",
    METADATA,
    Column("checksum", Text, primary_key=True),
    Column("run", Text, ForeignKey("licsync_runs.id"), nullable=False),
)

PLANS = Table(
    "licsync_plans",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("expires_at", Text, nullable=False),
    Column("plan", Text, nullable=False),
)
"""The plans that were made, until they expire; `plan` may be sealed."""

APPLIED = Table(
    "licsync_applied",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("run", Text),
    Column("at", Text, nullable=False),
    Column("inventory", Text, nullable=False),
)
"""An account after its last complete apply; `inventory` is packed and may be encrypted."""

OPERATIONS = Table(
    "licsync_operations",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("seen", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("requests", Float, nullable=False),
)
"""What the vendor's operations took on average, by kind (`model.throughput`).

It holds nothing of users.
"""

HISTORY = Table(
    "licsync_history",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("licsync_history_of_account", "account", "number"),
)
"""The chain of the history (`store.audit_log`): entries are added, never changed.

It holds nothing of users.
"""

IDENTITIES = Table(
    "licsync_identities",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("bound_at", Text, nullable=False),
    Column("bound_by", Text, nullable=False),
    Column("origin", Text),
)
"""Which account of the world each name stands for (`store.identities`)."""

WORK_ORDERS = Table(
    "licsync_work_orders",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("account", Text, nullable=False),
    Column("run", Text, ForeignKey("licsync_runs.id")),
    Column("actor", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("plan_digest", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("inventory", Text),
    Column("waiting", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("closed_at", Text),
    Column("pruned_at", Text),
    Column("salt", Text),
    Index("licsync_work_orders_of_account", "account", "number"),
)
"""What people do by hand for a plan.

`document` may be sealed, and `inventory` is the account when the order was made, packed. Both are
emptied when the order is pruned, and `salt` is removed.
"""

WORK_ITEMS = Table(
    "licsync_work_items",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("work_order", Text, ForeignKey("licsync_work_orders.id"), nullable=False),
    Column("item", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Index("licsync_work_items_of_order", "work_order", "number"),
)
"""The journal of work orders: rows are added, never changed. `note` and `facts` may be sealed."""

FLEET_RUNS = Table(
    "licsync_fleet_runs",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("fleet", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("jobs", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("process", Integer, nullable=False),
    Column("born", Text, nullable=False),
    Column("link", Text),
    Column("finished_at", Text),
    Column("ending", Text),
    Column("digest", Text),
    Column("scope", Text),
    Index("licsync_fleet_runs_of_fleet", "fleet", "number"),
)
"""The runs of fleets.

`jobs` says what the run has to do: accounts, and the digests of their plans. `scope` has the
options that narrow these plans.

`host`, `process` and `born` name the process, so that a dead one is recognized.
"""

FLEET_RESULTS = Table(
    "licsync_fleet_results",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("run", Text),
    Column("fleet", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("exit_code", Integer, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text, nullable=False),
    Column("summary", Text),
    Column("error", Text, nullable=False),
    Column("drift_since", Text),
    Index("licsync_fleet_results_of_account", "fleet", "account", "verb", "number"),
    Index("licsync_fleet_results_of_run", "run"),
)
"""The results of the accounts of fleets.

`run` is absent where a schedule and not a person started it. `summary` and `error` hold counts and
masked messages, nothing else of users. `drift_since` is since when there has been drift.
"""

NOTIFICATIONS = Table(
    "licsync_notifications",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("event", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("sent_at", Text, nullable=False),
    Column("sending_since", Text),
)
"""The last message about each event, by channel.

`fingerprint` is a hash of what the message reported; empty if it reported the end of the event.
`sending_since` is empty once the message is sent.
"""

USAGE = Table(
    "licsync_usage",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("read_at", Text, nullable=False),
    Column("document", Text, nullable=False),
)
"""Who used their licenses, as a command last printed it; `document` is packed, may be encrypted."""

POOL_USE = Table(
    "licsync_pool_use",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("at", Text, nullable=False),
    Column("pools", Text, nullable=False),
)
"""How many licenses were used, the last count of each day (`model.pool_use`).

It holds nothing of users.
"""
