"""Choosing another service address for unassigned licenses: the list of changes, and the YAML that
does it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from licsync.web.account_index import AccountIndex
from licsync.web.address_changes import plan_address_changes
from licsync.web.query_params import LicensesQuery
from licsync.workflows.review import Review
from licsync.workflows.session import Session
from tests.support.web_pages import NOW, WHOLE, Page, copy_of, index, pages, seen


def test_each_change_has_its_previous_and_its_new_address() -> None:
    found = plan_address_changes(index(), ["L202", "L205"], "seattle")
    assert [(move.unit.id, move.before[:10], move.after[:9]) for move in found.moves] == [
        ("L202", "7 W 34th S", "Suite 900")
    ]
    assert found.same == 1
    assert found.places == ["licenses.yaml:5"]


def test_only_unassigned_licenses_can_be_edited() -> None:
    found = plan_address_changes(index(), ["L201", "L204", "L152", "L999"], "seattle")
    assert found.moves == []
    assert found.yaml == ""
    assert [(unit, reason.partition(":")[0]) for unit, reason in found.refused] == [
        ("L201", "assigned"),
        ("L204", "suspended"),
        ("L152", "suspended"),
        ("L999", "no such license"),
    ]


def test_an_unknown_address_changes_nothing() -> None:
    assert plan_address_changes(index(), ["L202"], "atlantis").moves == []


def test_the_yaml_says_how_many_are_bound_where() -> None:
    found = plan_address_changes(index(), ["L202"], "seattle")
    assert yaml.safe_load(found.yaml) == {
        "licenses": [
            {
                "type": "x2",
                "quantity": 6,
                "unassigned_address": {"new-york": 1, "seattle": 2},
                "price": {"amount": "24.00", "currency": "USD"},
            }
        ]
    }
    assert (
        yaml.safe_load(plan_address_changes(index(), ["L202", "L206"], "seattle").yaml)["licenses"][
            0
        ]["unassigned_address"]
        == "seattle"
    )


def test_a_pool_that_the_files_say_nothing_of_gets_an_entry() -> None:
    bare = AccountIndex(replace(seen(), desired=replace(seen().desired, pools=[])))
    found = plan_address_changes(bare, ["L202"], "seattle")
    assert found.is_new
    assert found.places == []
    assert yaml.safe_load(found.yaml) == {
        "licenses": [
            {"type": "x2", "country": "US", "unassigned_address": {"new-york": 1, "seattle": 2}}
        ]
    }


@pytest.mark.parametrize("units", [["L202"], ["L206"], ["L202", "L206"], ["L103", "L202"]])
def test_committing_the_yaml_moves_as_many_from_and_to_the_same_addresses(
    tmp_path: Path, units: list[str]
) -> None:
    """Everything else of acme is left out, so that the plan is about the pool alone."""
    account = copy_of("acme", tmp_path)
    for path in (account / "users").iterdir():
        path.unlink()
    (account / "places.yaml").write_text(
        (account / "places.yaml").read_text().partition("sites:")[0]
    )
    before = Review(Session(account, at=NOW)).load()
    alone = AccountIndex(before)
    units = [unit for unit in units if alone.unit[unit].status == "unassigned"]
    found = plan_address_changes(alone, units, "denver")
    assert len(found.moves) == len(units)
    pool = yaml.safe_load((account / "licenses.yaml").read_text())["licenses"]
    for entry in yaml.safe_load(found.yaml)["licenses"]:
        place = next(
            n
            for n, old in enumerate(pool)
            if (old["type"], old.get("country")) == (entry["type"], entry.get("country"))
        )
        pool[place] = entry
    (account / "licenses.yaml").write_text(yaml.safe_dump({"licenses": pool}))
    plan = Review(Session(account, at=NOW)).load().plan
    moved = [action for action in plan.actions if action.label == "license.relocate"]
    expected = sorted(
        (move.unit.type, alone.resolver.label_of_id(move.unit.address_id)) for move in found.moves
    )
    assert (
        sorted(
            (a.license.type, a.changes[0].before)
            for a in moved
            if a.license and a.changes[0].after == "denver"
        )
        == expected
    )


def test_the_page_shows_them_and_has_no_form_that_writes() -> None:
    source = pages().licenses(
        LicensesQuery(type="x2", country="US", every=True, to="seattle"), WHOLE
    )
    page = Page(source)
    assert "Pending changes 2 licenses" in page.words
    assert "unassigned_address: seattle" in page.words
    assert {value for tag, name, value in page.attributes if (tag, name) == ("form", "method")} == {
        "get"
    }


def test_what_was_chosen_on_another_page_stays_chosen() -> None:
    page = Page(pages().licenses(LicensesQuery(type="x4", unit=("L202",)), WHOLE))
    hidden = [value for tag, name, value in page.attributes if tag == "input" and name == "value"]
    assert "L202" in hidden
