"""The audit log has what was changed through each API and in the console, and by whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator

from tests.support.scim import InProcess, ScimCaller
from tests.support.simulator import ADA, BO, World
from tests.support.vendor_files import WHY_NOT, _plain, folder

BASE = "http://simulator/administration/audit/v1"
WINDOW = {"startTime": "2026-11-20T00:00:00.000Z", "endTime": "2026-12-20T00:00:00.000Z"}
ADA_NAME = "ada.lopez@acme.example"


def audits(world: World, **query: Any) -> httpx2.Response:
    """Ask for a page of records, and hold the answer against 8x8's description."""
    client = httpx2.Client(transport=InProcess(world.app), headers={"x-api-key": "simulator"})
    parameters = {**WINDOW, "service": "platform", **query}
    answer = client.get(
        f"{BASE}/audits", params={k: v for k, v in parameters.items() if v is not None}
    )
    _check(answer)
    return answer


def _check(answer: httpx2.Response) -> None:
    place = folder()
    if place is None or not (place / "audit_records_api.json").exists():
        return
    api = json.loads((place / "audit_records_api.json").read_text())
    for name in ("impersonator", "correlationType", "correlationId"):  # null in 8x8's own sample
        api["components"]["schemas"]["AuditItem"]["properties"][name]["nullable"] = True
    api["components"]["schemas"]["ScrollIdBasedAuditItems"]["properties"]["meta"]["properties"][
        "scrollId"
    ]["nullable"] = True
    described = api["paths"]["/audits"]["get"]["responses"][str(answer.status_code)]
    schema = described["content"]["application/json;charset=UTF-8"]["schema"]
    whole = _plain({**schema, "components": api["components"]})
    assert [e.message for e in Draft202012Validator(whole).iter_errors(answer.json())] == []


def records(world: World, **query: Any) -> list[dict[str, Any]]:
    answer = audits(world, size=100, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]  # type: ignore[no-any-return]


def edit(world: World, user: str, values: dict[str, Any], **more: Any) -> httpx2.Response:
    body = {"user": user, "set": values, **more}
    client = httpx2.Client(transport=InProcess(world.app), headers={"x-api-key": "simulator"})
    return client.post("http://simulator/_simulator/edit", json=body)


@pytest.mark.skipif(folder() is None, reason=WHY_NOT)
def test_the_description_is_one_that_is_checked() -> None:
    place = folder()
    assert place is not None
    if not (place / "audit_records_api.json").exists():
        pytest.skip("8x8's description of the audit log is not beside its other files")
    refused = httpx2.Response(200, json={"meta": {"scrollId": 5}, "data": []})
    with pytest.raises(AssertionError):
        _check(refused)


def test_nothing_changed_is_nothing_recorded(fast: World) -> None:
    fast.get("/users")
    assert audits(fast).json() == {"meta": {"totalRecordCount": 0, "scrollId": None}, "data": []}


def test_an_edit_in_the_console_is_of_whoever_made_it(fast: World) -> None:
    values = {"basicInfo.firstName": "Eve", "basicInfo.status": "INACTIVE"}
    assert edit(fast, ADA_NAME, values, by="bo.chen@acme.example").status_code == 200
    (record,) = records(fast)
    assert record.pop("id")
    assert json.loads(record.pop("details")) == {
        "old": {"firstName": "Ada", "status": "ACTIVE"},
        "new": {"firstName": "Eve", "status": "INACTIVE"},
    }
    assert record == {
        "displayName": ADA_NAME,
        "customerId": "001SIMULATED0000AA",
        "auditTimestamp": "2026-11-24T09:00:00.000+00:00",
        "eventType": "update",
        "service": "platform",
        "entityType": "user",
        "entityKey": ADA,
        "auditUserId": BO,
        "impersonator": None,
        "correlationType": None,
        "correlationId": None,
    }


def test_a_simulator_that_starts_again_records_anew(fast: World) -> None:
    """It draws the same ids, which the records of before have already."""
    assert edit(fast, ADA_NAME, {"basicInfo.firstName": "Eve"}).status_code == 200
    fast.start()
    assert edit(fast, ADA_NAME, {"basicInfo.firstName": "Eva"}).status_code == 200
    assert len({record["id"] for record in records(fast)}) == 2


def test_8x8s_own_staff_is_recorded(fast: World) -> None:
    edit(fast, ADA_NAME, {"basicInfo.firstName": "Eve"}, impersonator="staff-1")
    assert [record["impersonator"] for record in records(fast)] == ["staff-1"]
    assert edit(fast, ADA_NAME, {}, by="nobody").status_code == 404


@pytest.mark.slow
def test_changes_of_each_api_are_recorded(fast: World) -> None:
    body = fast.body_of(ADA)
    body["serviceInfo"]["extensions"][0]["extensionNumber"] = "1999"
    body["basicInfo"]["lastName"] = "Byron"
    fast.done("PUT", f"/users/{ADA}", body)
    scim = ScimCaller(fast)
    made = scim.make("new.hire@acme.example")
    scim.set_active(made["id"], False)
    found = [(r["eventType"], r["entityType"], json.loads(r["details"])) for r in records(fast)]
    assert ("update", "user", {"old": {"lastName": "Lopez"}, "new": {"lastName": "Byron"}}) in found
    assert (
        "update",
        "extension",
        {"old": {"extensionNumber": "1001"}, "new": {"extensionNumber": "1999"}},
    ) in found
    assert ("update", "user", {"old": {"status": "ACTIVE"}, "new": {"status": "INACTIVE"}}) in found
    (new,) = (r for r in records(fast) if r["eventType"] == "create")
    assert json.loads(new["details"])["new"]["loginId"] == "new.hire@acme.example"
    assert len({record["auditUserId"] for record in records(fast)}) == 2
    assert {r["correlationId"] for r in records(fast) if r["entityType"] == "extension"} == {ADA}


@pytest.mark.slow
def test_a_rename_is_one_change_and_a_deletion_is_one_record_each(fast: World) -> None:
    ScimCaller(fast).put(BO, userName="bo.new@acme.example")
    (renamed,) = records(fast)
    assert json.loads(renamed["details"])["new"] == {"loginId": "bo.new@acme.example"}
    fast.done("DELETE", f"/users/{BO}")
    gone = [(r["entityType"], r["eventType"]) for r in records(fast, eventTypes="delete")]
    assert ("user", "delete") in gone


def test_what_is_refused_is_not_recorded(fast: World) -> None:
    scim = ScimCaller(fast)
    scim.ask("POST", "/Users", {"userName": ADA_NAME})
    scim.set_active("nobody", False)
    assert records(fast) == []


def test_records_outlive_the_server(fast: World) -> None:
    edit(fast, ADA_NAME, {"basicInfo.firstName": "Eve"})
    before = records(fast)
    fast.start()
    assert records(fast) == before != []


def test_pages_hold_every_record_once(fast: World) -> None:
    for number in range(7):
        edit(fast, ADA_NAME, {"directoryInfo.jobTitle": f"Title {number}"})
        fast.pass_(60)
    found: list[str] = []
    scroll = None
    while True:
        page = audits(fast, size=3, scrollId=scroll).json()
        assert page["meta"]["totalRecordCount"] == len(page["data"]) <= 3
        found += [record["id"] for record in page["data"]]
        scroll = page["meta"]["scrollId"]
        if scroll is None:
            break
    assert found == [record["id"] for record in records(fast)]
    assert len(set(found)) == 7


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"eventTypes": "create, delete"}, 0),
        ({"eventTypes": "view,UPDATE"}, 2),
        ({"entityTypes": "User"}, 2),
        ({"entityTypes": "ringgroup"}, 0),
        ({"auditUserId": BO}, 1),
        ({"displayName": "ada*"}, 1),
        ({"displayName": "*acme.example"}, 2),
        ({"displayName": "*LOPEZ*"}, 1),
        ({"displayName": ADA_NAME}, 1),
        ({"displayName": "ada"}, 0),
        ({"endTime": "2026-11-24T00:00:00Z"}, 0),
    ],
)
def test_a_request_selects_records(fast: World, query: dict[str, str], count: int) -> None:
    edit(fast, ADA_NAME, {"basicInfo.firstName": "Eve"}, by="bo.chen@acme.example")
    edit(fast, "bo.chen@acme.example", {"basicInfo.firstName": "Bob"})
    assert len(records(fast, **query)) == count


@pytest.mark.parametrize(
    "query",
    [
        {"startTime": None},
        {"endTime": None},
        {"startTime": "yesterday"},
        {"startTime": "2026-11-18T00:00:00.000Z"},
        {"endTime": "2026-11-20T00:00:00.000Z"},
        {"service": None},
        {"service": "phone"},
        {"size": "0"},
        {"size": "101"},
        {"size": "x"},
        {"scrollId": "nothing"},
    ],
)
def test_a_request_of_another_form_is_refused(fast: World, query: dict[str, Any]) -> None:
    answer = audits(fast, **query)
    assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
    assert answer.json()["path"] == "/v1/audits"


def test_a_wrong_key_is_unauthorized(make_world: Callable[..., World]) -> None:
    world = make_world(speed=0, audit_key="other")
    assert audits(world).status_code == 401
    assert world.ask("GET", "/users").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 404), ("POST", "/audits", 405)]
)
def test_there_is_one_request(fast: World, method: str, path: str, status: int) -> None:
    client = httpx2.Client(transport=InProcess(fast.app), headers={"x-api-key": "simulator"})
    assert client.request(method, f"{BASE}{path}").status_code == status


def test_a_fault_selects_requests_to_the_log(make_world: Callable[..., World]) -> None:
    world = make_world(speed=0, faults=[{"kind": "status", "status": 500, "path": "/audits"}])
    client = httpx2.Client(transport=InProcess(world.app), headers={"x-api-key": "simulator"})
    answer = client.get(f"{BASE}/audits", params={**WINDOW, "service": "platform"})
    assert (answer.status_code, answer.json()["status"]) == (500, 500)
