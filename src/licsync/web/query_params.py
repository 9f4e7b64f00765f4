"""The queries of the pages: the URL contains the whole state of a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from licsync.model.text_normalization import compose

LONGEST = 300
"""The most characters of a parameter."""

NOWHERE = "-"
"""The value that means no service address, or no site."""


@dataclass(frozen=True, slots=True)
class LicensesQuery:
    """Which units to show, and which of them move to another service address.

    Attributes:
        type: key of a license type.
        country: country code.
        address: id of a service address, or `NOWHERE`.
        status: any of assigned, unassigned, suspended; empty for all.
        q: part of a license id.
        page: from 1.
        unit: ids of chosen units.
        every: whether all unassigned units that pass the filters are chosen.
        to: label of the new service address.
        sort: name of a column, after a `-` if descending; empty for the order of the catalog.
        whole: whether to show everything on one page, for printing.
        id: id of the unit whose panel is open.
    """

    type: str = ""
    country: str = ""
    address: str = ""
    status: tuple[str, ...] = ()
    q: str = ""
    page: int = 1
    unit: tuple[str, ...] = ()
    every: bool = False
    to: str = ""
    sort: str = ""
    whole: bool = False
    id: str = ""


@dataclass(frozen=True, slots=True)
class UsersQuery:
    """Which users to show, and whose panel is open.

    Attributes:
        q: part of any text of a user in the list.
        site: name of a site, or `NOWHERE`.
        department: name of a department, or `NOWHERE`.
        license: key of a license type, or `NOWHERE` for contacts.
        status: active or inactive.
        planned: whether to show only users that the plan changes.
        page: from 1.
        user: name of the user whose panel is open.
        sort: name of a column, after a `-` if descending; empty for the order of names.
        whole: whether to show everything on one page, for printing.
        pick: names of chosen users.
    """

    q: str = ""
    site: str = ""
    department: str = ""
    license: str = ""
    status: str = ""
    planned: bool = False
    page: int = 1
    user: str = ""
    sort: str = ""
    whole: bool = False
    pick: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanQuery:
    """Which entries of the plan to show.

    Attributes:
        q: part of the subject or of the change.
        verb: `kind.verb`.
        site: name of a site, or `NOWHERE`.
        tone: takes, changes or gives.
        ungrouped: whether to show grouped entries one by one.
        page: from 1.
        sort: name of a column of the entries or of the table of sites, after a `-` if descending.
        whole: whether to show everything on one page, for printing.
        pick: chosen resources, as plans name them.
    """

    q: str = ""
    verb: str = ""
    site: str = ""
    tone: str = ""
    ungrouped: bool = False
    page: int = 1
    sort: str = ""
    whole: bool = False
    pick: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunsQuery:
    """Which runs to show, and which of them is open.

    Attributes:
        q: part of the run's name, of its actor or of what it did.
        state: open, done, failed or abandoned.
        page: from 1.
        sort: name of a column, after a `-` if descending; empty for the newest first.
        whole: whether to show everything on one page, for printing.
        run: name of the run whose journal is shown.
    """

    q: str = ""
    state: str = ""
    page: int = 1
    sort: str = ""
    whole: bool = False
    run: str = ""


@dataclass(frozen=True, slots=True)
class OverviewQuery:
    """How the overview is sorted.

    Attributes:
        sort: name of a column of one of its tables, after a `-` if descending.
    """

    sort: str = ""


@dataclass(frozen=True, slots=True)
class WorkQuery:
    """The page of the work order has no parameters."""


@dataclass(frozen=True, slots=True)
class UseQuery:
    """Whose days the page of the use over time lists.

    Attributes:
        type: key of a license type; empty for all licenses.
    """

    type: str = ""


@dataclass(frozen=True, slots=True)
class CostsQuery:
    """How the page of the costs is sorted.

    Attributes:
        sort: name of a column of one of its tables, after a `-` if descending.
    """

    sort: str = ""


@dataclass(frozen=True, slots=True)
class MonthQuery:
    """Which period the page of a month shows.

    Attributes:
        month: such as `2026-11`; empty for the current one.
        first: the first day of another period; it needs `last`.
        last: its last day.
    """

    month: str = ""
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class FleetQuery:
    """Which accounts of a fleet to show.

    Attributes:
        q: part of an account, or of a label `name=value`.
        page: from 1.
        sort: name of a column, after a `-` if descending; empty: those that need attention first.
    """

    q: str = ""
    page: int = 1
    sort: str = ""


Query = (
    LicensesQuery
    | UsersQuery
    | PlanQuery
    | RunsQuery
    | UseQuery
    | CostsQuery
    | MonthQuery
    | OverviewQuery
    | WorkQuery
    | FleetQuery
)
Q = TypeVar("Q", bound=Query)


def read_query(form: type[Q], parameters: Iterable[tuple[str, str]]) -> Q:
    """Read a query from URL parameters; unknown parameters and invalid values are ignored."""
    found: dict[str, Any] = {}
    known: dict[str, Any] = {field.name: field.default for field in fields(form)}
    for parameter, text in parameters:
        default = known.get(parameter)
        if default is None or not text or len(text) > LONGEST:
            continue
        text = compose(text)
        if isinstance(default, tuple):
            found[parameter] = (*found.get(parameter, ()), text)
        elif isinstance(default, bool):
            found[parameter] = True
        elif isinstance(default, int):
            if text.isascii() and text.isdigit() and len(text) < 8:
                found[parameter] = max(1, int(text))
        else:
            found[parameter] = text
    return form(**found)


def pairs(query: Query) -> Iterator[tuple[str, str]]:
    """List the parameters of a query, without defaults."""
    for field in fields(query):
        value = getattr(query, field.name)
        if value == field.default:
            continue
        if isinstance(value, tuple):
            yield from ((field.name, item) for item in value)
        else:
            yield field.name, "1" if value is True else str(value)


def changed(query: Q, **changes: Any) -> Q:
    """Change a query, and return to its first page unless the changes set another one."""
    if hasattr(query, "page"):
        changes.setdefault("page", 1)
    return replace(query, **changes)


def encoded(query: Query) -> str:
    """Write a query as part of a URL, with its question mark; empty if all are defaults."""
    text = urlencode(list(pairs(query)), errors="replace")
    return f"?{text}" if text else ""
