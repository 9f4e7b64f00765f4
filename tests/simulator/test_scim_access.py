"""Token, writer, faults and log of the SCIM service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import httpx2
import pytest

from tests.support.scim import CORE, ScimCaller, new_user
from tests.support.simulator import ADA, BO, World, acme

NEW = "new.hire@acme.example"
SAFE = "the token of nobody else"


@pytest.fixture
def scim(fast: World) -> ScimCaller:
    return ScimCaller(fast)


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer wrong", "Basic simulator", "simulator", "Bearer sïm"]
)
@pytest.mark.parametrize("path", ["/Users", "/ServiceProviderConfig", "/nothing"])
def test_a_wrong_token_is_unauthorized(scim: ScimCaller, authorization: str, path: str) -> None:
    answer = scim.ask("GET", path, headers={"Authorization": authorization.encode("latin-1")})  # type: ignore[dict-item]
    assert (answer.status_code, answer.json()["status"]) == (401, "401")
    assert answer.headers["www-authenticate"] == 'Bearer realm="SCIM"'


def test_each_api_has_a_credential_of_its_own(make_world: Callable[..., World]) -> None:
    scim = ScimCaller(make_world(speed=0, scim_token="other"))
    assert scim.ask("GET", "/Users", headers={"x-api-key": "simulator"}).status_code == 401
    right = {"Authorization": "bearer other"}
    assert scim.ask("GET", "/Users", headers=right).status_code == 200
    assert scim.world.ask("GET", "/users", headers=right).status_code == 200


def test_another_customer_has_no_path_here(scim: ScimCaller) -> None:
    url = scim.base.replace("001SIMULATED0000AA", "001ANOTHER00000AA") + "/Users"
    assert scim.client.get(url).status_code in (401, 404)


@pytest.mark.parametrize("path", ["/scim/v2/Users", "/Users", "/udi/customers"])
def test_paths_of_no_api_are_not_found(scim: ScimCaller, path: str) -> None:
    headers = {"x-api-key": "simulator", "Accept": "application/json"}
    assert scim.client.get(f"http://simulator{path}", headers=headers).status_code == 404


WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/Users", new_user()),
    ("PUT", f"/Users/{ADA}", {"schemas": [CORE], "userName": "ada.lopez@acme.example"}),
    (
        "PATCH",
        f"/Users/{ADA}",
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "active", "value": False}],
        },
    ),
    ("DELETE", f"/Users/{ADA}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_client_that_is_not_the_writer_may_only_read(
    make_world: Callable[..., World], method: str, path: str, body: Any
) -> None:
    scim = ScimCaller(make_world(speed=0, scim_writes=False))
    before = scim.world.console.dump()
    assert scim.refused(method, path, body)[:2] == (403, None)
    assert scim.world.console.dump() == before
    assert scim.get(f"/Users/{ADA}")["active"] is True


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
@pytest.mark.parametrize("where", ["inventory", "console"])
def test_an_account_of_an_identity_provider_is_read_only(
    make_world: Callable[..., World], method: str, path: str, body: Any, where: str
) -> None:
    document = acme()
    if where == "inventory":
        document["users"]["ada.lopez@acme.example"]["scim_provider"] = "AZURE_AD"
    scim = ScimCaller(make_world(document, speed=0))
    if where == "console":
        edit = {"user": "ada.lopez@acme.example", "set": {"basicInfo.scimProvider": "AZURE_AD"}}
        scim.client.post(
            "http://simulator/_simulator/edit", json=edit, headers={"x-api-key": "simulator"}
        ).raise_for_status()
    before = scim.world.console.dump()["users"]
    status, _, detail = scim.refused(method, path, body)
    assert (status, "AZURE_AD" in detail) == (403, True)
    assert scim.world.console.dump()["users"] == before
    shown = scim.world.get(f"/users/{ADA}")["basicInfo"]["scimProvider"]
    assert shown == "AZURE_AD"


def test_a_service_may_manage_only_the_users_that_it_made(
    make_world: Callable[..., World],
) -> None:
    scim = ScimCaller(make_world(speed=0, scim_scope="made"))
    assert scim.get("/Users")["totalResults"] == 0
    assert scim.refused("GET", f"/Users/{ADA}")[0] == 404
    made = scim.make(NEW)
    assert [user["id"] for user in scim.get("/Users")["Resources"]] == [made["id"]]
    assert scim.get("/Users", filter='userName eq "ada.lopez@acme.example"')["totalResults"] == 0


# --- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True])
def test_a_fault_answers_in_the_form_of_scim(scim: ScimCaller, after: bool) -> None:
    rule = {"kind": "status", "status": 503, "after": after, "path": "/Users", "method": "POST"}
    scim.world.settings["faults"] = [rule]
    scim.world.start()
    again = ScimCaller(scim.world)
    assert again.refused("POST", "/Users", new_user())[0] == 503
    made = again.get("/Users", filter=f'userName eq "{NEW}"')["totalResults"]
    assert made == (1 if after else 0)


def test_an_answer_can_be_lost_after_its_effect(make_world: Callable[..., World]) -> None:
    scim = ScimCaller(make_world(speed=0, faults=[{"kind": "cut", "path": "/Users", "nth": 1}]))
    with pytest.raises(httpx2.ReadError):
        scim.ask("POST", "/Users", new_user())
    scim.world.server.faults.clear()
    assert scim.get("/Users", filter=f'userName eq "{NEW}"')["totalResults"] == 1


def test_a_fault_edits_the_user_of_the_path(make_world: Callable[..., World]) -> None:
    rule = {"kind": "edit", "set": {"directoryInfo.jobTitle": "Meanwhile"}, "method": "PATCH"}
    scim = ScimCaller(make_world(speed=0, faults=[rule]))
    scim.set_active(BO, False)
    assert scim.get(f"/Users/{BO}")["title"] == "Meanwhile"


def test_a_revoked_token_is_refused_from_then_on(make_world: Callable[..., World]) -> None:
    scim = ScimCaller(make_world(speed=0, faults=[{"kind": "revoke", "nth": 2}]))
    assert [scim.ask("GET", "/Users").status_code for _ in range(3)] == [200, 401, 401]


def test_rules_of_one_api_do_not_select_the_other(make_world: Callable[..., World]) -> None:
    rules = [
        {"kind": "status", "status": 502, "path": "/users*"},
        {"kind": "status", "status": 504, "path": "/Users*"},
    ]
    scim = ScimCaller(make_world(speed=0, faults=rules))
    assert scim.ask("GET", f"/Users/{ADA}").status_code == 504
    assert scim.world.ask("GET", f"/users/{ADA}", headers={"X-Unchecked": "1"}).status_code == 502


# --- bodies and the log ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"userName": "\\u0000"}', b'"\xff"', b"1e999", b"[" * 5000],
)
def test_a_body_that_is_not_a_user_is_refused(scim: ScimCaller, body: bytes) -> None:
    assert scim.refused("POST", "/Users", body)[0] == 400


def test_another_type_of_body_is_refused(scim: ScimCaller) -> None:
    xml = {"Content-Type": "text/xml"}
    assert scim.ask("POST", "/Users", new_user(), headers=xml).status_code == 415
    plain = {"Content-Type": "application/json"}
    assert scim.ask("POST", "/Users", new_user(), headers=plain).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Groups", 404),
        ("GET", "/", 501),
        ("POST", "/.search", 501),
        ("POST", "/Users/.search", 501),
        ("POST", "/Bulk", 501),
        ("GET", "/Me", 501),
        ("PUT", "/Users", 405),
        ("POST", "/Schemas", 405),
        ("GET", "/Users?sortBy=userName", 501),
        ("GET", "/Users?startIndex=x", 400),
        ("GET", "/Users?cursor", 501),
    ],
)
def test_what_8x8_does_not_list_is_refused(
    scim: ScimCaller, method: str, path: str, status: int
) -> None:
    assert scim.refused(method, path)[0] == status


def test_the_log_has_no_body_no_query_and_no_token(make_world: Callable[..., World]) -> None:
    scim = ScimCaller(make_world(speed=0, scim_token=SAFE))
    right = {"Authorization": f"Bearer {SAFE}"}
    scim.ask("POST", "/Users", new_user("secret.name@acme.example"), headers=right)
    scim.ask("GET", "/Users", headers=right, filter='userName eq "secret.name@acme.example"')
    text = str([asdict(entry) for entry in scim.world.server.log])
    assert "'/Users'" in text
    assert "secret" not in text
    assert SAFE not in text
