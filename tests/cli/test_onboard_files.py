"""`licsync onboard` with files of other kinds: Excel, the vendor's bulk upload, hostile, faulty and
very long ones; and the files of the account that it writes to.
"""

from __future__ import annotations

import csv
import datetime
import json
import shutil
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from bench.generate import DEPARTMENTS, SITES, generate
from licsync.config.loader import load
from tests.support.accounts import write_account
from tests.support.command_line import run
from tests.support.onboarding import HR, MAP, NOW, contents, onboard, users

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


@pytest.mark.slow
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


@pytest.mark.slow
def test_an_excel_file_with_two_sheets(acme: Path, tmp_path: Path) -> None:
    book = Workbook()
    cover = book.active
    assert cover is not None
    cover.append(["Onboarding", datetime.date(2026, 12, 1)])
    sheet = book.create_sheet("Liste")
    sheet.append([])
    sheet.append(
        ["Téléphone", "Prénom", "Nom", "Courriel", "Établissement", "Poste", "Numéro interne"]
    )
    sheet.append(
        [12065550188, "Zoe", "Zander", "zoe.zander@acme.example", "Seattle", "Conseillère", 1444]
    )
    sheet.append([None, None, None])
    out = BytesIO()
    book.save(out)
    (tmp_path / "liste.xlsx").write_bytes(out.getvalue())
    (tmp_path / "map.yaml").write_text("defaults: {license: x2}\n")
    words = (
        "onboard",
        tmp_path / "liste.xlsx",
        "--into",
        acme,
        "--map",
        tmp_path / "map.yaml",
        *NOW,
    )
    run(*words)
    entry = users(acme)["zoe.zander@acme.example"]
    assert entry["job_title"] == "Conseillère"
    assert entry["licenses"] == [
        {"type": "x2", "extension": {"number": "1444", "phone_numbers": ["+12065550188"]}}
    ]
    assert "has no sheet 'Cover'" in run(*words, "--sheet", "Cover", code=1).stderr
    assert "No row of the file" in run(*words, "--sheet", "Sheet", code=1).stderr


def test_the_vendors_bulk_upload_is_understood(acme: Path) -> None:
    names = (
        "Basic.UserName Basic.FirstName Basic.LastName Voice.Number Voice.PortNumber Basic.Site "
        "License.Type"
    )
    text = ",".join(f"User.{name}" for name in names.split()) + "\n"
    text += "zoe.zander@acme.example,Zoe,Zander,12065550188,,Seattle,X2\n"
    onboard(acme, text)
    assert users(acme)["zoe.zander@acme.example"]["licenses"][0]["extension"] == {
        "phone_numbers": ["+12065550188"]
    }


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ("columns: {first_name: Rufname}\n", "the column 'Rufname', which is missing"),
        ("columns: {frist_name: Vorname}\n", "maps 'frist_name', which is not a field"),
        ("colums: {}\n", "Did you mean 'columns'"),
        ("whatever: {}\n", "Known keys"),
        ("columns: 7\n", "is 7, but must be a mapping"),
        ("user_name: [a]\n", "must be text"),
        ("phone_numbers: {Seattle: b}\n", "map.yaml:1:17: 'b' is not a range"),
        ("extensions: {Seatle: 1000-1999}\n", "Did you mean 'Seattle'"),
        ("templates: {Sales: sales}\n", "map.yaml:1:13: There is no template 'sales'"),
        ("defaults: {licence: x2}\n", "map.yaml:1:12: The mapping file maps 'licence'"),
        (
            "phone_numbers: {Seattle: {b: c}}\n",
            "phone_numbers.Seattle in the mapping file is a mapping, but must be a list",
        ),
        ("columns: [\n", "yaml-syntax"),
        ("columns: {a: 1}\ncolumns: {b: 1}\n", "duplicate-key"),
    ],
)
def test_a_mapping_file_at_fault(acme: Path, mapping: str, says: str) -> None:
    assert says in onboard(acme, HR, mapping=mapping, code=1).stderr


@pytest.mark.slow
def test_invalid_files_and_tables_are_reported(acme: Path, tmp_path: Path) -> None:
    assert "cannot be read" in run("onboard", tmp_path / "no.csv", "--into", acme, code=1).stderr
    words = ("onboard", tmp_path / "list.csv", "--into", acme, "--map", tmp_path / "no.yaml")
    assert "No row of the file" in onboard(acme, "a,b\n1,2\n", code=1).stderr
    assert "cannot be read" in run(*words, code=1).stderr
    shown = onboard(acme, "Email,Branch,Office\nx@acme.example,Seattle,New York\n", code=1).stderr
    assert "No columns hold the first and last names" in shown
    assert "'Office' means the same as 'Branch', but their values differ" in shown
    (acme / "users" / "bad.yaml").write_text("users: {x@acme.example: {site: Nowhere}}\n")
    assert "unknown-reference" in onboard(acme, HR, mapping=MAP, code=1).stderr
    (acme / "users" / "bad.yaml").write_text("users: [\n")
    assert "yaml-syntax" in onboard(acme, HR, mapping=MAP, code=1).stderr


def test_a_file_that_cannot_be_edited_is_named(acme: Path) -> None:
    shutil.rmtree(acme / "users")
    (acme / "all.yaml").write_text(
        "users:\n  x@acme.example: {first_name: Xi, last_name: Xu}\n...\n"
    )
    text = "Username,First name,Last name,Department\na@acme.example,Ann,Able,Legal\n"
    onboard(acme, text)
    (acme / "all.yaml").write_text(
        "account2: &a {}\nusers: {? x@acme.example}\n".replace("account2: &a {}\n", "")
    )
    before = contents(acme)
    result = onboard(acme, text, code=1)
    assert contents(acme) == before
    assert "all.yaml" in result.stderr


@pytest.mark.soak
def test_two_thousand_rows_at_once(tmp_path: Path) -> None:
    generate(tmp_path / "bench", 1000, 20, 0.0, 1)
    with (tmp_path / "new.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["First name", "Last name", "Email", "Department", "Location", "License", "Phone"]
        )
        for i in range(2000):
            names = (f"New{chr(97 + i % 26)}", f"Person{chr(97 + i // 26 % 26)}")
            place = (DEPARTMENTS[i % 4], list(SITES)[i % 3])
            writer.writerow(
                [*names, f"new{i}@bench.example", *place, "X2", f"+1425555{i:04}" if i % 2 else ""]
            )
    (tmp_path / "map.yaml").write_text("extensions: {default: 500000-509999}\n")
    result = run(
        "onboard",
        tmp_path / "new.csv",
        "--into",
        tmp_path / "bench",
        "--map",
        tmp_path / "map.yaml",
        *NOW,
    )
    assert "2,000 rows: 2,000 new." in result.stdout


def test_names_of_several_lines_and_departments_of_other_case(acme: Path) -> None:
    text = (
        'Vorname,Name,E-Mail,Abteilung,Standort\n"Jean\n'
        'Paul",Le  Roux,jp@acme.example,SALES,Seattle\n'
    )
    onboard(acme, text)
    loaded = load(acme).desired
    assert loaded is not None
    user = loaded.users["jp@acme.example"]
    assert (user["first_name"], user["last_name"], user["department"]) == (
        "Jean Paul",
        "Le Roux",
        "Sales",
    )


def test_a_pool_that_was_never_seen_is_not_compared(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    write_account(
        shop,
        "account: {name: shop, backend: {type: 8x8}, defaults: {country: US}}\nsites: {HQ: {}}\n",
    )
    result = onboard(
        shop,
        "Vorname,Name,E-Mail,Standort,Lizenz\nAda,Lopez,ada@acme.example,HQ,X2\n",
        "--last-seen",
    )
    assert "No inventory was ever seen" in result.stderr
    assert "short" not in result.stdout
    assert "1 new" in result.stdout


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
    assert "b@acme.example" in (acme / "users" / "office.yaml").read_text(), (
        "others of London are there"
    )


def test_one_file_takes_all(acme: Path) -> None:
    shutil.rmtree(acme / "users")
    text = "Username,First name,Last name,Department\na@acme.example,Ann,Able,Legal\n"
    (acme / "all.yaml").write_text("users:\n  x@acme.example: {first_name: Xi, last_name: Xu}\n")
    onboard(acme, text)
    assert "a@acme.example" in (acme / "all.yaml").read_text()
    (acme / "all.yaml").unlink()
    onboard(acme, text)
    assert "a@acme.example" in (acme / "users" / "legal.yaml").read_text()


def test_a_copied_user_name_and_a_row_that_ends_early_are_reported(acme: Path) -> None:
    heads = "User Name,First Name,Last Name,Email,Site,License\n"
    copied = "Zoe Park <zoe@acme.example>,Zoe,Park,zoe@acme.example,Seattle,X2\n"
    shown = onboard(acme, heads + copied, code=1).stderr
    assert "'Zoe Park <zoe@acme.example>' is not a user name." in shown
    assert "Write 'zoe@acme.example'." in shown
    short = "yan@acme.example,Yan,Wu,yan@acme.example\n"
    shown = onboard(acme, heads + copied.partition("<")[2].replace(">", "") + short).stderr
    assert "The row ends before the column 'Site'" in shown
