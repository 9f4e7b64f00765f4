"""The headings that an account declares: for `import` and `onboard`, as for `refresh`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import get_type_hints

import pytest

from licsync.importing.table_kinds import KINDS
from licsync.model.column_headings import ColumnHeadings
from licsync.spreadsheets.columns import guess_columns, normalize_heading
from licsync.spreadsheets.sheet import Row
from tests.support.accounts import write_account
from tests.support.command_line import run
from tests.support.paths import ACME

NOW = ("--now", "2026-11-24T09:00:00Z")


def test_the_declared_fields_are_those_of_the_tables() -> None:
    read = {name for kind in KINDS for name in kind.headings}
    assert set(get_type_hints(ColumnHeadings)) == read


def test_an_own_heading_goes_before_a_known_one() -> None:
    header = Row(1, ("Department", "Cost group", "Username"))
    known = {"department": "department", "user": "username"}
    columns = guess_columns(header, known, further={"department": ["Org", "Cost group"]})
    assert columns.fields == {"department": 1, "user": 2}
    assert columns.ignored == ["Department"]
    assert guess_columns(header, known, further={"department": ["Org"]}).fields == {
        "department": 0,
        "user": 2,
    }


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("User.BasicInfo.FirstName", "first name"),
        ("User.BasicInfo.UserName", "user name"),
        ("User.Basic.Status", "status"),
        ("User.Site.Name", "site name"),
        ("User.License.Country", "license country"),
        ("User.License.Id", "license id"),
        ("User.Extension.Number", "extension number"),
        ("User.Voice.Number", "voice number"),
        ("User.Voice.PortNumber", "voice port number"),
        ("User.JobTitle", "job title"),
        ("User", "user"),
        ("Ext. Nr.", "ext nr"),
    ],
)
def test_headings_of_the_vendor_mean_their_last_part_with_its_section_where_needed(
    heading: str, words: str
) -> None:
    assert normalize_heading(heading) == words


def test_onboard_reads_own_headings(tmp_path: Path) -> None:
    account = Path(shutil.copytree(ACME, tmp_path / "acme"))
    hires = tmp_path / "hires.csv"
    hires.write_text(
        "First name,Last name,User name,Cost group,Site,License,Extension,DDI\n"
        "Zoe,Ash,zoe.ash@acme.example,Sales,Seattle,X2,1077,+12065550177\n"
    )
    result = run("onboard", hires, "--into", account, "--dry-run", *NOW, code=None)
    output = result.stdout + result.stderr
    assert "'Cost group' is department" in output
    assert "'DDI' is phone" in output


def test_import_reads_own_headings(tmp_path: Path) -> None:
    account = tmp_path / "acme"
    write_account(account, "account: {name: acme}\ncolumns: {department: Cost group, id: Serial}\n")
    source = tmp_path / "source"
    source.mkdir()
    (source / "users.csv").write_text(
        "User,First name,Last name,Cost group\nada@acme.example,Ada,Lopez,Sales\n"
    )
    (source / "licenses.csv").write_text(
        "Serial,License type,Country,Assigned to\nL1,X4,US,ada@acme.example\n"
    )
    output = run("import", account, "--from", source, *NOW).stderr
    assert "'Cost group' is department" in output
    assert "'Serial' is id" in output


def ambiguous(columns: str, command: str, tmp_path: Path, code: int) -> str:
    account = write_account(tmp_path / "acme", f"account: {{name: acme}}\ncolumns:\n{columns}")
    (tmp_path / "Users.csv").write_text("Username,First name\nada,Ada\n")
    words = {
        "validate": ("validate", account),
        "plan": ("plan", account, *NOW),
        "refresh": ("refresh", account, "--from", tmp_path / "Users.csv", *NOW),
        "import": ("import", account, "--from", tmp_path / "Users.csv", "--overwrite", *NOW),
    }
    result = run(*words[command], code=code)
    return result.stdout + result.stderr


@pytest.mark.parametrize("command", ["validate", "plan", "refresh", "import"])
@pytest.mark.parametrize(
    ("columns", "fields", "places"),
    [
        ("  department: Group\n  job_title: Group\n", "department and job_title", (3, 4)),
        ("  department: [Org, Group]\n  site: [group]\n", "department and site", (3, 4)),
        ("  user: User.Group\n  email:\n  - Group *\n", "user and email", (3, 5)),
    ],
)
def test_a_heading_for_two_fields_of_a_table_is_refused_with_both_places(
    tmp_path: Path, command: str, columns: str, fields: str, places: tuple[int, int]
) -> None:
    output = ambiguous(columns, command, tmp_path, code=1)
    assert f"is declared for two fields: {fields}." in output
    assert all(f"account.yaml:{line}:" in output for line in places)


def test_a_heading_may_mean_one_field_of_users_and_another_one_of_licenses(tmp_path: Path) -> None:
    ambiguous("  id: Key\n  license: Key\n  department: [Org, Org]\n", "validate", tmp_path, 0)
