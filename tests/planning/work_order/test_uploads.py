"""What the upload of new users does of a plan, change by change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from licsync.model.desired import DEFAULT_POLICY
from licsync.planning.actions import Action, AnyChange, Change, UnitChange, UnitRef, UserPage
from licsync.planning.work_order.uploads import UploadColumns, after_upload, uploaded_changes
from tests.support.accounts import desired, inventory
from tests.support.planning import planned

X2, NUMBER = UnitRef("L1", "x2", "US"), UnitRef("N1", "local-number", "US")
PHONES = Change("extension.phone_numbers", None, ["+12065550100"])
TWO_PHONES = replace(PHONES, after=["+12065550100", "+12065550101"])
PLACE = Change("service_address", "A1", "A2", "automatic")
COMES = UnitChange(NUMBER, arrives=True)
OF_NUMBER = Change("service_address", "A1", "A2", "automatic", "N1")
COLUMNS = UploadColumns(
    frozenset(("name", "site", "license", "extension.phone_numbers")), {"x2/US": "X2"}
)
WITHOUT_PHONE = replace(COLUMNS, paths=COLUMNS.paths - {"extension.phone_numbers"})


def creation(**more: object) -> Action:
    site = (Change("site", None, "HQ"),)
    return Action("user", "create", "users/n", changes=site, manual=True, id="a1", **more)  # type: ignore[arg-type]


def assignment(*changes: AnyChange, place: str = "") -> Action:
    page = UserPage(place=place)
    return Action(
        "license", "assign", "users/n", X2, None, changes, manual=True, page=page, id="a2"
    )


def uploaded(columns: UploadColumns, *actions: Action) -> dict[str, tuple[AnyChange, ...]]:
    plan = replace(planned(desired(), inventory()), actions=list(actions))
    return uploaded_changes(plan, columns)


@pytest.mark.parametrize(
    ("columns", "changes", "place", "done"),
    [
        (COLUMNS, (PHONES, COMES, OF_NUMBER, PLACE), "", (PHONES, COMES, OF_NUMBER, PLACE)),
        (COLUMNS, (TWO_PHONES, COMES), "", ()),  # a cell holds one number
        (WITHOUT_PHONE, (PHONES, COMES, PLACE), "", (PLACE,)),
        (COLUMNS, (PHONES, PLACE), "9 Far St", (PHONES,)),  # 8x8 binds it elsewhere on request
        (COLUMNS, (COMES,), "", (COMES,)),
    ],
)
def test_an_upload_sets_what_its_columns_hold_and_what_comes_by_itself(
    columns: UploadColumns, changes: tuple[AnyChange, ...], place: str, done: tuple[AnyChange, ...]
) -> None:
    assert uploaded(columns, creation(), assignment(*changes, place=place))["a2"] == done


def test_a_new_user_has_the_default_policy_without_a_column() -> None:
    default, strict = (Change("policy", None, name) for name in (DEFAULT_POLICY, "Strict"))
    site = creation().changes
    for policy, done in ((default, (*site, default)), (strict, site)):
        assert uploaded(COLUMNS, replace(creation(), changes=(*site, policy)))["a1"] == done


def test_only_what_people_do_outside_of_swaps_is_uploaded() -> None:
    assert uploaded(COLUMNS, replace(creation(), manual=False), assignment()) == {}
    assert uploaded(COLUMNS, replace(creation(), ring="r1"), assignment()) == {}
    assert uploaded(COLUMNS, assignment()) == {}  # of a user who exists


def test_an_uploaded_license_is_there_afterwards() -> None:
    after = after_upload(replace(assignment(), page=None))
    assert after.page is not None
    assert after.page.held == (X2,)
    assert after_upload(creation()) == creation()


def test_a_new_user_has_the_default_policy_before_it_gets_another_one() -> None:
    strict, site = Change("policy", None, "Strict"), creation().changes[0]
    action = replace(creation(), changes=(site, strict))
    assert after_upload(action, [site]).changes == (site, replace(strict, before=DEFAULT_POLICY))
    assert after_upload(action, action.changes) == action  # the file sets it
