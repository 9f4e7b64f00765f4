"""Users: replaced, deactivated, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.support.samples import examples
from tests.support.simulator import ADA, BO, FAY, World

NAME = "ada.lopez@acme.example"


# --- replaced -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_reading_and_writing_the_same_changes_nothing_but_the_time(fast: World) -> None:
    before, listed = fast.console.dump(), fast.get("/users")
    for user in listed["data"]:
        identifier = user["basicInfo"]["userId"]
        shown = fast.get(f"/users/{identifier}")
        fast.done("PUT", f"/users/{identifier}", fast.body_of(identifier))
        again = fast.get(f"/users/{identifier}")
        assert again["basicInfo"]["lastUpdatedTime"] > shown["basicInfo"]["lastUpdatedTime"]
        again["basicInfo"]["lastUpdatedTime"] = shown["basicInfo"]["lastUpdatedTime"]
        assert again == shown
    after = fast.console.dump()
    for user in after["users"].values():
        user.setdefault("policy", None)
    others = before.keys() - {"users", "as_of"}  # the latter is the instant of the last change
    assert {part: after[part] for part in others} == {part: before[part] for part in others}
    for name, user in before["users"].items():
        assert {k: v for k, v in after["users"][name].items() if user.get(k)} == {
            k: v for k, v in user.items() if v
        }


def test_omitted_values_are_removed(fast: World) -> None:
    body = {
        "basicInfo": {
            k: v
            for k, v in fast.body_of(ADA)["basicInfo"].items()
            if k not in ("locale", "timezone")
        }
    }
    fast.done("PUT", f"/users/{ADA}", body)
    ada = fast.get(f"/users/{ADA}")
    assert ada["serviceInfo"] == {"licenses": [], "extensions": []}
    assert ada["assignmentInfo"]["ringGroups"] == []
    assert not ada["basicInfo"].keys() & {"locale", "timezone"}
    assert "jobTitle" not in ada["directoryInfo"]
    assert fast.unit("L102")["status"] == "unassigned"
    assert "user" not in fast.unit("L102")


def test_an_extension_that_is_left_out_is_deprovisioned_while_the_license_stays(
    fast: World,
) -> None:
    body = fast.body_of(ADA)
    body["serviceInfo"]["extensions"] = []
    fast.done("PUT", f"/users/{ADA}", body)
    ada = fast.get(f"/users/{ADA}")
    assert [entry["id"] for entry in ada["serviceInfo"]["licenses"]] == ["L102"]
    assert ada["serviceInfo"]["extensions"] == []
    assert ada["assignmentInfo"]["ringGroups"] == []
    assert fast.get("/phone-numbers/%2B12065550101")["status"] == "AVAILABLE"


def test_what_the_api_has_no_field_for_stays_with_its_license(fast: World) -> None:
    body = fast.body_of(ADA)
    body["serviceInfo"]["extensions"][0]["recordingMode"] = "ON_DEMAND"
    fast.done("PUT", f"/users/{ADA}", body)
    extension = fast.user(NAME)["services"][0]["extension"]
    assert extension["recording_mode"] == "on_demand"
    assert extension["call_forwarding"] == [
        {"when": "no_answer", "to": "1004", "after_seconds": 20}
    ]
    assert extension["features"]["analytics"] == "supervisor"


def test_a_user_can_be_renamed_and_keeps_its_id(fast: World) -> None:
    body = fast.body_of(ADA)
    body["basicInfo"]["userName"] = "ada.smith@acme.example"
    fast.done("PUT", f"/users/{ADA}", body)
    assert fast.get(f"/users/{ADA}")["basicInfo"]["userName"] == "ada.smith@acme.example"
    assert fast.unit("L102")["user"] == "ada.smith@acme.example"
    body["basicInfo"]["userName"] = "bo.chen@acme.example"
    assert fast.refused("PUT", f"/users/{ADA}", body)[None][1] == "userName already in use"


def test_site_and_id_cannot_be_changed(fast: World) -> None:
    body = fast.body_of(ADA)
    body["basicInfo"]["site"] = {"name": "New York"}
    assert "basicInfo.site.id" in fast.refused("PUT", f"/users/{ADA}", body)
    body["basicInfo"]["site"] = None
    assert "basicInfo.site" in fast.refused("PUT", f"/users/{ADA}", body)
    del body["basicInfo"]["site"]
    assert "basicInfo.site.id" in fast.refused("PUT", f"/users/{ADA}", body)
    body = fast.body_of(ADA)
    assert "basicInfo.userId" in fast.refused("PUT", f"/users/{BO}", body)
    body["serviceInfo"]["extensions"][0]["id"] = "another"
    assert "serviceInfo.extensions[0].id" in fast.refused("PUT", f"/users/{ADA}", body)


_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _text,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=6,
)
_PLACES = (
    "",
    "basicInfo",
    "directoryInfo",
    "serviceInfo",
    "assignmentInfo",
    "serviceInfo.licenses.0",
    "serviceInfo.extensions.0",
    "serviceInfo.extensions.0.phoneNumbers.1",
    "serviceInfo.extensions.0.devices.0",
)


def at(document: Any, path: str) -> Any:
    for step in filter(None, path.split(".")):
        document = document[int(step) if step.isdigit() else step]
    return document


@examples(15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(added=st.dictionaries(st.sampled_from(_PLACES), _json, min_size=1))
def test_unknown_fields_are_kept_and_given_back(fast: World, added: dict[str, Any]) -> None:
    body = fast.body_of(ADA)
    body["serviceInfo"]["extensions"][0]["devices"] = [
        {"model": "Poly VVX 450", "macAddress": "0a1b2c3d4e50"}
    ]
    for place, value in added.items():
        at(body, place)["vendorMayAdd"] = value
    fast.done("PUT", f"/users/{ADA}", body)
    shown = fast.get(f"/users/{ADA}")
    for place, value in added.items():
        assert at(shown, place)["vendorMayAdd"] == value


def test_the_two_directory_flags_are_one(fast: World) -> None:
    def flags() -> tuple[bool, bool]:
        ada = fast.get(f"/users/{ADA}")
        return ada["directoryInfo"]["displayInDirectory"], ada["serviceInfo"]["extensions"][0][
            "displayInDirectory"
        ]

    body = fast.body_of(ADA)
    body["directoryInfo"]["displayInDirectory"] = False
    fast.done("PUT", f"/users/{ADA}", body)
    assert flags() == (False, False)
    body = fast.body_of(ADA)
    body["serviceInfo"]["extensions"][0]["displayInDirectory"] = True
    fast.done("PUT", f"/users/{ADA}", body)
    assert flags() == (True, True)


def test_of_several_user_groups_one_is_left(fast: World) -> None:
    body = fast.body_of(ADA)
    body["assignmentInfo"]["userGroups"] = [{"id": "g1"}, {"id": "g2"}]
    fast.done("PUT", f"/users/{ADA}", body)
    (left,) = fast.get(f"/users/{ADA}")["assignmentInfo"]["userGroups"]
    assert left in ({"id": "g1"}, {"id": "g2"})


# --- inactive users, deletion ---------------------------------------------------------------------


def test_a_user_is_deactivated_and_activated(fast: World) -> None:
    body = fast.body_of(ADA)
    body["basicInfo"]["status"] = "INACTIVE"
    fast.done("PUT", f"/users/{ADA}", body)
    assert fast.unit("L102")["suspended"]["reason"] == "user_inactive"
    body["basicInfo"]["status"] = "ACTIVE"
    fast.done("PUT", f"/users/{ADA}", body)
    assert fast.unit("L102")["status"] == "assigned"


def test_a_deactivated_user_can_be_edited_only_where_a_setting_says_so(
    make_world: Callable[..., World],
) -> None:
    for edits in (False, True):
        world = make_world(speed=0, edits_inactive=edits)
        body = world.body_of(FAY)
        body["serviceInfo"] = {"licenses": [], "extensions": []}
        if edits:
            world.done("PUT", f"/users/{FAY}", body)
            assert world.unit("L204")["status"] == "unassigned"
            assert world.get(f"/users/{FAY}")["basicInfo"]["status"] == "INACTIVE"
        else:
            assert world.refused("PUT", f"/users/{FAY}", body)
            for change in ("directoryInfo", "serviceInfo", "assignmentInfo"):
                body = world.body_of(FAY)
                if change == "directoryInfo":
                    body[change]["jobTitle"] = "Gone"
                elif change == "serviceInfo":
                    body[change]["extensions"] = []
                else:
                    body[change]["ringGroups"] = [{"name": "Main Reception"}]
                assert world.refused("PUT", f"/users/{FAY}", body), change


def test_a_deactivated_user_that_is_renamed_stays_suspended_since_when_it_was(fast: World) -> None:
    before, body = fast.unit("L204"), fast.body_of(FAY)
    body["basicInfo"]["userName"] = "fay.brown@acme.example"
    fast.done("PUT", f"/users/{FAY}", body)
    assert fast.unit("L204") == {**before, "user": "fay.brown@acme.example"}


@pytest.mark.parametrize("user", [ADA, FAY])
def test_a_deleted_user_gives_everything_back(fast: World, user: str) -> None:
    held = [entry["id"] for entry in fast.body_of(user)["serviceInfo"]["licenses"]]
    fast.done("DELETE", f"/users/{user}")
    assert fast.ask("GET", f"/users/{user}").status_code == 404
    assert {fast.unit(unit)["status"] for unit in held} == {"unassigned"}
    group = fast.get("/ring-groups")["data"][0]
    assert user not in [member["userId"] for member in group["members"]]
