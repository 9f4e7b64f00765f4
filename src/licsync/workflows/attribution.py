"""Asks 8x8's audit log who made the changes that `drift` and `refresh` show.

The log only explains. Whatever goes wrong with it is a warning and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from licsync.coroutines import run_coroutine
from licsync.diagnostics import Code, CredentialsMissing, Diagnostic, Severity, warning
from licsync.engine.ports import BackendFailed
from licsync.model.license import format_instant
from licsync.planning.attribution import Attribution, Difference, attribute
from licsync.workflows.account import Account

if TYPE_CHECKING:
    from licsync.model.inventory import Inventory

_WITHOUT_START = timedelta(days=31)
"""How far back the log is read if nobody knows since when things differ."""


def attribute_changes(
    account: Account,
    differences: Iterable[tuple[Difference, object]],
    since: datetime | None,
    known: Sequence[Inventory],
) -> tuple[Attribution | None, list[Diagnostic]]:
    """Find out who changed what in the console, if the environment has a key of the audit log.

    Args:
        account: the account.
        differences: the differences, each with the value that the console has now.
        since: the instant from which on something changed; None if it is unknown.
        known: the inventories that name users, the latest last. An earlier one knows users who are
            gone.

    Returns:
        Who changed what, and warnings. None without a key, or if the log cannot be read.
    """
    from licsync.backends.audit.feed import open_audit_feed
    from licsync.views.progress import wait_listener

    until = account.session.now()
    start = since or until - _WITHOUT_START
    try:
        feed = open_audit_feed(
            clock=account.session.now, on_wait=wait_listener(account.session.output.message)
        )
        if feed is None:
            return None, []
        events = run_coroutine(feed.read_and_close(start, until))
    except CredentialsMissing as refusal:
        return None, [replace(d, severity=Severity.WARNING) for d in refusal.diagnostics]
    except BackendFailed as failure:
        message = f"{failure} Who made the changes is unknown."
        return None, [warning(Code.AUDIT_LOG, message)]
    users = {name: {**user} for one in known for name, user in one.users.items()}
    found = attribute(differences, events, users)
    return replace(found, since=format_instant(start), until=format_instant(until)), []
