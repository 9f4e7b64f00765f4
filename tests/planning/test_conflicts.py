"""What an action needs may be held by whoever it is for, and by nobody else."""

from __future__ import annotations

import pytest

from licsync.diagnostics import Code
from licsync.model.catalog import Catalog
from licsync.model.desired import Desired
from licsync.model.inventory import Inventory
from licsync.planning.actions import Action, Change
from licsync.planning.order.conflicts import find_conflicts

ADA, OLD, BO = "ada@x.example", "ada.old@x.example", "bo@x.example"


def having(holder: str) -> Inventory:
    extension = {"number": "1001", "phone_numbers": ["+12065550101"]}
    found = Inventory("acme", "2026-11-24T00:00:00Z")
    found.users[holder] = {"services": [{"license": "L1", "extension": extension}]}
    return found


def takes(path: str, value: object, *, by: str = ADA) -> Action:
    return Action("license", "assign", f"users/{by}", changes=[Change(path, None, value)], id="a1")


@pytest.mark.parametrize(
    ("path", "value"), [("extension.number", "1001"), ("extension.phone_numbers", ["+12065550101"])]
)
def test_a_number_that_somebody_else_has_stands_in_the_way(path: str, value: object) -> None:
    action = takes(path, value)
    rename = Action("user", "rename", f"users/{ADA}", changes=[Change("name", OLD, ADA)], id="a0")
    frees = Action(
        "license", "unassign", f"users/{BO}", changes=[Change(path, value, None)], id="a2"
    )
    desired = Desired({"name": "acme"}, Catalog({}))
    (found,) = find_conflicts([action], desired, having(BO))
    assert f"which {BO} now holds" in found.message
    assert list(find_conflicts([action], desired, having(ADA))) == []
    assert list(find_conflicts([rename, action], desired, having(OLD))) == []
    assert len(list(find_conflicts([action], desired, having(OLD)))) == 1
    assert list(find_conflicts([action, frees], desired, having(BO))) == []
    assert list(find_conflicts([takes(path, None)], desired, having(BO))) == []


def test_a_name_that_somebody_took_in_another_spelling_stands_in_the_way() -> None:
    desired = Desired({"name": "acme"}, Catalog({}))
    create = Action("user", "create", f"users/{ADA}", id="a1")
    rename = Action("user", "rename", f"users/{ADA}", changes=[Change("name", BO, ADA)], id="a1")
    for action in (create, rename):
        (found,) = find_conflicts([action], desired, having(ADA.upper()))
        assert found.code is Code.PLAN_STALE
        assert found.message == f"The user name {ADA} is now taken: {ADA.upper()} exists."
        assert list(find_conflicts([action], desired, having(BO))) == []
    moved = [Change("name", ADA.upper(), OLD)]
    away = Action("user", "rename", f"users/{OLD}", changes=moved, id="a0")
    assert list(find_conflicts([away, create], desired, having(ADA.upper()))) == []


def test_a_site_that_somebody_came_to_is_not_deleted() -> None:
    action = Action("site", "delete", "sites/HQ", id="a1")
    desired = Desired({"name": "acme"}, Catalog({}), sites={"HQ": None})
    there = having(BO)
    there.sites["HQ"] = {}
    assert list(find_conflicts([action], desired, there)) == []
    there.users[BO]["site"] = "HQ"
    (found,) = find_conflicts([action], desired, there)
    assert (found.code, found.hint) == (Code.PLAN_STALE, "Make a new plan.")
    assert f"cannot be deleted: it is used by {BO}" in found.message
