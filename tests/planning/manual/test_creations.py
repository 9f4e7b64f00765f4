"""A user whom the backend creates without all that the files say: people add the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from licsync.model.capabilities import LOCAL
from tests.support.accounts import desired, inventory
from tests.support.planning import planned

NEW = {"first_name": "New", "last_name": "Name", "site": "HQ"}


@pytest.mark.parametrize(
    ("more", "left"), [({}, []), ({"job_title": "Clerk"}, ["job_title"])], ids=["whole", "title"]
)
def test_what_a_creation_cannot_write_is_left_to_people(
    more: dict[str, Any], left: list[str]
) -> None:
    able = replace(
        LOCAL, creation_paths=frozenset({"first_name", "last_name", "email", "site", "status"})
    )
    wanted = desired({"new@acme.example": {"email": "new@acme.example", **NEW, **more}})
    actions = planned(wanted, inventory({}, {}), capabilities=able).actions
    created = next(action for action in actions if action.verb == "create")
    by_people = [action for action in actions if action.manual]
    assert not created.manual
    assert not {change.path for change in created.changes} & {"job_title"}
    paths = [change.path for action in by_people for change in action.changes]
    assert paths == left  # a new user has the default policy profile by itself
