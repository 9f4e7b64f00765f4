"""What differs between two plans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licsync.config.catalog import load_catalog
from licsync.diagnostics import Code, warning
from licsync.planning.actions import Action, Change
from licsync.planning.plan import Plan
from licsync.planning.plan_document import LedgerRow
from licsync.views.plan.diff import differences, plan_diff
from licsync.views.terminal import RenderOptions

CATALOG = load_catalog()
UPDATE = Action(
    "user",
    "update",
    "users/ada@acme.example",
    changes=[Change("job_title", "Rep", "Lead")],
    id="a1",
)
OTHER = Action(
    "user",
    "update",
    "users/ada@acme.example",
    changes=[Change("job_title", "Rep", "Boss")],
    id="a1",
)
DELETE = Action("user", "delete", "users/bo@acme.example", id="a2")
APPROVED = Plan(
    "acme", "local", "2026-11-24T09:00:00Z", "2026-12-01T09:00:00Z", "sha256:1", actions=[UPDATE],
    saw={"users/ada@acme.example": "sha256:a"}, users=2, units=3,
)  # fmt: skip


def test_added_and_removed_actions() -> None:
    output = plan_diff(APPROVED, replace(APPROVED, actions=[OTHER, DELETE]), CATALOG)
    assert output.startswith(
        "--- approved, planned 24 Nov 2026 09:00 UTC\n+++ now, planned 24 Nov 2026 09:00 UTC\n@@ "
    )
    assert "\n-~ ada@acme.example   update job title Rep → Lead\n" in output
    assert "\n+~ ada@acme.example   update job title Rep → Boss\n" in output
    assert "\n+- bo@acme.example   delete\n" in output


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"config_digest": "sha256:2"}, "The files changed after the approval."),
        (
            {"saw": {"users/ada@acme.example": "sha256:b"}},
            "Changed since the approval: users/ada@acme.example.",
        ),
        (
            {"actions": [UPDATE, DELETE]},
            "Approved: 1 update. Now: 1 delete and 1 update.",
        ),
        (
            {"actions": [OTHER]},
            "The plans count the same kinds of actions, but the actions differ.",
        ),
        ({"licenses": [LedgerRow("x2", "US")]}, "The license pool changed."),
        (
            {"users": 1},
            "The account had 2 users and 3 licenses. It now has 1 user and 3 licenses.",
        ),
    ],
)
def test_every_part_that_differs_is_named(fields: dict[str, Any], says: str) -> None:
    now = replace(APPROVED, **fields)
    # other files may do the same
    assert (now.digest == APPROVED.digest) is (fields.keys() == {"config_digest"})
    assert list(differences(APPROVED, now)) == [says]
    assert says in plan_diff(APPROVED, now, CATALOG)


def test_equal_values_are_described_as_equal() -> None:
    assert plan_diff(APPROVED, replace(APPROVED, config_digest="x"), CATALOG).startswith(
        "Both plans make the same changes.\n"
    )


def test_diagnostics_belong_to_what_is_approved() -> None:
    now = replace(APPROVED, diagnostics=[warning(Code.ORDER_MORE, "order\x1b more")])
    assert "+warning[order-more] order\\x1b more\n" in plan_diff(APPROVED, now, CATALOG)


def test_colour_only_paints() -> None:
    import re

    now = replace(APPROVED, actions=[DELETE])
    painted = plan_diff(APPROVED, now, CATALOG, options=RenderOptions(color=True))
    assert "\x1b[" in painted
    assert re.sub(r"\x1b\[\d*m", "", painted) == plan_diff(APPROVED, now, CATALOG)
