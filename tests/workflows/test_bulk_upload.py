"""The console's bulk upload: its template is filled in, and its form is kept."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from licsync.diagnostics import InputInvalid
from licsync.model.capabilities import LOCAL, Capabilities
from licsync.planning.plan import Plan
from licsync.planning.work_order.uploads import NO_UPLOAD
from licsync.spreadsheets.csv_template import read_template
from licsync.workflows.bulk_upload import (
    UploadFile,
    columns_of,
    fill_template,
    names_for_upload,
    template_of,
)
from tests.support.accounts import desired, inventory, unit
from tests.support.planning import planned

HEAD = (
    "User.BasicInfo.UserName,User.BasicInfo.FirstName,User.BasicInfo.LastName,User.BasicInfo.Site"
)
BY_HAND = Capabilities({})
ADA = {"first_name": "Ada", "last_name": "Lopez", "site": "HQ"}


def plan_for(users: dict[str, Any], able: Capabilities = BY_HAND) -> Plan:
    return planned(desired(users), inventory({"L1": unit()}), capabilities=able)


def filled(
    template: str | bytes,
    users: dict[str, Any] | None = None,
    licenses: dict[str, str] | None = None,
    **more: str,
) -> UploadFile:
    data = template if isinstance(template, bytes) else template.encode()
    settings = {"template": "users.csv", "licenses": licenses or {}, **more}
    files = desired(account={"backend": {"type": "console", "bulk_upload": settings}})
    plan = plan_for(users or {"ada.lopez": ADA})
    return fill_template(plan, read_template(data, "users.csv"), files)


def messages(template: str | bytes, users: dict[str, Any] | None = None) -> list[str]:
    with pytest.raises(InputInvalid) as refused:
        filled(template, users)
    return [diagnostic.message for diagnostic in refused.value.diagnostics]


def test_the_headings_decide_and_the_rest_stays_empty() -> None:
    more = f"{HEAD},User.Services.License,User.Voice.Number,User.Voice.PortNumber,User.Pin\r\n"
    file = filled(f"{more}Example: jdoe,John,Doe,HQ,X2,12065550100,,1\r\n")
    assert file.content.decode() == f"{more}ada.lopez,Ada,Lopez,HQ,,,,\r\n"
    assert file.users == ["ada.lopez"]
    assert file.empty == ["User.Services.License", "User.Voice.Number", "User.Voice.PortNumber"]
    assert file.unknown == ["User.Pin"]
    assert file.examples == 1


def test_a_repeated_column_of_the_template_is_filled_in_once_and_reported() -> None:
    file = filled(f"{HEAD},Site,Licence,License\r\n")
    assert file.content.decode().splitlines()[1] == "ada.lopez,Ada,Lopez,HQ,,,"
    assert sorted(file.empty) == ["Licence", "License", "Site"]


def test_a_license_whose_name_is_known_is_filled_in_with_extension_and_number() -> None:
    head = f"{HEAD},User.Services.License,User.Voice.Extension,User.Voice.Number\r\n"
    extension = {"number": "1001", "phone_numbers": ["+12065550101"]}
    new = {**ADA, "licenses": [{"type": "x2", "extension": extension}]}
    names = {"x2/US": "X Series - X2-VOSVC0216-02-US"}
    file = filled(head, {"ada.lopez": new, "bo.chen": {**ADA, "licenses": ["x4"]}}, names)
    row = "ada.lopez,Ada,Lopez,HQ,X Series - X2-VOSVC0216-02-US,1001,12065550101"
    assert file.content.decode() == f"{head}{row}\r\nbo.chen,Ada,Lopez,HQ,,,\r\n"
    assert (file.empty, file.unnamed) == ([], ["x4/US"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("delimiter", "newline"), [(",", "\r\n"), (";", "\n"), ("\t", "\r\n")])
def test_the_form_of_the_template_is_kept(encoding: str, delimiter: str, newline: str) -> None:
    head = f"Bulk upload{newline}{HEAD.replace(',', delimiter)}{newline}"
    file = filled(head.encode(encoding))
    text = file.content.decode(encoding)
    assert text.startswith(head)
    rows = list(csv.reader(StringIO(text[len(head) :]), delimiter=delimiter))
    assert rows == [["ada.lopez", "Ada", "Lopez", "HQ"]]
    assert text.endswith(f"HQ{newline}")


def test_users_with_further_licenses_are_named() -> None:
    users = {
        "ada.lopez": {**ADA, "licenses": ["x2", "vcc-agent"]},
        "bo.chen": {**ADA, "licenses": ["x2"]},
    }
    names = {"x2/US": "X2", "vcc-agent/US": "VCC"}
    head = f"{HEAD},User.Services.License\r\n"
    file = filled(head, users, names)
    assert (file.further, file.unnamed) == (["ada.lopez"], [])
    assert [line.count("X2") + line.count("VCC") for line in file.content.decode().split()] == [
        0,
        1,
        1,
    ]
    assert filled(head, users, {"x2/US": "X2"}).further == []


def test_a_cell_holds_several_licenses_if_the_account_says_how() -> None:
    users = {"ada.lopez": {**ADA, "licenses": ["x2", "vcc-agent", "uc-cold-storage"]}}
    names = {"x2/US": "X2", "vcc-agent/US": "VCC"}
    file = filled(f"{HEAD},User.Services.License\r\n", users, names, separator="; ")
    row = file.content.decode().splitlines()[1]
    assert row.startswith("ada.lopez,Ada,Lopez,HQ,")
    assert sorted(row.rpartition(",")[2].split("; ")) == ["VCC", "X2"]
    assert (file.further, file.unnamed) == ([], ["uc-cold-storage/US"])


def test_a_template_without_a_line_end_is_completed() -> None:
    assert filled(HEAD).content.decode() == f"{HEAD}\r\nada.lopez,Ada,Lopez,HQ\r\n"


def test_every_value_that_the_console_would_refuse_is_named() -> None:
    users = {
        "jo": {**ADA, "first_name": "J"},
        "zoë": {**ADA, "last_name": "Müller"},
        "x1y": {"site": "HQ", "first_name": "Xa"},
    }
    output = messages(HEAD, users)
    assert len(output) == 5
    assert "jo: the first name 'J' has 1 character, 8x8 accepts 2 to 128." in output
    assert "x1y has no last name, which 8x8 requires." in output


def test_no_cell_of_the_upload_is_a_formula() -> None:
    output = messages(f"{HEAD},User.Department", {"ada": {**ADA, "department": "@SUM"}})
    assert output == ["'@SUM' begins like a formula, which a spreadsheet would run."]


def test_an_invalid_template_is_refused() -> None:
    hint = "In the console: Home > Users > Bulk upload > Download .CSV template."
    for data in (b"Name,Phone\r\n", b"nothing"):
        with pytest.raises(InputInvalid) as refused:
            read_template(data, "users.csv")
        assert refused.value.diagnostics[0].hint == hint


def test_only_users_that_people_create_are_uploaded() -> None:
    plan = plan_for({"ada.lopez": ADA}, LOCAL)
    assert fill_template(plan, read_template(HEAD.encode(), "users.csv"), desired()).users == []


def test_the_template_lies_in_the_account_directory(tmp_path: Path) -> None:
    assert template_of(tmp_path, desired()) is None
    assert columns_of(None, desired()) == NO_UPLOAD
    wanted = desired(account={"backend": {"type": "console", "bulk_upload": "users.csv"}})
    with pytest.raises(InputInvalid, match="cannot be read"):
        template_of(tmp_path, wanted)
    (tmp_path / "users.csv").write_text(HEAD)
    assert columns_of(template_of(tmp_path, wanted), wanted).paths == {
        "name", "first_name", "last_name", "site",
    }  # fmt: skip
    outside = desired(account={"backend": {"type": "console", "bulk_upload": "../users.csv"}})
    with pytest.raises(InputInvalid, match="not in the account directory"):
        template_of(tmp_path, outside)


FOUND = {
    ("x2", "US"): {"X Series - X2-VOSVC0216-02-US"},
    ("x2", "GB"): {"X Series - X2-VOSVC0216-02-GB", "X2"},  # two names: nobody knows which
    ("vcc-agent", "US"): {"vcc-agent"},  # the key of licsync, not a name of the console
    ("local-number", "US"): {"Additional Local Number"},  # it comes with the phone number
    ("unknown", "US"): {"Unknown"},
}


def told_for(backend: dict[str, Any]) -> list[str | None]:
    wanted = desired(account={"backend": {"type": "console", **backend}})
    return [d.hint for d in names_for_upload(wanted, FOUND)]


def test_an_export_shows_the_names_to_state_for_the_upload() -> None:
    assert told_for({"bulk_upload": "users.csv"}) == [
        "State them: bulk_upload: {template: FILE, licenses: "
        "{x2/US: X Series - X2-VOSVC0216-02-US}}"
    ]
    assert told_for({}) == []
    stated = {"template": "users.csv", "licenses": {"x4/US": "X Series - X4"}}
    assert told_for({"bulk_upload": stated}) == []
    wanted = desired(account={"backend": {"type": "console", "bulk_upload": "users.csv"}})
    assert list(names_for_upload(wanted, {})) == []
