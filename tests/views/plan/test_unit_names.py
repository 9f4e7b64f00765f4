"""Nobody reads an id that licsync made up for a license; ids of exports and of 8x8 stay."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given

from licsync.model.capabilities import LOCAL, Capabilities
from licsync.model.inventory import Inventory
from licsync.planning.actions import Action, UnitRef
from licsync.planning.drift import find_drift
from licsync.planning.plan import Plan
from licsync.views.drift import drift_markdown, drift_text
from licsync.views.plan.diff import plan_diff
from licsync.views.plan.markdown import plan_markdown
from licsync.views.plan.text import plan_text
from licsync.web.report import plan_html
from tests.support import sample_plans as samples
from tests.support.accounts import CATALOG, NEW_YORK, SEATTLE
from tests.support.by_hand import BY_HAND
from tests.support.manual_orders import runbook, runbook_csv, runbook_html
from tests.support.planning import planned
from tests.support.random_plans import Account, accounts
from tests.support.samples import examples

_ID = re.compile(r"zq[0-9]+zq")
_ADDRESSES = re.compile(r' (?:data-[a-z]+|value)="[^"]*"')
"""What scripts read of a page. It has the addresses of resources, for `--target`."""


def without_ids(there: Inventory) -> Inventory:
    """Give an account of which no export shows the ids of licenses."""
    ids = {unit: f"zq{number}zq" for number, unit in enumerate(sorted(there.licenses), 10)}
    users = {
        name: {
            **user,
            "services": [{**s, "license": ids[s["license"]]} for s in user.get("services") or ()],
        }
        for name, user in there.users.items()
    }
    units = {ids[name]: {**unit, "unnamed": True} for name, unit in there.licenses.items()}
    return replace(there, licenses=units, users=users)


def all_views(plan: Plan) -> dict[str, str]:
    shown = {
        "text": plan_text(plan, CATALOG),
        "verbose": plan_text(plan, CATALOG, verbose=True),
        "markdown": plan_markdown(plan, CATALOG),
        "html": plan_html(plan, CATALOG),
        "diff": plan_diff(plan, replace(plan, actions=[], saw={}), CATALOG),
    }
    found = find_drift(replace(plan, actions=[]), plan)
    shown |= {"drift": drift_text(found, "a", ""), "drift-md": drift_markdown(found, "a", "")}
    if any(action.manual for action in plan.actions):
        shown |= {
            "runbook": runbook(plan, CATALOG),
            "runbook-csv": runbook_csv(plan, CATALOG),
            "runbook-html": runbook_html(plan, CATALOG),
        }
    return shown


def unit_of(number: int, kind: str = "x2") -> UnitRef:
    return UnitRef(f"L{number}", kind, "US")


@pytest.mark.parametrize(
    ("unnamed", "expected"),
    [
        ((), "upgrade X2 → X4 · US · unit L1 → L2"),
        ((1,), "upgrade X2 → X4 · US · to unit L2"),
        ((2,), "upgrade X2 → X4 · US · from unit L1"),
        ((1, 2), "upgrade X2 → X4 · US · New York → Seattle"),
    ],
)
def test_the_place_stands_where_an_id_would(unnamed: tuple[int, ...], expected: str) -> None:
    known = {"L1": ("x2", "new-york"), "L2": ("x4", "seattle")}
    action = Action("license", "upgrade", "users/ada", origin=unit_of(1), license=unit_of(2, "x4"))
    plan = samples.plan(
        actions=[action],
        addresses={"new-york": NEW_YORK, "seattle": SEATTLE},
        unnamed={
            name: {"type": kind, "country": "US", "service_address": place}
            for name, (kind, place) in known.items()
            if int(name[1:]) in unnamed
        },
    )
    assert f"{expected}\n" in plan_text(plan, CATALOG)


def test_licenses_that_read_alike_are_counted() -> None:
    place = {"type": "x2", "country": "US", "service_address": "seattle"}
    actions = [Action("license", "relocate", f"licenses/L{n}", license=unit_of(n)) for n in "123"]
    suspend = Action("user", "suspend", "users/ada", units=("L1", "L2"))
    plan = samples.plan(
        actions=[*actions, suspend],
        addresses={"seattle": SEATTLE},
        unnamed={f"L{n}": place for n in "123"},
    )
    text = plan_text(plan, CATALOG)
    assert "includes   X2 · US · Seattle (3)" in text
    assert "keeps X2 · US · Seattle (2)," in text


@pytest.mark.slow
@examples(40)
@given(accounts())
@pytest.mark.parametrize("capabilities", [BY_HAND, LOCAL], ids=["console", "sandbox"])
def test_no_view_of_a_plan_shows_a_made_up_id(capabilities: Capabilities, account: Account) -> None:
    desired, there = account
    plan = planned(desired, without_ids(there), capabilities=capabilities)
    saved = Plan.from_json(plan.to_json())
    for name, text in all_views(saved).items():
        assert not _ID.findall(_ADDRESSES.sub("", text)), name
    for diagnostic in plan.diagnostics:
        assert not _ID.findall(f"{diagnostic.message} {diagnostic.hint}")
