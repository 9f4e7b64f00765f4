"""The checklist for what the backend cannot do."""

from collections.abc import Callable

from licsync.planning.actions import Action, UnitRef
from tests.support import sample_plans as samples
from tests.support.manual_orders import runbook, runbook_html


def test_golden(golden: Callable[[str, str], None]):
    unit = UnitRef("L1", "x4", "US")
    back = Action(
        "license",
        "reinstate",
        "licenses/L1",
        license=unit,
        manual=True,
        steps=["Ask 8x8 Billing to reinstate license L1."],
        why="removed 2026-11-10; the pool asks for 81",
        id="a1",
    )
    policy = Action("policy", "create", "policies/Sales Floor", id="a2")
    swap = [
        Action(
            "license",
            "change",
            f"users/{name}@acme.example",
            license=UnitRef(new, "x4", "US"),
            origin=UnitRef(old, "x4", "GB"),
            manual=True,
            ring="r1",
            needs=["a1", "a2"] if name == "a" else [],
            id=f"a{number}",
        )
        for number, (name, new, old) in enumerate((("a", "L1", "L2"), ("b", "L2", "L1")), 3)
    ]
    golden("runbook.md", runbook(samples.plan(actions=[back, policy, *swap]), samples.CATALOG))


def test_only_manual_actions_are_in_it():
    output = runbook(samples.tour(), samples.CATALOG)
    assert output.count("## ") == 1
    assert runbook_html(samples.tour(), samples.CATALOG).count("<article") == 1
    assert "- [ ] Save the user." in output


def test_nothing_to_do():
    assert "There is nothing to do by hand." in runbook(samples.small(), samples.CATALOG)
