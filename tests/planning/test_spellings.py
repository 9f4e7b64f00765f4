"""An address that the files and the console spell differently is one address: nothing moves."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.diagnostics import Diagnostic
from licsync.model.labels import postal
from licsync.planning.plan import Plan
from licsync.planning.resolver import Resolver
from licsync.planning.validation.validate import check
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import NOW, planned

FULL = {"street_number": "500", "street_name": "Pine Street", "secondary_location": "Suite 900",
        "city": "Seattle", "state": "WA", "postal": "98101", "country": "US"}  # fmt: skip
SHORT = {**FULL, "street_name": "PINE ST", "secondary_location": "Ste 900"}
OTHER = {**FULL, "secondary_location": "Suite 901"}


def plan_of(declared: dict[str, Any], existing: dict[str, Any]) -> tuple[Plan, list[Diagnostic]]:
    """Plan an account whose files declare an address; give what is said of its spelling, too."""
    there = inventory(
        {"L1": unit(address="P1")}, {"ada": user(["L1"])},
        service_addresses={"P1": existing}, sites={"HQ": {"service_address": "P1"}},
    )  # fmt: skip
    wanted = desired(
        {"ada": {"licenses": [{"type": "x2", "service_address": "pine"}]}},
        service_addresses={"pine": declared},
        sites={"HQ": {"service_address": "pine"}},
        pools=[{"type": "x2", "country": "US", "unassigned_address": "pine"}],
    )
    assert Resolver(wanted, there).contents["pine"] in (declared, existing)
    told = [d for d in check(wanted, there, now=NOW) if "is read as" in d.message]
    return planned(wanted, there), told


@pytest.mark.parametrize(("declared", "existing"), [(FULL, SHORT), (SHORT, FULL)])
def test_a_spelling_alone_moves_nothing_and_is_reported(
    declared: dict[str, Any], existing: dict[str, Any]
) -> None:
    plan, (told,) = plan_of(declared, existing)
    assert plan.actions == []
    assert told.message == f"The service address 'pine' is read as '{postal(existing)}'."
    assert told.severity == "info"


def test_another_suite_is_another_address() -> None:
    plan, told = plan_of(OTHER, SHORT)
    assert ("create", "service_addresses/pine") in [(a.verb, a.resource) for a in plan.actions]
    assert told == []


def test_the_same_spelling_needs_no_word() -> None:
    plan, told = plan_of(FULL, {**FULL, "street_name": "pine  street"})
    assert (plan.actions, told) == ([], [])


def test_people_read_the_address_as_the_console_shows_it() -> None:
    there = inventory({"L1": unit(address="A1")}, service_addresses={"A1": OTHER, "P1": SHORT})
    wanted = desired(
        service_addresses={"pine": FULL},
        pools=[{"type": "x2", "country": "US", "unassigned_address": "pine"}],
    )
    (action,) = planned(wanted, there).actions
    assert (action.verb, action.changes[0].after) == ("relocate", "pine")
    assert postal(Resolver(wanted, there).contents["pine"]) == postal(SHORT)
