"""`licsync import` as it is typed: from a document, from tables, from the backend; and what it
refuses.
"""

from __future__ import annotations

import csv
import json
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from licsync.config.loader import load
from licsync.views.phrases import brief_setting
from tests.support.accounts import write_account
from tests.support.command_line import run
from tests.support.import_command import NOW, texts
from tests.support.paths import ACME
from tests.support.random_inventories import oracle_document, small


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "console.json"
    path.write_text(json.dumps(oracle_document(5, 60)))
    return path


def test_an_imported_account_plans_to_nothing_and_is_in_form(
    document: Path, tmp_path: Path
) -> None:
    shop = tmp_path / "shop"
    result = run("import", shop, "--from", document, *NOW)
    assert "A plan of them is empty." in result.stdout
    assert "ring_groups" in result.stderr
    assert "No changes" in run("plan", shop, *NOW).stdout
    run("fmt", shop, "--check")
    run("validate", shop)
    assert (shop / "inventory.json").stat().st_mode & 0o077 == 0
    assert all(text.startswith("# yaml-language-server: $schema=") for text in texts(shop).values())
    for name, text in texts(shop).items():
        assert (shop / name).parent.joinpath(text.split("$schema=")[1].split("\n")[0]).exists()


def test_files_that_are_there_are_kept(document: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    run("import", shop, "--from", document, *NOW)
    (shop / "places.yaml").write_text("# mine\n")
    before = texts(shop)
    assert "places.yaml" in run("import", shop, "--from", document, *NOW, code=1).stderr
    assert texts(shop) == before
    run("import", shop, "--from", document, "--overwrite", *NOW)
    assert "# mine" not in texts(shop)["places.yaml"]


def test_users_that_are_declared_already_are_no_reason_to_write_half(
    document: Path, tmp_path: Path
) -> None:
    shop = tmp_path / "shop"
    name = next(iter(json.loads(document.read_text())["users"]))
    write_account(shop, "account: {name: acme}\n")
    (shop / "mine.yaml").write_text(f"users: {{{name}: {{}}}}\n")
    result = run("import", shop, "--from", document, *NOW, code=1)
    assert "duplicate-name" in result.stderr
    assert sorted(texts(shop)) == ["account.yaml", "mine.yaml"]


def test_an_account_is_imported_from_its_backend(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    write_account(shop, "account: {name: acme}  # ours\n")
    assert "is not known yet" in run("import", shop, code=1).stderr
    (shop / "inventory.json").write_text((ACME / "inventory.json").read_text())
    write_account(
        shop,
        "account: {name: acme, defaults: {country: GB}, backend: {seed: inventory.json}}  # ours\n",
    )
    run("import", shop, "--license-type", "speech-analytics=addon", *NOW)
    assert "# ours" in texts(shop)["account.yaml"]
    assert "country: US" in texts(shop)["licenses.yaml"]
    assert "No changes" in run("plan", shop, *NOW).stdout


def test_an_account_that_would_change_something_is_refused(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    document = small()
    document["users"]["bo\u202e@acme.example"] = {"services": []}
    (tmp_path / "a.json").write_text(json.dumps(document))
    write_account(shop, "account: {name: acme, unlisted_users: delete}\n")
    result = run("import", shop, "--from", tmp_path / "a.json", *NOW, code=1)
    assert "A plan of the files would delete users/bo" in result.stderr
    assert "\u202e" not in result.stderr
    assert sorted(texts(shop)) == ["account.yaml"]


def test_there_must_be_something_to_import_from(tmp_path: Path) -> None:
    assert "--from" in run("import", tmp_path / "shop", code=1).stderr
    assert not (tmp_path / "shop").exists()
    (tmp_path / "a.json").write_text("{")
    run("import", tmp_path / "shop", "--from", tmp_path / "a.json", code=1)
    assert not (tmp_path / "shop").exists()


def test_one_thing_is_told_in_the_singular(tmp_path: Path) -> None:
    shop, file = tmp_path / "shop", tmp_path / "a.json"
    file.write_text(json.dumps(small()))
    assert "1 user, 0 templates, " in run("import", shop, "--from", file, *NOW).stdout
    assert "Loaded 1 user and 1 license." in run("inventory", "load", shop, file, *NOW).stderr
    assert brief_setting("ring_groups", ["Main"]) == "1 ring group"
    assert brief_setting("call_queues", ["A", "B"]) == "2 call queues"


# --- tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_what_was_exported_is_imported_the_same(tmp_path: Path, format_: str, seed: int) -> None:
    source = tmp_path / "console.json"
    source.write_text(json.dumps(oracle_document(seed, 30)))
    first, second = tmp_path / "first", tmp_path / "second"
    now = ("--now", json.loads(source.read_text())["as_of"])
    run("import", first, "--from", source, "--name", "acme", *now)
    out = tmp_path / ("tables" if format_ == "csv" else "tables.xlsx")
    run("export", first, "--format", format_, "--out", out, *now)
    run("import", second, "--from", out, "--name", "acme", *now)
    assert texts(first) == texts(second)
    again = tmp_path / "again"
    run("export", second, "--out", again, *now)
    if format_ == "csv":
        for path in out.iterdir():
            assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_acme_comes_back_with_hostile_text_in_it(tmp_path: Path) -> None:
    source = shutil.copytree(ACME, tmp_path / "acme")
    document = json.loads((source / "inventory.json").read_text())
    hostile = (
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2",
        "@x",
        "'=x",
        "''",
        '"; drop',
        "a,b;c\td",
        "[1]",
        "NO",
        "1.4E+10",
        "#x: y",
    )
    for user, text in zip(document["users"].values(), hostile, strict=False):
        user["job_title"] = text
    (source / "inventory.json").write_text(json.dumps(document))
    run("export", source, "--out", tmp_path / "tables", *NOW)
    run(
        "import",
        tmp_path / "new",
        "--from",
        tmp_path / "tables",
        "--license-type",
        "speech-analytics=addon",
        *NOW,
    )
    loaded = load(tmp_path / "new").desired
    assert loaded is not None
    titles = [loaded.users[name].get("job_title", "") for name in document["users"]]
    assert [t for t in titles if t in hostile] == [
        " ".join(t.split()) if "\t" not in t else t for t in hostile if "\t" not in t
    ]


def test_names_with_commas_come_back_apart(tmp_path: Path) -> None:
    document = small()
    document["users"]["ada@acme.example"] |= {
        "ring_groups": ["Main, second", "Front"],
        "call_queues": ["Sales"],
    }
    (tmp_path / "a.json").write_text(json.dumps(document))
    run("import", tmp_path / "first", "--from", tmp_path / "a.json", *NOW)
    run("export", tmp_path / "first", "--out", tmp_path / "tables", *NOW)
    run("import", tmp_path / "second", "--from", tmp_path / "tables", *NOW)
    found = json.loads((tmp_path / "second" / "inventory.json").read_text())["users"][
        "ada@acme.example"
    ]
    assert (found["ring_groups"], found["call_queues"]) == (["Main, second", "Front"], ["Sales"])


def lists(
    tmp_path: Path, users: list[list[str]], units: list[list[str]] | None = None
) -> list[str | Path]:
    words: list[str | Path] = []
    for name, rows in (("people.csv", users), ("units.csv", units)):
        if rows:
            with (tmp_path / name).open("w", newline="", encoding="cp1252") as file:
                csv.writer(file, delimiter=";").writerows(rows)
            words += ["--from", tmp_path / name]
    return [*words, "--encoding", "cp1252"]


def test_lists_of_the_console_are_imported(tmp_path: Path) -> None:
    users = [
        [
            "User Name",
            "First Name",
            "Last Name",
            "Email Address",
            "Site",
            "Status",
            "License Type",
            "Country",
        ],
        [
            "zoe@acme.example",
            "Zoë",
            "Zhu",
            "zoe@acme.example",
            "Köln",
            "Active",
            "X Series X4",
            "DE",
        ],
        ["", "", "", "", "", "", "", ""],
        ["bo@acme.example", "Bo", "Chen", "bo@acme.example", "Köln", "Inactive", "8x8 X2", "DE"],
        ["cy@acme.example", "Cy", "Diaz", "", "", "", "", ""],
    ]
    run("import", tmp_path / "new", *lists(tmp_path, users), *NOW)
    found = texts(tmp_path / "new")
    assert "type: x4" in found["users.yaml"] or "[x4]" in found["users.yaml"]
    assert "first_name: Zoë" in found["users.yaml"]
    assert "status: inactive" in found["users.yaml"]
    document = json.loads((tmp_path / "new" / "inventory.json").read_text())
    assert document["licenses"]["bo@acme.example-1"]["suspended"]["reason"] == "user_inactive"


def test_units_say_who_holds_them(tmp_path: Path) -> None:
    users = [
        ["Login", "First name", "License"],
        ["zoe@acme.example", "Zoe", ""],
        ["bo@acme.example", "Bo", "X2"],
    ]
    units = [
        ["License ID", "License Type", "Country", "Status", "Assigned To"],
        ["L1", "x4", "DE", "Assigned", "zoe@acme.example"],
        ["L2", "x4", "DE", "Unassigned", ""],
    ]
    result = run("import", tmp_path / "new", *lists(tmp_path, users, units), *NOW, code=1)
    assert "people.csv:3:3" in result.stderr
    assert "The license has no country" in result.stderr
    users[2][2] = ""
    run("import", tmp_path / "new", *lists(tmp_path, users, units), *NOW)
    document: Any = json.loads((tmp_path / "new" / "inventory.json").read_text())
    assert document["users"]["zoe@acme.example"]["services"] == [{"license": "L1"}]
    assert "{type: x4, quantity: 2}" in texts(tmp_path / "new")["licenses.yaml"]


def test_faults_of_tables_are_told_by_row_and_column(tmp_path: Path) -> None:
    users = [
        ["user", "first_name", "license", "call_forwarding"],
        ["", "Nobody", "", ""],
        ["zoe@acme.example", "Zoe", "L1", "to 1001"],
        ["bo@acme.example", "Bo", "L9", ""],
    ]
    units = [["id", "type", "country", "status"], ["L1", "x4", "", "assigned"], ["L3", "", "DE"]]
    shown = run("import", tmp_path / "new", *lists(tmp_path, users, units), *NOW, code=1).stderr
    for said in (
        "people.csv:2:1",
        "no user",
        "people.csv:3:4",
        "The cell is not JSON",
        "units.csv:2:3",
        "no country",
        "units.csv:3:2",
        "'L9'",
    ):
        assert said in shown, (said, shown)
    assert not (tmp_path / "new").exists()


def test_what_excel_has_broken_is_told_by_row_and_column(tmp_path: Path) -> None:
    users = [
        ["user", "first_name", "type", "country", "extension", "phone_numbers", "status"],
        ["ann@acme.example", "Ann", "x2", "GB", "1001", "4,42079E+11", "active"],
        ["bob@acme.example", "Bob", "x2", "Atlantis", "1.0E+3", "020 7946 0155", "active"],
        ["cat@acme.example", "Cat", "x2", "GB", "1003", "12", "actve"],
        ["dan@acme.example", "Dan", "x2", "GB", "1004", "", "active"],
        ["eve@acme.example", "Eve", "x2", "GB", "1004", "", "active"],
    ]
    units = [
        ["id", "type", "country"],
        ["L1", "x4", "DE"],
        ["L1", "x4", "DE"],
        ["L2", "x4", "Germany"],
    ]
    shown = run("import", tmp_path / "new", *lists(tmp_path, users, units), *NOW, code=1).stderr
    for said in (
        "people.csv:2:6: '4,42079E+11' is a long number that Excel shortened",
        "people.csv:3:4: 'Atlantis' is not a country",
        "people.csv:3:5: '1.0E+3' is a long number that Excel shortened",
        "people.csv:4:6: '12' is not a phone number in GB",
        "people.csv:4:7: 'actve' is not a user status",
        "people.csv:6:1: Extension number '1004' is used twice",
        "units.csv:3:1: 'L1' is already in row 2",
        "7 errors",
    ):
        assert said in shown, (said, shown)


def test_phone_numbers_are_read_as_they_are_written_there(tmp_path: Path) -> None:
    users = [
        ["user", "first_name", "type", "country", "phone_numbers"],
        ["ann@acme.example", "Ann", "x2", "United Kingdom", "442079460154"],
        ["bob@acme.example", "Bob", "x2", "GB", "020 7946 0155"],
    ]
    users += [
        ["cat@acme.example", "Cat", "x2", "DE", "089/12345678"],
        ["dan@acme.example", "Dan", "x2", "DE", "+490221 4710123"],
        # of no known numbering plan: as the vendor has it
        ["eve@acme.example", "Eve", "x2", "DE", "+99912345678"],
    ]
    run("import", tmp_path / "new", *lists(tmp_path, users), *NOW)
    found = texts(tmp_path / "new")["users.yaml"]
    for number in (
        "+442079460154",
        "+442079460155",
        "+498912345678",
        "+492214710123",
        "+99912345678",
    ):
        assert f'["{number}"]' in found


def test_a_list_without_users_is_refused(tmp_path: Path) -> None:
    shown = run(
        "import", tmp_path / "new", *lists(tmp_path, [["a", "b"], ["1", "2"]]), *NOW, code=1
    ).stderr
    assert "No table of users was found" in shown
    (tmp_path / "gone").mkdir()
    assert "No table" in run("import", tmp_path / "new", "--from", tmp_path / "gone", code=1).stderr


def test_an_excel_file_with_one_sheet_of_any_name(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Export of today"], [],
                ["Username", "First name", "Extension", "License", "Country"],
                ["zoe@acme.example", "Zoe", 1001, "X2", "US"]):  # fmt: skip
        sheet.append(row)
    out = BytesIO()
    book.save(out)
    (tmp_path / "a.xlsx").write_bytes(out.getvalue())
    run("import", tmp_path / "new", "--from", tmp_path / "a.xlsx", *NOW)
    assert 'extension: {number: "1001"}' in texts(tmp_path / "new")["users.yaml"]


# --- replacing ------------------------------------------------------------------------------------


def regrouped(document: Path) -> Path:
    """The same account later: one person is somebody else's colleague by now."""
    later = json.loads(document.read_text())
    names = sorted(later["users"])
    later["users"][names[0]]["job_title"] = "Somebody else"
    for name in names[:50]:
        later["users"][name]["department"] = "Everybody"
    path = document.with_name("later.json")
    path.write_text(json.dumps(later))
    return path


def test_overwrite_replaces_files_of_other_names_and_the_sandbox(
    document: Path, tmp_path: Path
) -> None:
    shop, later = tmp_path / "shop", regrouped(document)
    run("import", shop, "--from", document, *NOW)
    before = texts(shop)
    run("import", shop, "--from", later, "--overwrite", *NOW)
    assert "No changes" in run("plan", shop, *NOW).stdout
    assert "No drift" in run("drift", shop, *NOW).stdout
    assert "Somebody else" in "".join(texts(shop).values())
    assert before.keys() != texts(shop).keys()
    assert "Somebody else" in (shop / "inventory.json").read_text()
    (kept,) = (path for path in (shop / ".licsync").glob("replaced-*") if path.is_dir())
    saved = {path.relative_to(kept).as_posix(): path.read_text() for path in kept.rglob("*.yaml")}
    assert saved == {name: text for name, text in before.items() if name != "account.yaml"}
    assert texts(shop)["account.yaml"] == before["account.yaml"]


def test_without_overwrite_another_inventory_stays(document: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    run("import", shop, "--from", document, *NOW)
    for file in (shop / "users").glob("*") if (shop / "users").exists() else [shop / "users.yaml"]:
        file.unlink()
    for name in ("places.yaml", "licenses.yaml", "policies.yaml"):
        (shop / name).unlink(missing_ok=True)
    before = texts(shop)
    refused = run("import", shop, "--from", regrouped(document), *NOW, code=1)
    assert "has a different inventory than the import" in refused.stderr
    assert texts(shop) == before


def test_overwrite_takes_no_file_that_says_something_else_as_well(
    document: Path, tmp_path: Path
) -> None:
    shop = tmp_path / "shop"
    run("import", shop, "--from", document, *NOW)
    name = next(iter(json.loads(document.read_text())["users"]))
    own = f"rules: {{r: {{when: 'false', level: warn, message: m}}}}\nusers: {{{name}: {{}}}}\n"
    (shop / "own.yaml").write_text(own)
    before = texts(shop)
    refused = run("import", shop, "--from", document, "--overwrite", *NOW, code=1)
    assert "own.yaml" in refused.stderr
    assert "and rules, which would be lost" in refused.stderr
    assert texts(shop) == before


def test_overwrite_keeps_files_of_other_sections(document: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    run("import", shop, "--from", document, *NOW)
    rule = "rules:\n  quiet:\n    level: warn\n    when: 'false'\n    message: Never.\n"
    (shop / "rules.yaml").write_text(rule)
    run("import", shop, "--from", regrouped(document), "--overwrite", *NOW)
    assert texts(shop)["rules.yaml"] == rule
