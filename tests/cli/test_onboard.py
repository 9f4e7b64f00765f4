"""`licsync onboard` as it is typed, with lists as strangers' HR systems write them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from tests.support.command_line import run
from tests.support.onboarding import HR, MAP, NOW, contents, onboard, users


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_of_a_stranger_is_onboarded_once(acme: Path, encoding: str) -> None:
    before = users(acme)
    result = onboard(acme, HR, mapping=MAP, encoding=encoding)
    assert "4 rows: 2 new, 1 already declared with different values, 1 skipped." in result.stdout
    assert "status is 'inactive', but the row says 'active'" in result.stderr, "Bo is on leave"
    assert "Personalnr." in result.stderr
    after = users(acme)
    assert {name: after[name] for name in before} == before
    assert after["zoe.zander@acme.example"] == {
        "external_id": "7",
        "first_name": "Zoe",
        "last_name": "Zander",
        "site": "Seattle",
        "job_title": "Rep",
        "department": "Sales",
        "licenses": [
            {"type": "x2", "extension": {"number": "1200", "phone_numbers": ["+12065550190"]}}
        ],
    }
    assert after["bob.obrien@acme.example"]["licenses"] == [
        {"type": "x2", "extension": {"number": "1300", "phone_numbers": ["+12065550177"]}}
    ]
    assert b"# Now works three days a week." in (acme / "users" / "sales.yaml").read_bytes()
    written = contents(acme)
    assert (
        "4 rows: 2 already declared, 1 already declared with different values, 1 skipped."
        in onboard(acme, HR, mapping=MAP, encoding=encoding).stdout
    )
    assert contents(acme) == written
    run("validate", acme)


@pytest.mark.slow
def test_a_dry_run_shows_everything_and_writes_nothing(acme: Path) -> None:
    before = contents(acme)
    result = onboard(acme, HR, "--dry-run", mapping=MAP)
    assert "+  zoe.zander@acme.example:" in result.stdout
    assert "Would be written to:" in result.stdout
    assert contents(acme) == before


def test_the_result_of_each_row_is_written(acme: Path, tmp_path: Path) -> None:
    onboard(acme, HR, "--dry-run", "--result", tmp_path / "result.csv", mapping=MAP)
    with (tmp_path / "result.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["row"], row["result"], row["file"]) for row in rows] == [
        ("4", "new", "users/sales.yaml"),
        ("6", "new", "users/sales.yaml"),
        ("7", "skipped", ""),
        ("8", "differs", "users/leavers.yaml"),
    ]
    assert (rows[0]["extension"], rows[0]["phone_numbers"], rows[0]["licenses"]) == (
        "1200",
        "+12065550190",
        "x2",
    )
    assert (rows[3]["licenses"], rows[3]["department"]) == ("x2", "Finance"), (
        "of who is there, what there is"
    )


def test_the_result_says_what_only_a_template_says(acme: Path, tmp_path: Path) -> None:
    text = "First name,Last name,Email,Extension\nKim,Po,kim.po@acme.example,1205\n"
    policies = acme / "policies.yaml"
    policies.write_text(
        policies.read_text().replace("  sales-rep:\n", "  sales-rep:\n    licenses: [x2]\n")
    )
    onboard(acme, text, "--template", "sales-rep", "--result", tmp_path / "result.csv")
    (row,) = csv.DictReader((tmp_path / "result.csv").read_text("utf-8-sig").splitlines())
    output = (
        row["template"],
        row["site"],
        row["policy"],
        row["licenses"],
        row["country"],
        row["service_address"],
    )
    assert output == ("sales-rep", "Seattle", "Sales Floor", "x2", "US", "seattle")
    assert (row["extension"], row["result"]) == ("1205", "new")


@pytest.mark.slow
def test_the_pool_is_compared_at_once(acme: Path) -> None:
    shown = " ".join(onboard(acme, HR, "--dry-run", mapping=MAP).stdout.split())
    assert "X2 · US 2 3 short by" in shown
    shown = " ".join(
        onboard(acme, HR, "--dry-run", mapping=MAP.replace("X2", "VCC Agent")).stdout.split()
    )
    assert "VCC Agent · US 2 0 short by" in shown


def test_every_fault_is_reported_by_row_and_column_and_nothing_is_written(
    acme: Path, tmp_path: Path
) -> None:
    before = contents(acme)
    text = (
        "Email,First name,Last name,Site,License,Extension,Phone,Country,Department\n"
        "zoë@acme.example,Zoë,Z,Seatle,X22,1001.0,1.4E+10,Atlantis,Sales\n"
        ",Al,Kim,Seattle,X2,,,,#REF!\n"
        "bo.new@acme.example,Bo,New,Seattle,X2,1001,+12065550101,,\n"
        "bo.new@acme.example,Bo,New,Seattle,X2,1555,+12065550166,,\n"
        "cy.new@acme.example,Cy,New,Seattle,,1555,+12065550166,,\n"
        "di.new@acme.example,Di,New,,X2,,,,\n"
        'ed.new@acme.example,Ed,New,Seattle,"x2, x4",,,,\n'
        "fy,Fy,New,Seattle,X2,,12,,\n"
    )
    result = onboard(acme, text, "--result", tmp_path / "r.csv", code=1)
    places = {tuple(map(int, d.split(":")[1:3])) for d in result.stderr.split() if "list.csv:" in d}
    assert places >= {
        *((2, column) for column in range(1, 9)),
        *((3, 1), (3, 9), (4, 6), (4, 7), (5, 1), (6, 6), (6, 7), (7, 5), (8, 5), (9, 1), (9, 7)),
    }  # fmt: skip
    for expected in (
        *(
            "Write 'zoe@acme.example'",
            "Did you mean 'Seattle'",
            "last digits are lost",
            "spreadsheet error",
        ),
        *(
            "is already in row 4",
            "belongs to 'ada.lopez",
            "no site",
            "can hold only one phone license",
            "no user name",
        ),
    ):
        assert expected in result.stderr, expected
    assert result.stderr.count("has characters that 8x8 does not accept: 'ë'") == 2, "told twice"
    assert "Nothing was written" in result.stderr
    assert contents(acme) == before
    assert "faulty" in (tmp_path / "r.csv").read_text()


def of_vendor(acme: Path) -> Path:
    """Make the account one of 8x8, whose inventory was seen."""
    file = acme / "account.yaml"
    text = file.read_text()
    assert "type: local" in text
    file.write_text(
        re.sub(r"type: local.*", "type: 8x8", text).replace("    seed: inventory.json\n", "")
    )
    run("inventory", "load", acme, acme / "inventory.json")
    return acme


UMLAUTS = (
    "E-Mail;Vorname;Name;Standort;Abteilung\n"
    "z@acme.example;Zoë;Müller;Seattle;Büro_Süd\nq@acme.example;東京;Li;Seattle;Sales\n"
)


@pytest.mark.slow
def test_texts_are_spelled_in_ascii_only_where_that_is_asked_for(acme: Path) -> None:
    of_vendor(acme)
    assert onboard(acme, UMLAUTS, "--last-seen", code=1).stderr.count("or pass --ascii") == 3
    shown = onboard(acme, UMLAUTS, "--last-seen", "--ascii", code=1).stderr
    assert "'Müller' is written 'Mueller'" in shown
    assert "The department 'Büro_Süd' is written 'Buero Sued'" in shown
    assert "'東京'" in shown
    onboard(acme, UMLAUTS.replace("東京", "Qi"), "--last-seen", "--ascii")
    assert users(acme)["z@acme.example"]["department"] == "Buero Sued"
    assert (
        "2 already declared"
        in onboard(acme, UMLAUTS.replace("東京", "Qi"), "--last-seen", "--ascii").stdout
    )


def test_a_local_account_takes_what_the_vendor_refuses_with_a_warning(acme: Path) -> None:
    shown = onboard(acme, UMLAUTS).stderr
    assert shown.count("warning[invalid-value]") == 4, "each is told once"
    assert "error" not in shown
    assert users(acme)["z@acme.example"]["last_name"] == "Müller"


@pytest.mark.slow
def test_templates_by_name_department_and_cell(acme: Path) -> None:
    text = (
        "Username,Name,Department,Template,Site,Policy,Locale,Last day\n"
        "a.a@acme.example,Ann Able,Sales,,,,,\n"
        'b.b@acme.example,"Best, Ben",Support,,Seattle,sales floor,en_us,\n'
        "c.c@acme.example,Cat Cole,Support,Us-Staff,New York,,,2026-12-31\n"
    )
    mapping = "columns: {offboard_on: Last day}\ntemplates: {Sales: [us-staff, sales-rep]}\n"
    onboard(acme, text, "--template", "us-staff", mapping=mapping)
    found = (acme / "users" / "sales.yaml").read_text()
    assert (
        "  a.a@acme.example:\n    template: [us-staff, sales-rep]\n    first_name: Ann\n"
        "    last_name: Able\n\n"
    ) in found
    after = users(acme)
    assert after["b.b@acme.example"] == {
        "first_name": "Ben", "last_name": "Best", "site": "Seattle", "department": "Support",
        "policy": "Sales Floor", "locale": "en-US", "timezone": "America/Los_Angeles",
    }  # fmt: skip
    assert after["c.c@acme.example"]["offboard_on"] == "2026-12-31"
    shown = onboard(
        acme, text, "--template", "us-stuff", mapping="templates: {Sales: nobody}\n", code=1
    ).stderr
    assert "Did you mean 'us-staff'" in shown
    assert "There is no template 'nobody'" in shown


def test_licenses_of_a_template_get_their_numbers(acme: Path) -> None:
    (acme / "more.yaml").write_text(
        "templates:\n  agent: {site: Seattle, licenses: [vo-editions, vcc-agent]}\n"
    )
    text = "Username,First name,Last name,Extension,Country,Voicemail email\n"
    text += "a.a@acme.example,Ann,Able,1400,,vm@acme.example\nb.b@acme.example,Ben,Best,,GB,\n"
    onboard(acme, text, "--template", "agent")
    after = users(acme)
    assert after["a.a@acme.example"]["licenses"] == [
        {
            "type": "vo-editions",
            "extension": {"number": "1400", "voicemail_email": "vm@acme.example"},
        },
        {"type": "vcc-agent"},
    ]
    assert [entry["country"] for entry in after["b.b@acme.example"]["licenses"]] == ["GB", "GB"]


@pytest.mark.slow
def test_who_would_be_a_contact_is_counted(acme: Path) -> None:
    text = "Username,First name,Last name,Site,License\na@acme.example,Ann,Able,Seattle,\n"
    text += "b@acme.example,Ben,Best,Seattle,X2\n"
    shown = onboard(acme, text).stdout
    assert "2 rows: 2 new." in shown
    assert "1 of them would be created as contact (no license)" in shown
    assert (
        "contact"
        not in onboard(acme, text.replace("a@acme.example,Ann,Able,Seattle,\n", "")).stdout
    )


def test_a_row_without_names_or_address_is_reported(acme: Path) -> None:
    shown = onboard(acme, "Username,First name,Last name\nfay.w,Fay,\n", code=1).stderr
    assert "list.csv:2:3: Last name: The row has no last name" in shown
    assert "The row has no e-mail address, and the user name is not one" in shown


def test_user_names_are_made_by_rule(acme: Path) -> None:
    text = "First name,Last name,Site\nAnn Mary,O'Neil,Seattle\nBen,Müller,Seattle\n"
    shown = onboard(acme, text, code=1).stderr
    assert "No column holds the user names" in shown
    mapping = 'user_name: "{first}.{last_name}@acme.example"\n'
    onboard(acme, text.replace("ü", "ue"), mapping=mapping)
    assert {"a.oneil@acme.example", "b.mueller@acme.example"} <= users(acme).keys()


def test_a_user_declared_differently_is_reported_and_kept(acme: Path) -> None:
    before = contents(acme)
    text = "Username,First name,Last name,Site,License,Extension,Phone\n"
    text += (
        "ADA.lopez@acme.example,Ada,Lopez,Denver,X4,1009,+12065550101\n"
        "bo.chen@acme.example,Bo,Chen,,,1002,\n"
    )
    result = onboard(acme, text)
    assert "1 already declared, 1 already declared with different values" in result.stdout
    assert (
        "site is 'Seattle', but the row says 'Denver'; licenses is 'x2', but the row says 'x4'"
        in result.stderr
    )
    assert contents(acme) == before


def test_somebody_in_the_console_gets_no_second_number(acme: Path) -> None:
    text = (
        "Username,First name,Last name,License\nscanner@acme.example,Scan,Ner,X2\n"
        "new.one@acme.example,New,One,X2\n"
    )
    mapping = "extensions: {default: 1800-1801}\ndefaults: {site: Seattle}\n"
    document = json.loads((acme / "inventory.json").read_text())
    held = bool(document["users"]["scanner@acme.example"]["services"])
    onboard(acme, text, mapping=mapping)
    entry = users(acme)["new.one@acme.example"]["licenses"][0]
    assert entry["extension"]["number"] == ("1800" if held else "1801")


LISTED = "Username,First name,Last name,Site,License,Status\n"


def in_no_file(acme: Path) -> str:
    """Take somebody who is inactive out of the files."""
    file = acme / "users" / "support.yaml"
    others, _, entry = file.read_text().partition("  # Back from leave.\n")
    assert entry.startswith("  fay.green@acme.example:")
    file.write_text(others)
    return "fay.green@acme.example"


@pytest.mark.slow
def test_somebody_of_the_console_is_adopted_and_an_active_row_reactivates(
    acme: Path, tmp_path: Path
) -> None:
    name = in_no_file(acme)
    text = (
        f"{LISTED}{name},Fay,Green,New York,X2,Active\n"
        "new.one@acme.example,New,One,Seattle,X2,Active\n"
    )
    result = onboard(acme, text, "--result", tmp_path / "result.csv")
    assert "2 rows: 1 new, 1 adopted (in the inventory but not in the files)." in result.stdout
    assert (
        f"list.csv:2:6: Status: '{name}' is inactive in the inventory and will be reactivated"
        in result.stderr
    )
    assert users(acme)[name]["status"] == "active"
    assert "status" not in users(acme)["new.one@acme.example"]
    assert "adopted" in (tmp_path / "result.csv").read_text("utf-8-sig")
    document = json.loads(run("plan", acme, *NOW, "--format", "json", code=None).stdout)
    assert [a["verb"] for a in document["actions"] if a["resource"] == f"users/{name}"] == [
        "reactivate"
    ]


def test_a_row_without_a_status_says_that_somebody_stays_inactive(acme: Path) -> None:
    name = in_no_file(acme)
    result = onboard(acme, f"{LISTED}{name},Fay,Green,New York,X2,\n")
    assert "warning[reactivation-missing]" in result.stderr
    assert "stays inactive, because the row has no status" in result.stderr
    assert "status" not in users(acme)[name]


@pytest.mark.parametrize("name", ["bo.chen@acme.example", "kit.lane@acme.example"])
def test_an_active_row_of_an_inactive_or_departed_user_is_reported(acme: Path, name: str) -> None:
    result = onboard(acme, f"Username,First name,Last name,Status\n{name},{name[:2]},Ab,Active\n")
    assert "status is 'inactive', but the row says 'active'" in result.stderr


@pytest.mark.slow
def test_too_few_numbers_are_reported_by_row(acme: Path) -> None:
    text = "Username,First name,Last name,Site,License\n" + "".join(
        f"n{i}@acme.example,Ann,Able,Seattle,X2\n" for i in range(3)
    )
    shown = onboard(acme, text, mapping="extensions: {Seattle: 1200-1201}\n", code=1).stderr
    assert "list.csv:4:1" in shown
    assert "No extension number is left in 1200-1201" in shown
    assert (
        "not a range of numbers"
        in onboard(acme, text, mapping="extensions: {Seattle: many}\n", code=1).stderr
    )


@pytest.mark.parametrize(
    ("license_", "template", "error"),
    [
        ("X42", "", "License: 'X42' is not a license type"),
        ("", "us-stuff", "Template: There is no template 'us-stuff'"),
        ("", "", "Extension: This needs a license, and the user gets none."),
    ],
)
def test_an_error_claims_no_consequence_of_another_one(
    acme: Path, license_: str, template: str, error: str
) -> None:
    """Which license the user gets is unknown where the cell that names it is wrong."""
    text = "Username,First name,Last name,Site,License,Template,Extension,Phone\n"
    text += f"a@acme.example,Ann,Able,Seattle,{license_},{template},1400,+12065550177\n"
    shown = " ".join(onboard(acme, text, code=1).stderr.split())
    assert error in shown
    assert ("gets none" in shown) == ("gets none" in error)
