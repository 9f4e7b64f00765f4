"""Users of no file whom a plan would remove, and who may be a user of the files."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.diagnostics import Code, Diagnostic
from licsync.planning.same_person import is_mistyped
from licsync.planning.validation.validate import check
from tests.support.accounts import desired, inventory, unit, user
from tests.support.planning import NOW, planned

ADA, MISTYPED, BO = "ada.lopez@acme.example", "ada.lopes@acme.example", "bo@acme.example"
PERSON = {"first_name": "Ada", "last_name": "Lopez"}


def suspected(
    wanted: dict[str, dict[str, Any]],
    there: dict[str, dict[str, Any]],
    unlisted: str = "delete",
    **options: Any,
) -> list[Diagnostic]:
    users = {name: user({}, **record) for name, record in there.items()}
    account = {"unlisted_users": unlisted, **options.pop("account", {})}
    plan = planned(desired(wanted, account=account), inventory(users=users), **options)
    return [d for d in plan.diagnostics if d.code is Code.PROBABLE_RENAME]


def notes(
    wanted: dict[str, dict[str, Any]],
    there: dict[str, dict[str, Any]],
    unlisted: str = "ignore",
    **options: Any,
) -> list[str]:
    """List the codes of what a plan says of the new users, and the notes of the files alone."""
    users = {name: user({}, **record) for name, record in there.items()}
    state = desired(wanted, account={"unlisted_users": unlisted, **options.pop("account", {})})
    plan = planned(state, inventory(users=users), **options)
    codes = ("probable-rename", "unlisted-user", "acknowledged")
    about = [d for d in plan.diagnostics if d.code in codes and "in no file" not in d.message]
    checked = check(state, inventory(users=users), now=NOW, is_planned=True)
    assert [d for d in checked if d.code in codes] == [], "the plan reports it"
    return [str(d.code) for d in about]


def test_whoever_has_a_mistyped_name_is_not_deleted() -> None:
    (found,) = suspected({ADA: PERSON}, {MISTYPED: PERSON})
    assert found.severity == "error"
    assert found.message == (
        f"The plan would delete '{MISTYPED}', whom no file names. It may be '{ADA}', whom the plan "
        "would create: first and last name are the same and the user names are similar."
    )
    assert found.hint == (
        "If it is, correct the user name in the console, or write "
        f"'previously: {MISTYPED}' below '{ADA}'. If not, write 'acknowledge: [probable-rename: "
        f"REASON]' below '{ADA}', or leave users out with --exclude."
    )


@pytest.mark.parametrize(
    ("wanted", "there", "why"),
    [
        ({"email": "A.Lopez@acme.example"}, {"email": "a.lopez@ACME.example"}, "the e-mail"),
        ({}, {"email": ADA}, "the e-mail"),
        (PERSON, {"first_name": "ADA", "last_name": "Lopez"}, "first and last name"),
        (PERSON, {"first_name": "Ada", "last_name": "Smith"}, ""),
        ({"first_name": "Ada"}, {"first_name": "Ada"}, ""),
    ],
)
def test_the_same_person_is_known_by_e_mail_or_name(
    wanted: dict[str, Any], there: dict[str, Any], why: str
) -> None:
    found = suspected({ADA: wanted}, {BO: there})
    assert [f"create: {why}" in d.message for d in found] == [True] * bool(why)


def test_one_sign_that_two_people_can_share_only_warns() -> None:
    """Two people of one name, or of similar user names, are not refused."""
    unknown = {"previously": "cy@acme.example"}
    shared = [({}, {MISTYPED: {}}), (PERSON, {BO: PERSON}), ({}, {"ada.lopez@acme.uk": {}})]
    found = [suspected({ADA: wanted}, there) for wanted, there in shared]
    assert [[d.severity for d in diagnostics] for diagnostics in found] == [["warning"]] * 3
    beyond_doubt = suspected({ADA: {}}, {MISTYPED: {}, BO: {"email": ADA}})
    assert [(d.severity, f"'{BO}'" in d.message) for d in beyond_doubt] == [("error", True)]
    assert suspected({"room1": {}}, {"room2": {}}) == []
    agreeing = suspected({ADA: unknown}, {MISTYPED: {}})
    assert [d.severity for d in agreeing] == ["error"]


@pytest.mark.parametrize("name", ["ada.lopez@acme.io", "Ada.Lopez@other.example", "ada.lopez"])
def test_a_new_domain_makes_no_other_person(name: str) -> None:
    (found,) = suspected({ADA: PERSON}, {name: PERSON, "ada.lopez@acme.uk": {}})
    assert found.severity == "error"
    assert f"delete '{name}'" in found.message
    assert "same and the user names differ only in the domain." in found.message
    (similar,) = suspected({ADA: {}}, {"ada.lopez@acme.exampl": {}})
    assert (similar.severity, similar.message.count("names ")) == ("warning", 1), "one sign"


def test_whoever_was_to_be_renamed_and_is_gone_may_be_anybody_whom_the_plan_removes() -> None:
    """Nobody has the previous name and nobody the new one: the person has a third one."""
    unknown = {"previously": "cy@acme.example"}
    assert [d.severity for d in suspected({ADA: unknown}, {BO: {}})] == ["error"]
    assert [d.severity for d in suspected({ADA: unknown}, {BO: {}}, "suspend")] == ["warning"]
    meant = {**unknown, "acknowledge": [{"probable-rename": "Cy left in May."}]}
    assert suspected({ADA: meant}, {BO: {}}) == []


def test_whoever_was_to_be_renamed_is_not_deleted() -> None:
    former = {"previously": "ada.smith@acme.example"}
    (near,) = suspected({ADA: former}, {BO: {}, "ada.lopezz@acme.example": {}})
    assert "delete 'ada.lopezz@acme.example', whom" in near.message
    assert (
        "names are similar and nobody has the previous name 'ada.smith@acme.example'"
        in near.message
    )
    (far,) = suspected({ADA: former}, {BO: {}, "cy": {}, "di": {}, "ed": {}})
    assert f"delete '{BO}' or 'cy' or 'di', whom no file names." in far.message
    assert "create: nobody has the previous name 'ada.smith@acme.example'." in far.message
    assert "in the console. If not" in str(far.hint)
    assert suspected({ADA: former}, {}) == []


def test_whoever_keeps_a_name_that_somebody_else_got_is_not_deleted() -> None:
    (found,) = suspected({ADA: {"previously": "Bo@acme.example"}}, {ADA: {}, BO: {}})
    assert found.message == (
        f"The plan would delete '{BO}', whom no file names. It is the user to be renamed to "
        f"'{ADA}', and somebody has this name."
    )
    assert suspected({ADA: {"previously": BO}}, {BO: {}}) == [], "the plan renames"
    assert suspected({ADA: {"previously": BO}}, {ADA: {}, "cy": {}}) == [], "it is done"


def test_only_what_the_plan_takes_away_counts() -> None:
    assert suspected({ADA: {}}, {MISTYPED: {}}, "ignore") == []
    assert [d.severity for d in suspected({ADA: {}}, {MISTYPED: {}}, "suspend")] == ["warning"]
    assert suspected({ADA: {}}, {MISTYPED: {"status": "inactive"}}, "suspend") == []
    assert suspected({ADA: {}}, {MISTYPED: {}}, excludes=[f"users/{MISTYPED}"]) == []
    gone = {"offboard_on": "2026-01-01", "previously": BO}
    offboarding = {"offboarding": {"delete_after": "1d"}}
    assert suspected({ADA: gone}, {ADA: {}, BO: {}}, account=offboarding) == []


def test_the_worst_of_several_removals_counts() -> None:
    users = {MISTYPED: user({"L1": {}}, email=ADA)}
    state = desired({ADA: {}}, account={"unlisted_users": "unassign"})
    (found,) = (
        d
        for d in planned(state, inventory({"L1": unit()}, users)).diagnostics
        if d.code is Code.PROBABLE_RENAME
    )
    assert (found.severity, found.message[:40]) == (
        "error",
        "The plan would take the licenses of 'ada",
    )


def test_the_files_can_say_that_it_is_somebody_else() -> None:
    meant = {"acknowledge": [{"probable-rename": "Two people."}]}
    assert suspected({ADA: meant}, {MISTYPED: {}}) == []
    assert suspected({ADA: {}}, {MISTYPED: {}}, account=meant) == []
    assert notes({ADA: meant}, {MISTYPED: {}}, "delete") == ["acknowledged"]
    (line,) = (
        d.message
        for d in planned(
            desired(
                {ADA: PERSON, "adal@acme.example": PERSON},
                account={"unlisted_users": "delete", **meant},
            ),
            inventory(users={MISTYPED: user({}, **PERSON)}),
        ).diagnostics
        if d.code == "acknowledged"
    )
    assert line == "Acknowledged in the files and not reported: probable-rename 2."
    other = {"acknowledge": [{"duplicate-name": "A shared mailbox."}]}
    assert len(suspected({ADA: other}, {MISTYPED: {}})) == 1


def test_a_user_is_reported_once() -> None:
    """The note about a new user stays away where the plan reports the same user itself."""
    smith, married = "ada.smith@acme.example", {"first_name": "Ada", "last_name": "Smith"}
    there = {MISTYPED: PERSON}
    assert notes({ADA: PERSON}, there) == ["unlisted-user"]
    assert notes({ADA: PERSON}, there, "delete") == ["probable-rename"]
    assert notes({ADA: PERSON}, there, "suspend") == ["probable-rename"]
    assert notes({smith: married}, there, "delete") == ["unlisted-user"], "no sign of the plan's"
    assert notes({ADA: PERSON}, {MISTYPED: {**PERSON, "status": "inactive"}}, "suspend") == [
        "unlisted-user"
    ], "it is suspended already"
    assert notes({ADA: PERSON}, there, "delete", excludes=[f"users/{MISTYPED}"]) == [
        "unlisted-user"
    ]
    assert notes({ADA: PERSON}, there, "delete", excludes=[f"users/{ADA}"]) == ["unlisted-user"]
    assert notes({ADA: {}}, there) == [], "the checks report the missing names"
    meant = {"acknowledge": [{"probable-rename": "Two people."}]}
    assert notes({ADA: {**PERSON, **meant}}, there) == []
    assert notes({ADA: PERSON}, there, account=meant) == []
    assert notes({BO: PERSON}, {**there, "bob@acme.example": {"last_name": "Lopez"}}) == [
        "unlisted-user"
    ]
    assert notes({"zoe@acme.example": PERSON}, there) == [], "no letter in common"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("ada", "Ada", True),
        ("ada", "adda", True),
        ("ada", "ade", True),
        ("ada@x", "daa@x", True),
        ("ada", "dab", False),
        ("room1", "room2", False),
        ("room1", "room", False),
        ("ada", "ad.a.", False),
        ("ada", "adalbert", False),
    ],
)
def test_one_letter_makes_a_mistyped_name(one: str, other: str, *, expected: bool) -> None:
    assert is_mistyped(one, other) is expected
    assert is_mistyped(other, one) is expected
