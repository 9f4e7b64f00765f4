"""Pages of an account with hostile text in every field."""

from __future__ import annotations

from licsync.diagnostics import Code, Span, error
from licsync.model.desired import Desired
from licsync.web.account_index import AccountIndex, ReviewedAccount
from licsync.web.pages import Pages
from tests.support import sample_plans as samples
from tests.support.hostile_text import hostile_inventory, hostile_plan
from tests.support.web_pages import NOW


def hostile(text: str) -> Pages:
    desired = Desired(
        {"name": text},
        samples.CATALOG,
        service_addresses={
            text: {**samples.ADDRESSES["denver"], "city": text}
            if "denver" in samples.ADDRESSES
            else None
        },
        pools=[{"type": "x4", "country": text, "unassigned_address": text}],
        users={text: {"previously": text, "licenses": [{"type": "x4"}]}},
        where=lambda section, *path: Span(text, 1, 1),
    )
    fault = error(Code.INVALID_VALUE, text, Span(text), text)
    return Pages(
        AccountIndex(
            ReviewedAccount(
                desired, hostile_inventory(text), hostile_plan(text), NOW, faults=[fault]
            )
        )
    )
