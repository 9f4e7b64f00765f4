"""What a change of license has lost is asked for by every plan, until somebody says that it was put
back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licsync.backends.api.capabilities import API
from licsync.engine.journal_state import JournalState, settings_to_restore
from licsync.engine.manual_steps import confirm_manual_actions
from licsync.engine.ports import JournalEntry
from licsync.model.capabilities import LOCAL, Capabilities
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory, digest
from licsync.model.inventory_validation import check_document
from licsync.planning.drift import find_drift
from licsync.planning.plan import Plan, PlanOptions
from licsync.planning.planner import make_plan
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import NOW, changed, labels, only

FORWARDING = [{"when": "no_answer", "to": "1004", "after_seconds": 20}]
LOST = {"call_forwarding": FORWARDING, "features": {"analytics": "supervisor"}}
BACK = {
    "extension.call_forwarding": (None, FORWARDING),
    "extension.features.analytics": (None, "supervisor"),
}
UNITS = {"L1": "x4", "L2": "x6", "L3": "x2", "L4": "x4"}


def there(extension: dict[str, Any] | None = None, **record: Any) -> Inventory:
    """Ada has an X4, for which her forwarding rule and her level of analytics were lost."""
    known = inventory(
        {name: unit(kind) for name, kind in UNITS.items()}, {"ada": user({"L1": extension or {}})}
    )
    known.users["ada"]["services"][0]["restore"] = LOST
    known.users["ada"] |= record
    return known


def plan(known: Inventory, able: Capabilities = API, **ada: Any) -> Plan:
    options = PlanOptions(
        "8x8" if able is API else "local", able, allow_loss=True, allow={"delete": 9}
    )
    return make_plan(desired({"ada": ada}), known, now=NOW, options=options)


@pytest.mark.parametrize(
    "wish", [{}, {"licenses": ["x4"]}, {"licenses": [{"type": "x4", "extension": {}}]}]
)
def test_it_is_asked_for_until_the_files_say_otherwise(wish: dict[str, Any]) -> None:
    actions = plan(there(), **wish).actions
    if "extension" in str(wish):
        assert actions == []
        return
    (action,) = actions
    assert (action.label, action.manual, action.unseen, [*action.needs]) == (
        "user.update",
        True,
        True,
        [],
    )
    assert changed(action) == BACK
    assert {(c.reason, c.license) for c in action.changes} == {("restored", "L1")}
    assert action.why == "lost in an earlier change of license"


@pytest.mark.parametrize(
    ("extension", "left"),
    [
        ({"call_forwarding": FORWARDING}, ["extension.features.analytics"]),
        ({"call_forwarding": [{"when": "busy", "to": "1001"}]}, ["extension.features.analytics"]),
        ({"features": {"analytics": "essentials"}}, list(BACK)),
        ({"call_forwarding": FORWARDING, "features": {"analytics": "supervisor"}}, []),
    ],
)
def test_what_is_seen_or_noted_meanwhile_is_not_put_back(
    extension: dict[str, Any], left: list[str]
) -> None:
    assert [path for action in plan(there(extension)).actions for path in changed(action)] == left


def test_a_backend_that_writes_it_has_lost_nothing() -> None:
    assert plan(there(), LOCAL).actions == []


def test_it_goes_with_its_license_and_its_user() -> None:
    assert labels(plan(there(), licenses=[])) == ["unassign users/ada"]
    wanted = desired(account={"unlisted_users": "delete"})
    options = PlanOptions("8x8", API, allow_loss=True, allow={"delete": 9, "unassign": 9})
    gone = make_plan(wanted, there(), now=NOW, options=options)
    assert "delete users/ada" in labels(gone)
    assert not any(action.manual for action in gone.actions)


def test_the_next_license_gets_it_as_far_as_it_can_have_it() -> None:
    upgrade, back = plan(there({"features": {"analytics": "essentials"}}), licenses=["x6"]).actions
    assert (upgrade.label, changed(upgrade)) == ("license.upgrade", {})
    assert "extension.features.analytics" not in upgrade.kept
    assert changed(back) == {**BACK, "extension.features.analytics": ("essentials", "supervisor")}
    assert {c.license for c in back.changes} == {"L2"}
    downgrade = plan(there(), licenses=["x2"])
    (back,) = (a for a in downgrade.actions if a.manual)
    assert changed(back) == {"extension.call_forwarding": (None, FORWARDING)}
    declared = {
        "type": "x6",
        "extension": {"call_forwarding": [], "features": {"analytics": "supervisor"}},
    }
    (back,) = (a for a in plan(there(), licenses=[declared]).actions if a.manual)
    assert {c.path: c.reason for c in back.changes} == {"extension.features.analytics": "declared"}


def test_what_is_confirmed_is_noted_and_not_asked_for_again() -> None:
    known = there()
    document = {"format_version": "1", **confirm_manual_actions(plan(known), known, NOW)}
    assert check_document(document) == []
    (service,) = document["users"]["ada"]["services"]
    assert service["extension"] == LOST
    assert not any(service["restore"].values())
    assert plan(Inventory.from_document(document)).actions == []


def test_restore_requests_are_not_part_of_the_console_state() -> None:
    known = there()
    assert digest(known.users["ada"]) == digest(
        {**known.users["ada"], "services": [{"license": "L1"}]}
    )
    assert find_drift(plan(inventory({"L1": unit("x4")}, {"ada": user(["L1"])})), plan(known)) == []


def test_a_malformed_note_is_refused() -> None:
    document = {"format_version": "1", **there().to_document()}
    document["users"]["ada"]["services"][0]["restore"] = {"call_forwarding": "1004"}
    assert [d.code for d in check_document(document)] == ["inventory-invalid"]


def test_a_run_leaves_to_be_put_back_what_it_has_lost() -> None:
    known = there({"call_forwarding": FORWARDING})
    lossy = plan(known, licenses=["x6"])
    upgrade = only(lossy, "upgrade")
    attach = Step("license.attach", "users/ada", {"license": "L2"})
    progress = JournalState({1: JournalEntry(1, upgrade.id, attach, "done", {})})
    assert settings_to_restore(lossy, progress) == {"ada": {"L2": LOST}}
    assert settings_to_restore(lossy, JournalState()) == {}
    assert settings_to_restore(replace(lossy, actions=[upgrade]), progress) == {}
