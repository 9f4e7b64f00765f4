"""A customer without an API key: export, plan, work in the console, export again, verified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.engine import URL, Engine

from licsync.model.console.step import Step
from licsync.planning.work_order.records import Expectation, WorkItem
from tests.support.company_console import CompanyConsole
from tests.support.company_edits import Wishes, edit_as_people_would
from tests.support.company_exports import SHAPES
from tests.support.customer import Customer
from tests.support.databases import empty_store

pytestmark = pytest.mark.untraced

WHOLE = [
    pytest.param(shape, marks=pytest.mark.soak) if at else shape for at, shape in enumerate(SHAPES)
]
"""`make test` tries one shape, `make soak` all of them."""


@pytest.fixture
def customer(
    tmp_path: Path, opened: Callable[[URL | str], Engine], request: pytest.FixtureRequest
) -> Customer:
    path = tmp_path / "console.db"
    path.write_bytes(empty_store())
    console = CompanyConsole(opened(f"sqlite:///{path}"))
    customer = Customer(tmp_path, console, request.param)
    customer.begin()
    return customer


def ends_verified(customer: Customer) -> None:
    """See that an export shows everything as planned."""
    shown = customer.refresh()
    order = customer.order()
    assert order is not None
    assert order.state == "verified", shown.stdout + shown.stderr
    assert "No changes" in customer.run("plan").stdout


@pytest.mark.slow
@pytest.mark.parametrize("customer", WHOLE, indirect=True)
def test_the_work_ends_at_the_planned_state(customer: Customer) -> None:
    """Whatever shape the exports have, licsync sees that everything is done."""
    assert "No changes" in customer.run("plan").stdout
    assert "Nothing changed" in customer.refresh().stdout
    edit_as_people_would(customer.account, customer.console.document())
    customer.do(customer.apply().order.items)
    customer.console.deliver("x2", "US", "Boston", 8)
    ends_verified(customer)


# --- mistakes -------------------------------------------------------------------------------------


def changed(item: WorkItem, name: str, path: str, after: object) -> WorkItem:
    """Give an item that somebody misreads: another value for a user."""

    def misread(fact: Expectation) -> Expectation:
        is_it = (fact.resource, fact.path) == (f"users/{name}", path)
        return replace(fact, after=after) if is_it else fact

    return replace(item, expectations=tuple(map(misread, item.expectations)))


def mistakes_of(
    customer: Customer, wishes: Wishes, items: list[WorkItem]
) -> dict[str, tuple[str, str]]:
    """Do all items, some of them wrongly: name, by item, who is concerned and what is found."""
    skipped, cheap, *_ = wishes.promoted
    leaver, newcomer = wishes.leavers[0], wishes.hires[0]
    bystander = next(
        name for name, user in customer.console.document()["users"].items()
        if user["status"] == "active" and name not in (*wishes.leavers, *wishes.promoted)
    )  # fmt: skip
    found: dict[str, tuple[str, str]] = {}
    for item in items:
        if skipped in item.users:
            found[item.id] = skipped, "not_done"
        elif cheap in item.users:
            customer.do([changed(item, cheap, "licenses", ["x3:US"])])
            found[item.id] = cheap, "different"
        elif leaver in item.users:
            customer.console.perform([Step("user.suspend", f"users/{bystander}")])
            found[item.id] = bystander, "not_done"
        elif newcomer in item.users:
            customer.do([changed(item, newcomer, "extension.number", "1599")])
            found[item.id] = newcomer, "different"
        elif item.kind == "bulk_edit":
            customer.do([item, item])
        else:
            customer.do([item])
    assert len(found) == 4
    return found


@pytest.mark.slow
@pytest.mark.parametrize("customer", WHOLE, indirect=True)
def test_the_next_export_finds_every_mistake(customer: Customer) -> None:
    """What was skipped, done to another user, done differently or done twice."""
    wishes = edit_as_people_would(customer.account, customer.console.document())
    items = list(customer.apply().order.items)
    mistakes = mistakes_of(customer, wishes, items)
    customer.console.deliver("x2", "US", "Boston", 8)
    shown = customer.refresh()
    order = customer.order()
    assert order is not None
    assert order.state == "open"
    last = {record.item: record.state for record in order.records}
    expected = {item: finding for item, (_, finding) in mistakes.items()}
    assert {item: state for item, state in last.items() if state != "verified"} == expected
    output = shown.stdout + shown.stderr
    assert all(name in output for name, _ in mistakes.values()), output
    assert "1599" in output
