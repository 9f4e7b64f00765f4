"""What the actions of a plan do to one user."""

from __future__ import annotations

from typing import Any

from licsync.planning.actions import Action, Change, UnitChange, UnitRef
from licsync.planning.user_effects import (
    HeldLicense,
    attributes_after,
    licenses_after,
    units_given,
    units_taken,
)

X2, X4 = UnitRef("L1", "x2", "US"), UnitRef("L2", "x4", "US")
LOCAL = UnitRef("N1", "local-number", "US")
HELD = {"L1": HeldLicense("x2", "US", {"number": "1001", "features": {"analytics": "supervisor"}})}


def user_action(verb: str, *changes: Change | UnitChange) -> Action:
    return Action("user", verb, "users/ada", changes=changes)


def license_action(
    verb: str, origin: UnitRef | None, unit: UnitRef | None, *changes: Change | UnitChange
) -> Action:
    return Action("license", verb, "users/ada", unit, origin, changes)


def shown(licenses: dict[str, HeldLicense]) -> dict[str, tuple[str, Any]]:
    return {unit: (one.type, one.settings) for unit, one in licenses.items()}


def test_attributes_follow_the_actions_on_the_user() -> None:
    record = {"status": "active", "department": "Sales", "ring_groups": ["Main"], "services": []}
    moved = user_action("update", Change("department", "Sales", None), Change("site", None, "HQ"))
    setting = user_action("update", Change("extension.number", None, "1", license="L1"))
    gone = user_action("suspend", Change("status", "active", "inactive"))
    assert attributes_after(record, [moved, setting, gone]) == {
        "status": "inactive", "department": None, "site": "HQ", "ring_groups": ["Main"],
    }  # fmt: skip
    renamed = user_action("rename", Change("name", "bo", "ada"))
    assert attributes_after(record, [renamed]) == {k: record[k] for k in [*record][:3]}
    assert record["department"] == "Sales", "the record itself stays"


def test_a_user_is_created_and_deleted() -> None:
    created = user_action("create", Change("email", None, "ada@acme.example"))
    assert attributes_after(None, [created]) == {"email": "ada@acme.example"}
    assert attributes_after({"status": "active"}, [user_action("delete")]) is None
    assert attributes_after(None, [license_action("assign", None, X2)]) is None


def test_a_changed_license_keeps_settings_and_an_assigned_one_has_its_own() -> None:
    essentials = Change("extension.features.analytics", "supervisor", "essentials", "automatic")
    changed = licenses_after(HELD, [license_action("upgrade", X2, X4, essentials)])
    assert shown(changed) == {
        "L2": ("x4", {"number": "1001", "features": {"analytics": "essentials"}})
    }
    assert HELD["L1"].settings["features"] == {"analytics": "supervisor"}
    number = Change("extension.number", None, "1002")
    assigned = licenses_after({}, [license_action("assign", None, X4, number)])
    assert shown(assigned) == {"L2": ("x4", {"number": "1002"})}
    released = Change("extension.number", "1001", None, "released")
    assert licenses_after(HELD, [license_action("unassign", X2, None, released)]) == {}


def test_an_update_changes_the_license_that_it_names() -> None:
    update = user_action("update", Change("extension.number", "1001", "1009", license="L1"))
    assert licenses_after(HELD, [update])["L1"].settings["number"] == "1009"


def test_automatic_units_come_and_go_without_settings() -> None:
    given = license_action("assign", None, X2, UnitChange(LOCAL, arrives=True))
    assert licenses_after({}, [given]) == {
        "L1": HeldLicense("x2", "US", {}), "N1": HeldLicense("local-number", "US", {}),
    }  # fmt: skip
    taken = license_action("unassign", X2, None, UnitChange(LOCAL, arrives=False))
    assert licenses_after(licenses_after({}, [given]), [taken]) == {}
    assert (units_given(given), units_taken(taken)) == ([X2, LOCAL], [X2, LOCAL])
    assert units_given(user_action("update")) == units_taken(user_action("update")) == []


def test_each_missing_unit_is_a_license_of_its_own() -> None:
    """A user who loses two licenses for two that are missing still should have two."""
    missing = UnitRef(None, "x4", "US")
    held = {"L1": HELD["L1"], "L3": HeldLicense("x2", "US", {})}
    actions = [
        license_action("upgrade", X2, missing),
        license_action("upgrade", UnitRef("L3", "x2", "US"), missing),
    ]
    after = licenses_after(held, actions)
    assert [(one.type, one.settings) for one in after.values()] == [
        ("x4", HELD["L1"].settings), ("x4", {}),
    ]  # fmt: skip
