"""`drift` says who changed what in the console, where 8x8's audit log can be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.accounts import write_account
from tests.support.command_line import run
from tests.support.simulator_process import served

EVE, ADA = "eve@acme.example", "ada@acme.example"
ACCOUNT = f"""\
account: {{name: acme, defaults: {{country: US}}}}
service_addresses:
  hq: {{street_number: "7", street_name: W 34th St, city: New York, state: NY, country: US}}
sites:
  HQ: {{service_address: hq, pbx: acme01, locale: en-US, timezone: America/New_York}}
users:
  {EVE}: {{first_name: Eve, last_name: Moss, site: HQ, status: active, job_title: Chief}}
  {ADA}: {{first_name: Ada, last_name: Lopez, site: HQ, status: active, job_title: Lead}}
"""


class Console:
    """The served account, and what an admin does in it."""

    def __init__(self, folder: Path, origin: str):
        self.folder = folder
        self.environment = {
            "LICSYNC_AUDIT_KEY": "simulator",
            "LICSYNC_AUDIT_URL": f"{origin}/administration/audit/v1",
        }
        self._edits = f"{origin}/_simulator/edit"

    def edit(self, user: str, values: dict[str, Any], **more: str) -> None:
        body = {"user": user, "set": values, **more}
        httpx2.post(self._edits, json=body, headers={"x-api-key": "key"}).raise_for_status()

    def drift(self, *words: str, code: int | None = 2, **environment: str) -> Any:
        return run("drift", self.folder, *words, code=code, **{**self.environment, **environment})

    def document(self, *words: str, **environment: str) -> dict[str, Any]:
        text = self.drift("--format", "json", *words, code=None, **environment).stdout
        return json.loads(text)  # type: ignore[no-any-return]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    folder = tmp_path / "acme"
    write_account(folder, ACCOUNT)
    run("apply", folder, "--auto-approve")
    with served(folder, "key") as address:
        yield Console(folder, address.removesuffix("/admin-provisioning"))


def test_a_difference_names_its_author(console: Console) -> None:
    console.edit(ADA, {"basicInfo.lastName": "Byron"}, by=EVE)
    console.edit(ADA, {"basicInfo.status": "INACTIVE"}, by=EVE, impersonator="staff-7")
    document = console.document()
    authors = {one["path"]: one["changed_by"] for one in document["drift"]}
    instants = [author.pop("at") for author in authors.values()]
    assert len({author.pop("user_id") for author in authors.values()}) == 1
    assert authors == {
        "last_name": {"name": EVE, "is_vendor_staff": False},
        "status": {"name": EVE, "is_vendor_staff": True},
    }
    log = document["audit_log"]
    assert all(log["since"] <= at[:19] + "Z" <= log["until"] for at in instants)
    assert log["other"] == []


@pytest.mark.slow
def test_the_pages_name_the_author_too(console: Console, tmp_path: Path) -> None:
    console.edit(ADA, {"basicInfo.lastName": "Byron", "directoryInfo.jobTitle": "Head"}, by=EVE)

    def overview(**environment: str) -> str:
        out = tmp_path / "report"
        run("report", console.folder, "--out", out, **environment)
        return " ".join(re.sub("<[^>]*>", " ", (out / "index.html").read_text()).split())

    output = overview(**console.environment)
    assert f"ada@acme.example last name Lopez Lopez Byron account.yaml:8 {EVE} ," in output
    assert "Other changes in the audit log 1" in output
    without = overview()
    assert "Byron" in without
    assert "changed by" not in without
    elsewhere = {**console.environment, "LICSYNC_AUDIT_KEY": "no-such-key"}
    assert "did not accept the key" in overview(**elsewhere)


@pytest.mark.slow
def test_uncertain_authors_are_listed_separately(console: Console) -> None:
    """8x8 does not say what it calls a job title, so nobody is named for it."""
    console.edit(ADA, {"directoryInfo.jobTitle": "Head"}, by=EVE)
    document = console.document()
    (drift,) = document["drift"]
    assert (drift["path"], "changed_by" in drift) == ("job_title", False)
    (other,) = document["audit_log"]["other"]
    assert (other["name"], other["old"], other["new"], other["changed_by"]["name"]) == (
        ADA, {"jobTitle": "Lead"}, {"jobTitle": "Head"}, EVE,
    )  # fmt: skip


@pytest.mark.slow
def test_people_read_who_it_was(console: Console) -> None:
    console.edit(ADA, {"basicInfo.lastName": "Byron"}, by=EVE)
    console.edit(EVE, {"directoryInfo.jobTitle": "Head"}, by=ADA, impersonator="staff-7")
    for format_ in ("text", "markdown"):
        text = console.drift("--format", format_).stdout.replace("`", "")
        assert "changed by" in text
        assert f"{EVE}, " in text
        assert "ther changes in the audit log" in text
        assert f"8x8 staff for {ADA}, " in text
        assert "jobTitle: Chief → Head" in text


@pytest.mark.slow
def test_redacting_leaves_no_value_of_the_log(console: Console) -> None:
    console.edit(ADA, {"basicInfo.lastName": "Byron", "directoryInfo.jobTitle": "Head"}, by=EVE)
    for format_ in ("text", "markdown", "json"):
        shown = console.drift("--redact", "--format", format_).stdout
        assert "acme.example" not in shown.replace("`", "")
        assert "eve@…" in shown
        assert "Head" not in json.dumps(console.document("--redact")["audit_log"])


@pytest.mark.slow
def test_without_a_key_drift_is_as_before(console: Console) -> None:
    console.edit(ADA, {"basicInfo.lastName": "Byron"}, by=EVE)
    environment = {"LICSYNC_AUDIT_KEY": ""}
    document = console.document(**environment)
    assert "audit_log" not in document
    assert "changed by" not in console.drift(**environment).stdout


UNREADABLE: list[tuple[dict[str, str], str]] = [
    ({"LICSYNC_AUDIT_KEY": "wrong"}, "credentials"),
    ({"LICSYNC_AUDIT_KEY": "", "LICSYNC_AUDIT_KEY_FILE": "/nowhere"}, "credentials"),
    ({"LICSYNC_AUDIT_URL": "http://audit.example/v1"}, "address-not-allowed"),
    ({"LICSYNC_AUDIT_URL": "https://audit.8x8.com.example/v1"}, "address-not-allowed"),
    ({"LICSYNC_AUDIT_URL": "{origin}/nothing"}, "audit-log"),
]


@pytest.mark.slow
def test_a_log_that_cannot_be_read_is_a_warning(console: Console) -> None:
    """It changes no exit code and no difference."""
    origin = console.environment["LICSYNC_AUDIT_URL"]
    for changed in (False, True):
        for given, code in UNREADABLE:
            environment = {k: v.replace("{origin}", origin) for k, v in given.items()}
            output = console.drift("--format", "json", code=2 if changed else 0, **environment)
            document = json.loads(output.stdout)
            (problem,) = document["diagnostics"]
            assert (problem["code"], problem["severity"]) == (code, "warning")
            assert "audit_log" not in document
            assert len(document["drift"]) == changed
        console.edit(ADA, {"basicInfo.lastName": "Byron"})
    output = console.drift(LICSYNC_AUDIT_KEY="wrong")
    assert "warning[credentials]" in output.stderr
    assert "wrong" not in output.stdout + output.stderr


@pytest.mark.slow
def test_doctor_reads_the_log(console: Console) -> None:
    output = run("doctor", console.folder, **console.environment).stdout
    assert "audit log" in output
    assert "can be read" in output.partition("audit log")[2]
    for environment, _ in UNREADABLE:
        given = {k: v.replace("{origin}", console.environment["LICSYNC_AUDIT_URL"])
                 for k, v in environment.items()}  # fmt: skip
        output = run("doctor", console.folder, code=None, **{**console.environment, **given})
        assert output.exit_code in (1, 6), output.stdout
        assert "audit log" in output.stdout
    assert "audit log" not in run("doctor", console.folder).stdout
