"""The scenarios once more, through the vendor's API, where it can do what they ask; from the same
files.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import yaml

from licsync.config.loader import load
from licsync.diagnostics import has_errors
from licsync.model.license import parse_instant
from licsync.planning.plan import Plan
from tests.scenarios.runner import Doc, check_inventory, mismatch
from tests.support.accounts import EMPTY
from tests.support.api_simulation import ApiWorld
from tests.support.samples import sampled

HERE = Path(__file__).resolve().parent


def applied(path: Path) -> Doc | None:
    """Read a scenario that ends in an apply of everything it plans."""
    spec: Doc = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    want = spec.get("apply") or {"exit": 1}
    return spec if want.get("exit", 0) == 0 and "args" not in want and "after" in spec else None


SCENARIOS = [path.stem for path in sorted(HERE.glob("*.yaml")) if applied(path) is not None]

BY_HAND = {
    "a-bundle-becomes-editions-and-agent": {"user.update"},
    "a-contact-gets-two-licenses": {"user.update"},
    "a-declared-feature-outlives-a-swap": {"user.update"},
    "a-license-follows-its-user": {"user.update"},
    "a-move-to-a-site-abroad": {"user.update"},
    "a-removal-of-twenty-nine-days-comes-back": {"license.reinstate"},
    "a-spread-with-the-fewest-moves": {"license.relocate"},
    "an-address-of-its-own": {"license.relocate", "user.update"},
    "defaults-of-the-account": {"policy.create"},
    "empty-values-remove": {"user.update"},
    "everything-new-in-its-order": {"policy.create", "site.create"},
    "policies-are-updated-key-by-key": {"policy.update"},
    "relocation-after-the-assignments": {"license.relocate"},
    "ring-of-three": {"user.update"},
    "settings-change-with-a-downgrade": {"user.update"},
    "settings-of-a-license-that-stays": {"user.update"},
    "templates-are-laid-over-one-another": {"policy.create"},
    "the-newest-removal-is-reinstated-first": {"license.reinstate"},
    "the-same-type-in-another-country": {"user.update"},
    "unassigned-units-go-to-one-address": {"license.relocate"},
    "yaml-scalars-are-read-by-their-field": {"policy.create", "site.create"},
}
"""Scenarios of which the API cannot do everything, and the actions that are left to a person."""


def planned(world: ApiWorld, spec: Doc, folder: Path, now: datetime) -> Plan:
    for name, text in spec["files"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    loaded = load(folder)
    assert loaded.desired is not None
    assert not has_errors(loaded.diagnostics)
    return world.plan_of(loaded.desired, now)


@sampled("name", SCENARIOS, lambda index: index % 3 == 0, pytest.mark.slow)
def test_a_scenario_through_the_api(name: str, tmp_path: Path) -> None:
    spec = applied(HERE / f"{name}.yaml")
    assert spec is not None
    now = parse_instant(str(spec.get("now", "2026-11-24T00:00:00Z")))
    world = ApiWorld({**EMPTY, **spec.get("inventory", {})}, begin=now)
    try:
        plan = planned(world, spec, tmp_path, now)
        assert {action.label for action in plan.actions if action.manual} == BY_HAND.get(
            name, set()
        )
        if name in BY_HAND:
            return
        outcome = world.apply(plan)
        assert outcome.is_complete, outcome
        after = world.truth().to_document()
        check_inventory(after)
        found = mismatch(spec["after"], after)
        assert found is None, found
        again = planned(world, spec, tmp_path, now)
        assert again.actions == []
    finally:
        world.close()
