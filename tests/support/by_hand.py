"""Random accounts whose plans people carry out."""

from __future__ import annotations

from licsync.diagnostics import has_errors
from licsync.model.capabilities import Capabilities
from tests.support.accounts import CATALOG
from tests.support.planning import planned
from tests.support.random_plans import Account

BY_HAND = Capabilities({})
"""A backend that can do nothing by itself: people do everything in the console."""


def is_applicable(account: Account) -> bool:
    _, there = account
    if any(CATALOG.is_automatic(unit["type"]) for unit in there.licenses.values()):
        return False  # the console chooses local numbers itself
    return not has_errors(planned(*account, capabilities=BY_HAND).diagnostics)
