"""The page of a fleet: its accounts, those that need attention first, and the use of licenses."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from licsync.engine.fleet_outcome import FleetRow, worst_first
from licsync.engine.fleet_status import AccountStatus, FleetStatus
from licsync.model.catalog import Catalog
from licsync.model.license import format_instant, parse_instant
from licsync.views.fleet import HEADINGS, license_totals, row_cells
from licsync.views.fleet_status import run_text
from licsync.views.word_search import fold
from licsync.web.layout import PAGE, paginate, templates
from licsync.web.query_params import FleetQuery, encoded
from licsync.web.ranking import Column, natural
from licsync.web.small_tables import small_table

FLEET = "/fleet"
ACCOUNTS = "/accounts"


def fleet_link(page: str, query: Any) -> str:
    """Give the URL of the page of the fleet."""
    return f"{FLEET}{encoded(query)}"


def account_link(account: str, page: str = "overview") -> str:
    """Give the URL of a page of an account."""
    return f"{ACCOUNTS}/{quote(account, safe='/', errors='replace')}/{page}"


def fleet_page(status: FleetStatus, catalog: Catalog, query: FleetQuery, path: str) -> str:
    """Render the page of a fleet.

    Args:
        status: what the fleet remembers.
        catalog: names the license types.
        query: which accounts to show.
        path: the fleet as the command line named it.
    """
    at = format_instant(status.at)
    shown = {one.account: one for one in status.accounts if _matches(one, query.q.strip())}
    rows = worst_first(one.row for one in shown.values())
    accounts = small_table(rows, _columns(at), query.sort)
    here = paginate(accounts.rows, query.page, PAGE)
    totals = license_totals(one.licenses for one in status.accounts)
    found = [one.found for one in status.accounts if one.found]
    return str(
        templates(catalog)
        .get_template("fleet.html.j2")
        .render(
            fleet=status.fleet,
            at=at,
            ranking=accounts.ranking,
            rows=[(account_link(row.account), row_cells(row, at), row.labels) for row in here.rows],
            slice=here,
            query=query,
            link=fleet_link,
            accounts=len(status.accounts),
            never=sum(one.newest is None for one in status.accounts),
            faults=sum(row.is_faulty for row in rows),
            changes=sum(one["changes"] for one in found),
            short=sum(one["short_by"] for one in found),
            drifted=sum(bool(one.drift_since) for one in status.accounts),
            due=sum(one.due_at is not None and one.due_at <= status.at for one in status.accounts),
            runs=[run_text(one, status.at, path) for one in status.running],
            totals=totals,
        )
    )


def _columns(at: str) -> list[Column[FleetRow]]:
    def found(key: str) -> Callable[[FleetRow], Any]:
        return lambda row: row.summary.get(key) if row.summary else None

    keys: tuple[Callable[[FleetRow], Any], ...] = (
        lambda row: natural(row.account),
        found("changes"),
        found("removals"),
        found("short_by"),
        _cost,
        lambda row: row.drift_since or (at if row.summary and row.summary.get("drift") else None),
        _age,
        lambda row: natural(row_cells(row, at)[-1]),
    )
    return [
        *(
            Column(heading.replace(" ", "-"), heading, key)
            for heading, key in zip(HEADINGS, keys, strict=True)
        ),
        Column("labels", "labels", lambda row: tuple(row.labels.items()) or None),
    ]


def _cost(row: FleetRow) -> Any:
    costs = row.summary["costs"] if row.summary else {}
    return tuple((currency, Decimal(amount)) for currency, amount in sorted(costs.items())) or None


def _age(row: FleetRow) -> float | None:
    at = row.summary["inventory_at"] if row.summary else ""
    return -parse_instant(at).timestamp() if at else None


def _matches(account: AccountStatus, text: str) -> bool:
    labels = (f"{name}={value}" for name, value in account.labels.items())
    return any(fold(text) in fold(one) for one in (account.account, *labels))
