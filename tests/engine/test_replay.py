"""What an account looked like after the last apply, where the journal does not name every unit that
a user held.
"""

from __future__ import annotations

from typing import Any

import pytest

from licsync.engine.ports import JournalEntry, Run
from licsync.engine.replay import last_applied
from licsync.model.console.step import Step
from licsync.model.inventory import Inventory, Record
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import planned

HELD = {"number": "1001", "phone_numbers": ["+12065550101"]}
AFTER = user({"L2": HELD, "DID1": {}})
"""Ada after a change of license through the API: the local number of her phone number is back by
itself.
"""


def change_of_license() -> Run:
    """The journal of a run that took L1, and DID1 with it, and gave L2."""
    taken = {"users/ada": user(), "licenses/L1": unit("vo-editions"), "licenses/DID1": None}
    given: dict[str, Record | None] = {
        "users/ada": AFTER,
        "licenses/L2": {**unit(), "status": "assigned"},
    }
    detach, attach = (
        Step("license.detach", "users/ada", {"license": "L1"}),
        Step("license.attach", "users/ada"),
    )
    entries = [
        JournalEntry(0, "a1", detach, "done", {}, taken),
        JournalEntry(1, "a1", attach, "done", {}, given),
    ]
    return Run("r1", "acme", {}, {}, "me", "2026-11-24T09:00:00Z", entries=entries)


def seen(users: dict[str, Any], **more: Record) -> Inventory:
    return inventory({"L1": unit("vo-editions"), "L2": unit(), **more}, users)


@pytest.mark.parametrize(
    ("now", "units", "services"),
    [
        ({"ada": AFTER}, {"DID1": unit("local-number")}, ["L2", "DID1"]),
        (
            {"ada": user({"L2": HELD}), "bo": user(["DID1"])},
            {"DID1": unit("local-number")},
            ["L2", "DID1"],
        ),
        ({"ada": user({"L2": HELD})}, {}, ["L2"]),
    ],
    ids=["held still", "held by somebody else by now", "gone"],
)
def test_a_unit_that_no_step_names_is_known_from_what_is_seen(
    now: dict[str, Any], units: dict[str, Record], services: list[str]
) -> None:
    there = seen(now, **units)
    last = last_applied(None, [change_of_license()], there)
    assert [service["license"] for service in last.users["ada"]["services"]] == services
    assert "DID1" not in services or last.licenses["DID1"]["user"] == "ada"
    assert AFTER["services"][-1] == {"license": "DID1"}
    assert planned(desired({"ada": {"licenses": ["x2"]}}), last).actions == []
