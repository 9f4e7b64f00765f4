"""`licsync onboard` as it is typed, with lists as strangers' HR systems write them."""

from __future__ import annotations

import csv
import datetime
import json
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from generate import DEPARTMENTS, SITES, generate
from licsync.cli.main import cli
from licsync.config.load import load

ACME = Path(__file__).resolve().parents[2] / "examples" / "accounts" / "acme"
NOW = ("--now", "2026-11-24T09:00:00Z")

HR = """\
Personalbericht;;;;;;;;;
;;;;;;;;;
Personalnr.;Nachname;Vorname;Geschäftliche E-Mail;Abteilung;Standort;Stelle;Durchwahl;Telefon;Status
7;Zander;Zoe;zoe.zander@acme.example;Vertrieb;seattle;Rep;;;aktiv
;;;;;;;;;
8;O'Brien;Bob;bob.obrien@acme.example;Sales;New York;Account Executive;1300;(206) 555-0177;aktiv
9;Left;Lea;lea.left@acme.example;Sales;Seattle;Rep;;;ausgeschieden
10;Chen;Bo;BO.CHEN@acme.example;Finance;Seattle;;;;aktiv
"""
MAP = """\
columns: {email: Geschäftliche E-Mail}
values:
  department: {Vertrieb: Sales}
defaults: {license: X2}
extensions: {Seattle: 1200-1201, default: 1300-1399}
phone_numbers:
  Seattle: [+12065550190, "+12065550191-+12065550199"]
"""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    return shutil.copytree(ACME, tmp_path / "acme")


def run(*words: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, list(map(str, words)), env={"NO_COLOR": "1"})
    assert result.exit_code == code, (result.stdout, result.stderr, result.exception)
    return result


def onboard(
    acme: Path, text: str, *words: str | Path, mapping: str = "", code: int = 0, encoding: str = "utf-8"
) -> Result:
    file = acme.parent / "list.csv"
    file.write_bytes(text.encode(encoding))
    if mapping:
        (acme.parent / "map.yaml").write_text(mapping)
        words = (*words, "--map", acme.parent / "map.yaml")
    return run("onboard", file, "--into", acme, *words, *NOW, code=code)


def users(acme: Path) -> dict[str, Any]:
    found = load(acme, jobs=1)
    assert found.desired is not None
    return found.desired.users


def contents(acme: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in acme.rglob("*") if path.is_file()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_of_a_stranger_is_onboarded_once(acme: Path, encoding: str) -> None:
    before = users(acme)
    result = onboard(acme, HR, mapping=MAP, encoding=encoding)
    assert "4 rows: 2 new, 1 there already, 1 skipped." in result.stdout
    assert "Personalnr." in result.stderr
    after = users(acme)
    assert {name: after[name] for name in before} == before
    assert after["zoe.zander@acme.example"] == {
        "first_name": "Zoe",
        "last_name": "Zander",
        "site": "Seattle",
        "job_title": "Rep",
        "department": "Sales",
        "licenses": [{"type": "x2", "extension": {"number": "1200", "phone_numbers": ["+12065550190"]}}],
    }
    assert after["bob.obrien@acme.example"]["licenses"] == [
        {"type": "x2", "extension": {"number": "1300", "phone_numbers": ["+12065550177"]}}
    ]
    assert b"# Works three days a week now." in (acme / "users" / "sales.yaml").read_bytes()
    written = contents(acme)
    assert "4 rows: 3 there already, 1 skipped." in onboard(acme, HR, mapping=MAP, encoding=encoding).stdout
    assert contents(acme) == written
    run("validate", acme)


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
        ("8", "present", "users/leavers.yaml"),
    ]
    assert (rows[0]["extension"], rows[0]["phone_numbers"], rows[0]["licenses"]) == ("1200", "+12065550190", "x2")


def test_the_pool_is_compared_at_once(acme: Path) -> None:
    shown = " ".join(onboard(acme, HR, "--dry-run", mapping=MAP).stdout.split())
    assert "X2 · US 2 3 short by" in shown
    shown = " ".join(onboard(acme, HR, "--dry-run", mapping=MAP.replace("X2", "VCC Agent")).stdout.split())
    assert "VCC Agent · US 2 0 short by" in shown


def test_every_fault_is_told_by_row_and_column_and_nothing_is_written(acme: Path, tmp_path: Path) -> None:
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
    for said in (
        *("Write 'zoe@acme.example'", "Did you mean 'Seattle'", "last digits are gone", "error of the spreadsheet"),
        *("row 4 already", "belongs to 'ada.lopez", "no site", "cannot stand together", "no user name"),
    ):
        assert said in result.stderr, said
    assert result.stderr.count("has characters that 8x8 does not accept: 'ë'") == 2, "told twice"
    assert "Nothing was written" in result.stderr
    assert contents(acme) == before
    assert "faulty" in (tmp_path / "r.csv").read_text()


def test_names_are_spelled_in_ascii_only_where_that_is_asked_for(acme: Path) -> None:
    text = "E-Mail;Vorname;Name;Standort\nz@acme.example;Zoë;Müller;Seattle\nq@acme.example;東京;Li;Seattle\n"
    assert "let --ascii do so" in onboard(acme, text, code=1).stderr
    shown = onboard(acme, text, "--ascii", code=1).stderr
    assert "'Müller' is written 'Muller'" in shown
    assert "'東京'" in shown
    onboard(acme, text.replace("東京", "Qi"), "--ascii")
    assert users(acme)["z@acme.example"]["last_name"] == "Muller"
    assert "2 there already" in onboard(acme, text.replace("東京", "Qi"), "--ascii").stdout


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
        "  a.a@acme.example:\n    template: [us-staff, sales-rep]\n    first_name: Ann\n    last_name: Able\n\n"
        in found
    )
    after = users(acme)
    assert after["b.b@acme.example"] == {
        "first_name": "Ben", "last_name": "Best", "site": "Seattle", "department": "Support", "policy": "Sales Floor",
        "locale": "en-US", "timezone": "America/Los_Angeles",
    }  # fmt: skip
    assert after["c.c@acme.example"]["offboard_on"] == "2026-12-31"
    shown = onboard(acme, text, "--template", "us-stuff", mapping="templates: {Sales: nobody}\n", code=1).stderr
    assert "Did you mean 'us-staff'" in shown
    assert "There is no template 'nobody'" in shown


def test_licenses_of_a_template_get_their_numbers(acme: Path) -> None:
    (acme / "more.yaml").write_text("templates:\n  agent: {site: Seattle, licenses: [vo-editions, vcc-agent]}\n")
    text = "Username,First name,Last name,Extension,Country,Voicemail email\n"
    text += "a.a@acme.example,Ann,Able,1400,,vm@acme.example\nb.b@acme.example,Ben,Best,,GB,\n"
    onboard(acme, text, "--template", "agent")
    after = users(acme)
    assert after["a.a@acme.example"]["licenses"] == [
        {"type": "vo-editions", "extension": {"number": "1400", "voicemail_email": "vm@acme.example"}},
        {"type": "vcc-agent"},
    ]
    assert [entry["country"] for entry in after["b.b@acme.example"]["licenses"]] == ["GB", "GB"]


def test_a_row_without_names_or_address_is_told(acme: Path) -> None:
    shown = onboard(acme, "Username,First name,Last name\nfay.w,Fay,\n", code=1).stderr
    assert "list.csv:2:3: Last name: The row has no last name" in shown
    assert "The row has no e-mail address, and the user name is none" in shown


def test_user_names_are_made_by_rule(acme: Path) -> None:
    text = "First name,Last name,Site\nAnn Mary,O'Neil,Seattle\nBen,Müller,Seattle\n"
    shown = onboard(acme, text, code=1).stderr
    assert "No column says the user names" in shown
    mapping = 'user_name: "{first}.{last_name}@acme.example"\n'
    onboard(acme, text.replace("ü", "ue"), mapping=mapping)
    assert {"a.oneil@acme.example", "b.mueller@acme.example"} <= users(acme).keys()


def test_somebody_who_is_declared_otherwise_is_told_and_kept(acme: Path) -> None:
    before = contents(acme)
    text = "Username,First name,Last name,Site,License,Extension,Phone\n"
    text += "ADA.lopez@acme.example,Ada,Lopez,Denver,X4,1009,+12065550101\nbo.chen@acme.example,Bo,Chen,,,1002,\n"
    result = onboard(acme, text)
    assert "1 there already, 1 there already, with other values" in result.stdout
    assert "site is 'Seattle' there, 'Denver' here; licenses is 'x2' there, 'x4' here" in result.stderr
    assert contents(acme) == before


def test_somebody_in_the_console_gets_no_second_number(acme: Path) -> None:
    text = "Username,First name,Last name,License\nscanner@acme.example,Scan,Ner,X2\nnew.one@acme.example,New,One,X2\n"
    mapping = "extensions: {default: 1800-1801}\ndefaults: {site: Seattle}\n"
    document = json.loads((acme / "inventory.json").read_text())
    held = bool(document["users"]["scanner@acme.example"]["services"])
    onboard(acme, text, mapping=mapping)
    entry = users(acme)["new.one@acme.example"]["licenses"][0]
    assert entry["extension"]["number"] == ("1800" if held else "1801")


def test_numbers_that_run_out_are_told_by_row(acme: Path) -> None:
    text = "Username,First name,Last name,Site,License\n" + "".join(
        f"n{i}@acme.example,Ann,Able,Seattle,X2\n" for i in range(3)
    )
    shown = onboard(acme, text, mapping="extensions: {Seattle: 1200-1201}\n", code=1).stderr
    assert "list.csv:4:1" in shown
    assert "No extension number is left of 1200-1201" in shown
    assert "no range of numbers" in onboard(acme, text, mapping="extensions: {Seattle: many}\n", code=1).stderr


def test_new_groups_get_files_like_the_others(acme: Path) -> None:
    text = "Username,First name,Last name,Department,Site\n"
    text += "a@acme.example,Ann,Able,Field & Legal,\nb@acme.example,Ben,Best,,London\n"
    onboard(acme, text)
    assert "a@acme.example" in (acme / "users" / "field-legal.yaml").read_text()
    assert (
        (acme / "users" / "field-legal.yaml")
        .read_text()
        .startswith("# yaml-language-server: $schema=../../../../schemas/")
    )
    assert "b@acme.example" in (acme / "users" / "office.yaml").read_text(), "others of London are there"


def test_one_file_takes_all(acme: Path) -> None:
    shutil.rmtree(acme / "users")
    text = "Username,First name,Last name,Department\na@acme.example,Ann,Able,Legal\n"
    (acme / "all.yaml").write_text("users:\n  x@acme.example: {first_name: Xi, last_name: Xu}\n")
    onboard(acme, text)
    assert "a@acme.example" in (acme / "all.yaml").read_text()
    (acme / "all.yaml").unlink()
    onboard(acme, text)
    assert "a@acme.example" in (acme / "users" / "legal.yaml").read_text()


HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "@x",
    "a: b",
    "#no",
    "- x",
    "{a",
    "\"'",
    "&a *b",
    "NO",
    "1.4E+10",
    "0123",
    "<b>|`",
    "::error::x",
]


def test_hostile_cells_stay_text_and_come_out_harmless(acme: Path, tmp_path: Path) -> None:
    lines = [
        f"h{i}@acme.example,Ann,Able,{json.dumps(text).replace(chr(92) + chr(34), chr(34) * 2)}"
        for i, text in enumerate(HOSTILE)
    ]
    text = "Username,First name,Last name,Job title\n" + "\n".join(lines) + "\n"
    result = onboard(acme, text, "--result", tmp_path / "r.csv")
    assert [users(acme)[f"h{i}@acme.example"]["job_title"] for i in range(len(HOSTILE))] == HOSTILE
    assert "\n::error" not in result.stdout + result.stderr
    run("plan", acme, *NOW)
    bad = "Username,First name,Last name,Job title\nx@acme.example,Ann,Able,a\x1b[31mb\u202e\n"
    shown = onboard(acme, bad, code=1)
    assert "\x1b" not in shown.stdout + shown.stderr
    assert "invisible character" in shown.stderr


def test_an_excel_file_with_two_sheets(acme: Path, tmp_path: Path) -> None:
    book = Workbook()
    cover = book.active
    assert cover is not None
    cover.append(["Onboarding", datetime.date(2026, 12, 1)])
    sheet = book.create_sheet("Liste")
    sheet.append([])
    sheet.append(["Téléphone", "Prénom", "Nom", "Courriel", "Établissement", "Poste", "Numéro interne"])
    sheet.append([12065550188, "Zoe", "Zander", "zoe.zander@acme.example", "Seattle", "Conseillère", 1444])
    sheet.append([None, None, None])
    out = BytesIO()
    book.save(out)
    (tmp_path / "liste.xlsx").write_bytes(out.getvalue())
    (tmp_path / "map.yaml").write_text("defaults: {license: x2}\n")
    words = ("onboard", tmp_path / "liste.xlsx", "--into", acme, "--map", tmp_path / "map.yaml", *NOW)
    run(*words)
    entry = users(acme)["zoe.zander@acme.example"]
    assert entry["job_title"] == "Conseillère"
    assert entry["licenses"] == [{"type": "x2", "extension": {"number": "1444", "phone_numbers": ["+12065550188"]}}]
    assert "has no sheet 'Cover'" in run(*words, "--sheet", "Cover", code=1).stderr
    assert "No row of the file" in run(*words, "--sheet", "Sheet", code=1).stderr


def test_the_vendors_bulk_upload_is_understood(acme: Path) -> None:
    names = "Basic.UserName Basic.FirstName Basic.LastName Voice.Number Voice.PortNumber Basic.Site License.Type"
    text = ",".join(f"User.{name}" for name in names.split()) + "\n"
    text += "zoe.zander@acme.example,Zoe,Zander,12065550188,,Seattle,X2\n"
    onboard(acme, text)
    assert users(acme)["zoe.zander@acme.example"]["licenses"][0]["extension"] == {"phone_numbers": ["+12065550188"]}


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("columns: {first_name: Rufname}\n", "no column 'Rufname'"),
        ("columns: {frist_name: Vorname}\n", "speaks of 'frist_name'"),
        ("colums: {}\n", "Did you mean 'columns'"),
        ("whatever: {}\n", "Known keys"),
        ("columns: 7\n", "must be a mapping"),
        ("user_name: [a]\n", "must be text"),
        ("phone_numbers: {Seattle: b}\n", "map.yaml:1:17: 'b' is no range"),
        ("extensions: {Seatle: 1000-1999}\n", "Did you mean 'Seattle'"),
        ("templates: {Sales: sales}\n", "map.yaml:1:13: There is no template 'sales'"),
        ("defaults: {licence: x2}\n", "map.yaml:1:12: The mapping file speaks of 'licence'"),
        ("phone_numbers: {Seattle: {b: c}}\n", "phone_numbers.Seattle of the mapping file must be a list"),
        ("columns: [\n", "yaml-syntax"),
        ("columns: {a: 1}\ncolumns: {b: 1}\n", "duplicate-key"),
    ],
)
def test_a_mapping_file_at_fault(acme: Path, mapping: str, says: str) -> None:
    assert says in onboard(acme, HR, mapping=mapping, code=1).stderr


def test_files_and_tables_that_are_none(acme: Path, tmp_path: Path) -> None:
    assert "cannot be read" in run("onboard", tmp_path / "no.csv", "--into", acme, code=1).stderr
    words = ("onboard", tmp_path / "list.csv", "--into", acme, "--map", tmp_path / "no.yaml")
    assert "No row of the file" in onboard(acme, "a,b\n1,2\n", code=1).stderr
    assert "cannot be read" in run(*words, code=1).stderr
    shown = onboard(acme, "Email,Site,Office\nx@acme.example,Seattle,Seattle\n", code=1).stderr
    assert "No columns say first and last name" in shown
    assert "'Office' means the same as another column" in shown
    (acme / "users" / "bad.yaml").write_text("users: {x@acme.example: {site: Nowhere}}\n")
    assert "unknown-reference" in onboard(acme, HR, mapping=MAP, code=1).stderr
    (acme / "users" / "bad.yaml").write_text("users: [\n")
    assert "yaml-syntax" in onboard(acme, HR, mapping=MAP, code=1).stderr


def test_a_file_that_cannot_be_edited_is_named(acme: Path) -> None:
    shutil.rmtree(acme / "users")
    (acme / "all.yaml").write_text("users:\n  x@acme.example: {first_name: Xi, last_name: Xu}\n...\n")
    text = "Username,First name,Last name,Department\na@acme.example,Ann,Able,Legal\n"
    onboard(acme, text)
    (acme / "all.yaml").write_text("account2: &a {}\nusers: {? x@acme.example}\n".replace("account2: &a {}\n", ""))
    before = contents(acme)
    result = onboard(acme, text, code=1)
    assert contents(acme) == before
    assert "all.yaml" in result.stderr


def test_two_thousand_rows_at_once(tmp_path: Path) -> None:
    generate(tmp_path / "bench", 1000, 20, 0.0, 1)
    with (tmp_path / "new.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["First name", "Last name", "Email", "Department", "Location", "License", "Phone"])
        for i in range(2000):
            names = (f"New{chr(97 + i % 26)}", f"Person{chr(97 + i // 26 % 26)}")
            place = (DEPARTMENTS[i % 4], list(SITES)[i % 3])
            writer.writerow([*names, f"new{i}@bench.example", *place, "X2", f"+1425555{i:04}" if i % 2 else ""])
    (tmp_path / "map.yaml").write_text("extensions: {default: 500000-509999}\n")
    result = run("onboard", tmp_path / "new.csv", "--into", tmp_path / "bench", "--map", tmp_path / "map.yaml", *NOW)
    assert "2,000 rows: 2,000 new." in result.stdout


def test_names_of_several_lines_and_departments_of_other_case(acme: Path) -> None:
    text = 'Vorname,Name,E-Mail,Abteilung,Standort\n"Jean\nPaul",Le  Roux,jp@acme.example,SALES,Seattle\n'
    onboard(acme, text)
    loaded = load(acme).desired
    assert loaded is not None
    user = loaded.users["jp@acme.example"]
    assert (user["first_name"], user["last_name"], user["department"]) == ("Jean Paul", "Le Roux", "Sales")


def test_a_pool_that_was_never_read_is_not_compared(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (shop / "account.yaml").write_text(
        "account: {name: shop, backend: {type: 8x8}, defaults: {country: US}}\nsites: {HQ: {}}\n"
    )
    result = onboard(shop, "Vorname,Name,E-Mail,Standort,Lizenz\nAda,Lopez,ada@acme.example,HQ,X2\n")
    assert "never read" in result.stderr
    assert "short" not in result.stdout
    assert "1 new" in result.stdout
