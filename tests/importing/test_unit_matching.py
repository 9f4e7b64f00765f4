"""Units without an id keep the id that they had (decision 29)."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.importing.unit_matching import MatchableUnit, match_units, matchable, new_ids
from licsync.importing.user_matching import match_users


def unit(name: str, holder: str = "", address: str = "", **more: Any) -> MatchableUnit:
    state = more.pop("state", "held" if holder else "free")
    return MatchableUnit(name, "x4", "US", state, holder, address, **more)


def matched(before: list[MatchableUnit], after: list[MatchableUnit]) -> dict[str, str]:
    """Match in both orders, and give the previous ids by the ids of the export."""
    found = match_units(before, after)
    assert match_units(before[::-1], after[::-1]) == found
    return found


def test_a_user_who_still_holds_a_unit_keeps_it() -> None:
    before = [unit("L1", "ada"), unit("L2", "bo"), unit("L3")]
    assert matched(before, [unit("c", "bo"), unit("b"), unit("a", "ada")]) == {
        "a": "L1",
        "c": "L2",
        "b": "L3",
    }


def test_of_two_units_of_one_holder_the_address_decides() -> None:
    before = [unit("L1", "ada", "hq"), unit("L2", "ada", "sea")]
    assert matched(before, [unit("a", "ada", "sea"), unit("b", "ada", "ber")]) == {
        "a": "L2",
        "b": "L1",
    }


def test_a_newly_assigned_unit_is_a_spare_one_and_the_lost_one_becomes_spare() -> None:
    """As the planner does it: Ada's unit is free afterwards, at the address that it has."""
    before = [unit("L1", address="hq"), unit("L2", "ada", "sea")]
    after = [unit("a", "bo", "sea"), unit("b", address="sea")]
    assert matched(before, after) == {"a": "L1", "b": "L2"}


def test_a_unit_that_stayed_unassigned_at_its_address_is_still_that_one() -> None:
    before = [unit("L1", address="hq"), unit("L2", "ada", "sea")]
    after = [unit("a", "bo", "sea"), unit("b", address="hq")]
    assert matched(before, after) == {"b": "L1", "a": "L2"}


def test_of_equal_spare_units_the_first_is_assigned_as_the_planner_does() -> None:
    before = [unit("L1", address="hq"), unit("L2", address="hq")]
    after = [unit("a", "bo", "sea"), unit("b", address="hq")]
    assert matched(before, after) == {"a": "L1", "b": "L2"}


def test_an_unassigned_unit_may_have_another_address() -> None:
    assert matched([unit("L1", address="hq")], [unit("a", address="sea")]) == {"a": "L1"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (unit("L1"), unit("a", state="removed")),
        (unit("L1", "ada"), unit("a", state="removed")),
        (unit("L1", state="removed"), unit("a")),
        (unit("L1", state="removed"), unit("a", "ada")),
        (unit("L1", state="removed", since="2026-11-01"), unit("a", state="removed")),
    ],
)
def test_a_removal_and_its_reinstatement_keep_the_id(
    before: MatchableUnit, after: MatchableUnit
) -> None:
    assert matched([before], [after]) == {"a": "L1"}


def test_the_day_of_a_removal_tells_removed_units_apart_without_addresses() -> None:
    before = [
        unit("L1", address="hq", state="removed", since="2026-11-02"),
        unit("L2", address="sea", state="removed", since="2026-11-01"),
    ]
    after = [unit("a", state="removed", since="2026-11-01"),
             unit("b", state="removed", since="2026-11-02")]  # fmt: skip
    assert matched(before, after) == {"a": "L2", "b": "L1"}


def test_an_id_never_becomes_a_unit_of_another_type_or_country() -> None:
    before = [unit("L1", "ada")]
    others = [
        MatchableUnit("a", "x2", "US", "held", "ada"),
        MatchableUnit("b", "x4", "GB", "held", "ada"),
    ]
    assert matched(before, others) == {}


def test_new_ids_depend_on_the_unit_and_on_what_is_known() -> None:
    units = [unit("a", "ada"), unit("b"), unit("c")]
    ids = new_ids(units, "basis", ())
    assert new_ids(units[::-1], "basis", ()).keys() == ids.keys()
    assert sorted(new_ids(units[::-1], "basis", ()).values()) == sorted(ids.values())
    assert len(set(ids.values())) == 3, "units that say the same are two"
    assert all(name.startswith("x4-US-") for name in ids.values())
    assert not set(ids.values()) & set(new_ids(units, "another basis", ()).values())
    again = new_ids(units, "basis", ids.values())
    assert not set(ids.values()) & set(again.values()), "an id in use is not given again"


def test_a_unit_is_described_by_what_a_document_says() -> None:
    held = {"type": "x4", "country": "US", "status": "suspended", "user": "ada",
            "suspended": {"reason": "user_inactive", "at": "2026-11-01T00:00:00Z"}}  # fmt: skip
    assert matchable("L1", held, "user ada").state == "held", "it is hers while she is inactive"
    removed = {key: value for key, value in held.items() if key != "user"}
    assert matchable("L1", removed, "").state == "removed"
    assert matchable("L1", {**removed, "status": "unassigned"}, "").state == "free"


# --- users ----------------------------------------------------------------------------------------


def person(first: str, last: str, number: str = "", **more: Any) -> dict[str, Any]:
    services = [{"license": "L", "extension": {"number": number}}] if number else []
    return {"first_name": first, "last_name": last, "services": services, **more}


def test_users_are_matched_by_name_whatever_its_case() -> None:
    assert match_users({"ada@a.b": {}}, {"ADA@a.b": {}}, {}) == {"ADA@a.b": "ada@a.b"}


def test_an_e_mail_address_tells_a_rename() -> None:
    old, new = person("Ada", "Smith", email="ada@a.b"), person("Ada", "Lopez", email="ADA@a.b")
    assert match_users({"asmith": old}, {"alopez": new}, {}) == {"alopez": "asmith"}


def test_a_user_name_may_be_the_e_mail_address() -> None:
    new = person("Ada", "Lopez", email="ada@a.b")
    assert match_users({"ada@a.b": person("Ada", "Lopez")}, {"ada": new}, {}) == {"ada": "ada@a.b"}


@pytest.mark.parametrize(
    ("first", "last", "is_same"),
    [("Ada", "Lopez", True), ("Zoe", "Smith", True), ("Zoe", "Ash", False), ("", "", False)],
)
def test_a_number_tells_a_rename_only_together_with_a_name(
    first: str, last: str, is_same: bool
) -> None:
    found = match_users(
        {"asmith": person("Ada", "Smith", "1001")}, {"new": person(first, last, "1001")}, {}
    )
    assert found == ({"new": "asmith"} if is_same else {})


def test_a_number_of_licenses_that_no_table_lists_counts_too() -> None:
    loose = {"new": {"phone_numbers": ["+12065550101"]}}
    before = person("Ada", "Smith")
    before["services"] = [{"license": "L", "extension": {"phone_numbers": ["+12065550101"]}}]
    assert match_users({"asmith": before}, {"new": person("Ada", "Lopez")}, loose) == {
        "new": "asmith"
    }


def test_evidence_shared_by_two_users_does_not_count() -> None:
    old = {name: person("Ada", "Smith", email="shared@a.b") for name in ("one", "two")}
    assert match_users(old, {"new": person("Ada", "Smith", email="shared@a.b")}, {}) == {}
