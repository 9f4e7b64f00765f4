"""Whoever got another new name than a work order says is found; others are not taken for them."""

from __future__ import annotations

from licsync.planning.work_order.renamed_users import renamed_otherwise
from tests.support.accounts import inventory, unit, user

BEFORE = inventory({"L1": unit()}, {"ada": user({"L1": {}}), "cy": user({})})
AFTER = inventory({"L1": unit()}, {"bo": user({"L1": {}}), "cy": user({})})


def test_a_new_user_with_the_license_of_the_one_who_is_gone_is_the_same_person() -> None:
    assert renamed_otherwise(BEFORE, AFTER, "Ada", set()) == "bo"
    assert renamed_otherwise(BEFORE, AFTER, "di", set()) == ""
    assert renamed_otherwise(None, AFTER, "ada", set()) == ""


def test_a_user_whom_the_order_names_is_somebody_else() -> None:
    """Such as a new user who gets the license of somebody whom the order renames and deletes."""
    assert renamed_otherwise(BEFORE, AFTER, "ada", {"users/bo"}) == ""
