"""What a plan foretells of an apply, against what it takes in virtual time, with the published limits."""

from __future__ import annotations

from typing import Any

import pytest
from api_world import ApiWorld, document

COUNT = 60
NEW = {"first_name": "New", "last_name": "Name", "site": "HQ"}


def accounts(kind: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Users that there are, units that are free, and what the files want."""
    names = [f"u{i:04}@acme.example" for i in range(COUNT)]
    title, license_ = {"job_title": "Clerk"}, {"licenses": [{"type": "x4", "country": "US"}]}
    free = {"x4": [f"M{i:04}" for i in range(COUNT)]}
    there = {name: {"type": "x2"} for name in names}
    new = {f"n{i:04}@acme.example": NEW for i in range(COUNT)}
    if kind == "create":
        return {}, {}, new
    if kind == "update":
        return there, {}, dict.fromkeys(names, title)
    if kind == "license":
        return there, free, dict.fromkeys(names, license_)
    third = COUNT // 3
    mixed = dict.fromkeys(names[:third], title) | dict.fromkeys(names[third : 2 * third], license_)
    return there, free, mixed | dict(list(new.items())[:third])


@pytest.mark.parametrize("kind", ["create", "update", "license", "mixed"])
def test_requests_and_minutes_are_foretold(kind: str) -> None:
    there, free, wanted = accounts(kind)
    world = ApiWorld(document(there, free))
    try:
        plan = world.plan(wanted)
        before, began = len(world.server.log), world.runner.loop.now
        outcome = world.apply(plan)
        assert len(outcome.done) == len(plan.actions) == COUNT
        requests, minutes = len(world.server.log) - before, (world.runner.loop.now - began) / 60
    finally:
        world.close()
    assert plan.forecast is not None
    assert plan.forecast.requests == pytest.approx(requests, rel=0.1)
    assert plan.forecast.minutes == pytest.approx(minutes, rel=0.1)
