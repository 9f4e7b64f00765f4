"""`refresh` says who made the changes that an export shows, where 8x8's audit log can be read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from licsync.model.license import format_instant
from tests.support.command_line import run
from tests.support.console_exports import Shape, exported, write_csv
from tests.support.paths import ACME
from tests.support.simulator_process import served

ADA, BO = "ada.lopez@acme.example", "bo.chen@acme.example"


class Company:
    """An account as of yesterday, and its console, where people work."""

    def __init__(self, account: Path, console: Path, origin: str):
        self.account = account
        self.console = console
        self.origin = origin
        self.environment = {
            "LICSYNC_AUDIT_KEY": "simulator",
            "LICSYNC_AUDIT_URL": f"{origin}/administration/audit/v1",
        }

    def edit(self, user: str, values: dict[str, Any], **more: str) -> None:
        body = {"user": user, "set": values, **more}
        answer = httpx2.post(
            f"{self.origin}/_simulator/edit", json=body, headers={"x-api-key": "key"}
        )
        answer.raise_for_status()

    def refresh(self, *words: str, **environment: str) -> Any:
        document = json.loads(run("inventory", "dump", self.console).stdout)
        export = write_csv(self.account.parent / "export", exported(document, Shape()))
        given = {**self.environment, **environment}
        return run("refresh", self.account, "--from", export, *words, **given)


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    seed = json.loads((ACME / "inventory.json").read_text())
    seed["as_of"] = format_instant(datetime.now(UTC) - timedelta(days=1))
    for name in ("account", "console"):
        copy = shutil.copytree(
            ACME, tmp_path / name / "acme", ignore=shutil.ignore_patterns(".licsync")
        )
        (copy / "inventory.json").write_text(json.dumps(seed))
    console = tmp_path / "console" / "acme"
    with served(console, "key") as address:
        origin = address.removesuffix("/admin-provisioning")
        yield Company(tmp_path / "account" / "acme", console, origin)


@pytest.mark.slow
def test_a_changed_value_names_its_author(company: Company) -> None:
    company.edit(ADA, {"basicInfo.lastName": "Byron"}, by=BO)
    company.edit(BO, {"basicInfo.status": "INACTIVE"}, by=ADA, impersonator="staff-7")
    company.edit(ADA, {"directoryInfo.department": "Support"}, by=BO)
    document = json.loads(company.refresh("--dry-run", "--format", "json").stdout)
    changes = {(one["resource"], one["path"]): one for one in document["changes"]}
    authors = {key: one["changed_by"] for key, one in changes.items() if "changed_by" in one}
    assert {key: (a["name"], a["is_vendor_staff"]) for key, a in authors.items()} == {
        (f"users/{ADA}", "last_name"): (BO, False),
        (f"users/{BO}", "status"): (ADA, True),
    }
    assert (f"users/{ADA}", "department") in changes
    (other,) = document["audit_log"]["other"]
    assert other["new"] == {"department": "Support"}

    text = company.refresh().stdout
    assert "changed by" in text
    assert f"8x8 staff for {ADA}, " in text
    assert "other changes in the audit log" in text
    assert "department: Sales → Support" in text


@pytest.mark.slow
def test_a_new_user_and_a_rename_name_their_authors(company: Company) -> None:
    company.edit(ADA, {"basicInfo.userName": "ada.byron@acme.example"}, by=BO)
    scim = f"{company.origin}/udi/customers/001SIMULATED0000AA/scim/v2/Users"
    body = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "new@acme.example",
    }
    httpx2.post(scim, json=body, headers={"Authorization": "Bearer simulator"}).raise_for_status()
    lines = company.refresh().stdout.splitlines()
    (renamed,) = (line for line in lines if "renamed" in line and "ada.byron" in line)
    assert f"{BO}, " in renamed
    (new,) = (line for line in lines if "user new@acme.example" in line)
    assert " UTC" in new


@pytest.mark.slow
def test_a_log_that_cannot_be_read_is_a_warning(company: Company) -> None:
    company.edit(ADA, {"basicInfo.lastName": "Byron"}, by=BO)
    output = company.refresh("--dry-run", LICSYNC_AUDIT_KEY="wrong")
    assert "warning[credentials]" in output.stderr
    assert "Byron" in output.stdout
    assert "changed by" not in output.stdout
    document = json.loads(company.refresh("--format", "json", LICSYNC_AUDIT_KEY="wrong").stdout)
    assert [one["code"] for one in document["diagnostics"]] == ["credentials"]
    assert "audit_log" not in document


def test_without_a_key_refresh_is_as_before(company: Company) -> None:
    company.edit(ADA, {"basicInfo.lastName": "Byron"}, by=BO)
    output = company.refresh("--format", "json", LICSYNC_AUDIT_KEY="")
    assert json.loads(output.stdout).keys().isdisjoint({"audit_log", "diagnostics"})
