"""No page shows an id that licsync made up for a license."""

from __future__ import annotations

import re
from dataclasses import replace

from licsync.planning.mentions import unnamed_units
from licsync.planning.resolver import Resolver
from licsync.web.account_index import AccountIndex
from licsync.web.pages import Pages
from licsync.web.query_params import LicensesQuery, UsersQuery
from tests.support.web_pages import WHOLE, seen


def visible(page: str) -> str:
    """Give what people read of a page, and what is read out to them."""
    labels = " ".join(re.findall(r'(?:aria-label|title|placeholder)="([^"]*)"', page))
    return re.sub(r"<[^>]*>", " ", page) + labels


def test_no_page_shows_a_made_up_id_and_a_known_one_stays() -> None:
    what = seen()
    units = {
        name: unit if name == "L102" else {**unit, "unnamed": True}
        for name, unit in what.inventory.licenses.items()
    }
    there = replace(what.inventory, licenses=units)
    resolver = Resolver(what.desired, there)
    unnamed = unnamed_units([f"licenses/{name}" for name in units], resolver)
    what = replace(what, inventory=there, plan=replace(what.plan, unnamed=unnamed))
    shown = Pages(AccountIndex(what))
    moved = LicensesQuery(type="x2", unit=("L202", "L201"), to="seattle")
    pages = [
        shown.licenses(LicensesQuery(type="x4"), WHOLE),
        shown.licenses(moved, WHOLE),
        *(shown.users(UsersQuery(user=name), WHOLE) for name in what.inventory.users),
    ]
    text = visible("\n".join(pages))
    assert set(re.findall(r"\bL[0-9]{3}\b", text)) == {"L102"}
    assert "not shown" in text
