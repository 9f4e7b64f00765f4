"""What the users that a plan touches are afterwards, as rules ask of them."""

from __future__ import annotations

from licsync.model.inventory import Inventory
from licsync.planning.afterwards import afterwards
from licsync.planning.plan import Action, Change, UnitRef

THERE = Inventory.from_document(
    {
        "account": "acme",
        "licenses": {"L1": {"type": "x2", "country": "US", "status": "assigned", "user": "ada"}},
        "users": {"ada": {"site": "HQ", "job_title": None, "department": "Sales", "services": [{"license": "L1"}]}},
    }
)


def test_what_a_user_has_not_is_an_empty_text() -> None:
    actions = [
        Action("user", "update", "users/ada", changes=[Change("department", "Sales", None)]),
        Action("license", "upgrade", "users/ada", UnitRef("L2", "x4", "US"), UnitRef("L1", "x2", "US")),
    ]
    ada = afterwards(actions, THERE)["ada"]
    assert (ada["site"], ada["status"], ada["licenses"]) == ("HQ", "active", [{"type": "x4", "country": "US"}])
    assert {name for name, value in ada.items() if value == ""} == ada.keys() - {"site", "status", "licenses"}
