"""Work orders of random accounts whose console may have a template for the bulk upload."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

from licsync.model.desired import Desired
from licsync.model.labels import postal
from licsync.planning.plan import Plan
from licsync.planning.work_order.making import make_work_order
from licsync.planning.work_order.records import WorkOrder
from licsync.spreadsheets.csv_template import read_template
from licsync.workflows.bulk_upload import columns_of, fill_template
from tests.support import console_player
from tests.support.accounts import CATALOG
from tests.support.by_hand import BY_HAND
from tests.support.planning import planned
from tests.support.random_plans import Account

TEMPLATE = (
    b"User.UserName,User.Email,User.Site,User.Services.License,User.Voice.Extension,"
    b"User.Voice.Number\r\n"
)
NAMES = {f"{kind}/{country}": f"{kind} of {country}"
         for kind in CATALOG.types for country in ("US", "GB")}  # fmt: skip
SEPARATOR = "; "
UPLOAD: dict[str, Any] = {
    "type": "console",
    "bulk_upload": {"template": "users.csv", "licenses": NAMES},
}


def uploaded(content: bytes, plan: Plan) -> list[dict[str, Any]]:
    """Read the rows of an upload as the console does: by the headings of its template.

    Of the free licenses of a name the console takes the one that the plan counts on: no source
    says which.
    """
    paths = {"User.UserName": "name", "User.Email": "email", "User.Site": "site",
             "User.Services.License": "license", "User.Voice.Extension": "extension.number",
             "User.Voice.Number": "extension.phone_numbers"}  # fmt: skip
    rows = []
    for cells in csv.DictReader(StringIO(content.decode())):
        row: dict[str, Any] = {paths[key]: value for key, value in cells.items() if value}
        if cell := row.get("license"):
            units = [a.license for a in plan.actions if a.name == row["name"] and a.license]
            row["license"] = [
                next(u.id for u in units if NAMES[f"{u.type}/{u.country}"] == name)
                for name in cell.split(SEPARATOR)
            ]
        if number := row.get("extension.phone_numbers"):
            assert number.isdigit()
            row["extension.phone_numbers"] = [f"+{number}"]
        rows.append(row)
    return rows


@dataclass(frozen=True)
class RandomOrder:
    """A work order, what it was made of, and the rows of its upload."""

    wanted: Desired
    plan: Plan
    order: WorkOrder
    rows: list[dict[str, Any]]


def order_of(
    account: Account,
    *,
    has_template: bool,
    likes_bulk_edits: bool = False,
    several_licenses: bool = False,
) -> RandomOrder:
    """Make the work order of an account that people do everything for.

    Args:
        account: the account.
        has_template: whether it has a template for the bulk upload.
        likes_bulk_edits: whether the files want the same of all users, and opening the page of a
            user takes so many clicks that bulk edits do it.
        several_licenses: whether a cell of the template holds several licenses.
    """
    wanted, there = account
    backend: dict[str, Any] = {**UPLOAD}
    if several_licenses:
        backend["bulk_upload"] = {**UPLOAD["bulk_upload"], "separator": SEPARATOR}
    if likes_bulk_edits:
        backend["effort"] = {"visit": {"clicks": 50}, "field": {"clicks": 50}}
        shared = {"department": "Ops", "policy": "Strict"}
        wanted = replace(wanted, users={name: user | shared for name, user in wanted.users.items()})
    wanted = replace(wanted, account={**wanted.account, "backend": backend})  # type: ignore[typeddict-item]
    plan = planned(wanted, there, capabilities=BY_HAND)
    template = read_template(TEMPLATE, "users.csv")
    columns = columns_of(template if has_template else None, wanted)
    order = make_work_order(plan, wanted, there, columns=columns)
    console_player.ADDRESSES_TO_CREATE |= {postal(a): a for a in plan.addresses.values()}
    rows = uploaded(fill_template(plan, template, wanted).content, plan)
    return RandomOrder(wanted, plan, order, rows)
