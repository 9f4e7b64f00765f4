"""scim2-tester, an independent checker, holds the SCIM service against the RFCs.

What it finds is what 8x8's own page says, and nothing else (docs/reference/simulator.md).
"""

from __future__ import annotations

from typing import Any

import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import ResourceType, Schema, ScimProvider, ServiceProviderConfig
from scim2_tester import Status, check_server

from tests.support.paths import ROOT
from tests.support.scim import EIGHT, ScimCaller
from tests.support.simulator import World

ONLY_ACTIVE = "PATCH changes 'active', and nothing else"

KNOWN = {"familyName": ["Lopez", "Chen"], "site": ["Seattle", "New York"]}
"""Values that a checker cannot guess: a last name has at most 30 characters, a site exists."""


def described(caller: ScimCaller) -> ScimProvider:
    """The service as it describes itself, and values that 8x8 accepts."""
    schemas = caller.get("/Schemas")["Resources"]
    for attribute in (a for schema in schemas for a in schema["attributes"]):
        for part in (attribute, *attribute.get("subAttributes", ())):
            if part["name"] in KNOWN:
                part["canonicalValues"] = KNOWN[part["name"]]
    types = caller.get("/ResourceTypes")["Resources"]
    return ScimProvider.from_discovery(
        [Schema.model_validate(schema) for schema in schemas],
        [ResourceType.model_validate(kind) for kind in types],
        ServiceProviderConfig.model_validate(caller.get("/ServiceProviderConfig")),
    )


def kind_of(finding: Any) -> str:
    """The row of the table that a finding belongs to; else the finding itself."""
    reason = str(finding.reason)
    if ONLY_ACTIVE in reason:
        return "PATCH"
    if finding.title == "object_deletion" and "still exists after deletion" in reason:
        return "DELETE"
    if finding.status is Status.SKIPPED and "POST /.search" in reason:
        return "POST /.search"
    return f"{finding.status.name} {finding.title}: {reason}"


@pytest.mark.slow
def test_the_tester_finds_only_what_8x8_says_itself(fast: World) -> None:
    caller = ScimCaller(fast)
    results = check_server(SyncSCIMClient(caller.client, provider=described(caller)))
    findings = [one for one in results if one.status is not Status.SUCCESS]
    assert {kind_of(finding) for finding in findings} == {"PATCH", "DELETE", "POST /.search"}
    assert len(results) - len(findings) > 15


@pytest.mark.slow
@pytest.mark.parametrize("shows", [True, False])
def test_the_tester_takes_active_in_either_answer(fast: World, shows: bool) -> None:
    """A PATCH of `active` is what 8x8 has, whether it answers with the user or with nothing."""
    fast.settings["patch_shows_user"] = shows
    fast.start()
    caller = ScimCaller(fast)
    client = SyncSCIMClient(caller.client, provider=described(caller))
    results = check_server(client, include_tags={"patch:replace", "discovery"})
    output = [str(one.reason) for one in results if one.status is Status.SUCCESS]
    assert "Successfully replaced attribute 'active'" in output


def test_the_documentation_lists_every_finding() -> None:
    page = (ROOT / "docs" / "reference" / "simulator.md").read_text()
    assert all(f"| `{row}`" in page for row in ("PATCH", "DELETE", "POST /.search"))


def test_every_schema_is_served_by_its_name(fast: World) -> None:
    caller = ScimCaller(fast)
    for schema in caller.get("/Schemas")["Resources"]:
        assert caller.get(f"/Schemas/{schema['id']}")["attributes"] == schema["attributes"]
    site = caller.get(f"/Schemas/{EIGHT}")["attributes"]
    assert [(a["name"], a["mutability"]) for a in site] == [("site", "immutable")]
