"""Pages are rendered again after a change, and stay if the account cannot be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from licsync.diagnostics import Code, InputInvalid, error
from licsync.web.account_index import AccountIndex
from licsync.web.app import LOOK_AGAIN, Source
from licsync.web.pages import Pages
from licsync.web.query_params import OverviewQuery, PlanQuery, UsersQuery
from licsync.workflows.review import Review
from licsync.workflows.session import Session
from tests.support.web_pages import NOW, WHOLE, Page, copy_of, seen


class World:
    def __init__(self) -> None:
        self.time, self.version, self.reads = 0.0, 1, 0
        self.fault: InputInvalid | None = None
        self.source = Source(self.see, lambda: self.version, lambda: self.time)

    def see(self):
        self.reads += 1
        if self.fault:
            raise self.fault
        return replace(seen(), now=NOW)

    def later(self, seconds: float = LOOK_AGAIN):
        self.time += seconds
        return self.source.pages()


def test_it_is_read_again_only_when_it_changed() -> None:
    world = World()
    first = world.later()
    assert world.later() is first
    world.version = 2
    assert world.later(LOOK_AGAIN / 2) is first
    assert world.later() is not first
    assert world.reads == 2


def test_an_unreadable_account_is_shown_as_last_read_with_the_reason() -> None:
    world = World()
    world.fault, world.version = InputInvalid(error(Code.YAML_SYNTAX, "This is not YAML.")), 2
    page = Page(world.later().users(UsersQuery(), WHOLE))
    assert "This page shows earlier data" in page.words
    assert "This is not YAML." in page.words
    assert "Ada Lopez" in page.words
    world.fault, world.version = None, 3
    assert "as it was before" not in Page(world.later().users(UsersQuery(), WHOLE)).words


def test_an_account_that_cannot_be_read_at_first_is_not_served() -> None:
    def see():
        raise InputInvalid(error(Code.YAML_SYNTAX, "This is not YAML."))

    with pytest.raises(InputInvalid):
        Source(see, lambda: 1)


def test_files_store_and_inventory_are_looked_at(tmp_path: Path) -> None:
    account = copy_of("acme", tmp_path)
    review = Review(Session(account, at=NOW))
    before = review.stamp()
    assert review.stamp() == before
    (account / "users" / "more.yaml").write_text("users: {}\n")
    grown = review.stamp()
    assert grown != before
    (account / "inventory.json").write_bytes((account / "inventory.json").read_bytes() + b"\n")
    assert review.stamp() != grown
    (account / ".licsync").mkdir()
    (account / ".licsync" / "state.db").write_bytes(b"")
    assert len({grown, before, review.stamp()}) == 3


@pytest.mark.slow
def test_reading_changes_nothing_that_is_looked_at(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from licsync.cli.main import cli

    account = copy_of("acme", tmp_path)
    document = str(account / "inventory.json")
    assert CliRunner().invoke(cli, ["inventory", "load", str(account), document]).exit_code == 0
    review = Review(Session(account, at=NOW))
    before = review.stamp()
    review.load()
    assert review.stamp() == before


def test_looking_makes_no_store(tmp_path: Path) -> None:
    account = copy_of("acme", tmp_path)
    before = sorted(path.name for path in account.rglob("*"))
    Review(Session(account, at=NOW)).load()
    assert sorted(path.name for path in account.rglob("*")) == before


def test_every_page_says_that_the_plan_has_errors(tmp_path: Path) -> None:
    account = copy_of("acme", tmp_path)
    file = account / "users" / "sales.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("job_title:", "jobb_title:"), encoding="utf-8"
    )
    made = Pages(AccountIndex(Review(Session(account, at=NOW)).load()))
    for source in (
        made.overview(OverviewQuery(), WHOLE),
        made.users(UsersQuery(), WHOLE),
        made.plan(PlanQuery(), WHOLE),
    ):
        assert "Plan errors" in Page(source).words
    assert "No plan. Fix the errors first." in Page(made.plan(PlanQuery(), WHOLE)).words
    assert "users/sales.yaml:" in Page(made.plan(PlanQuery(), WHOLE)).words
