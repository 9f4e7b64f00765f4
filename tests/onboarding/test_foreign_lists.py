"""Lists of directories and HR systems: headings with notes, leavers, totals, hidden parts, columns
of the company.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from click.testing import Result
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from licsync.onboarding.leavers import departure_day
from licsync.spreadsheets.cell_values import CellRefused
from licsync.spreadsheets.columns import guess_columns
from licsync.spreadsheets.sheet import Row
from tests.support.command_line import run
from tests.support.onboarding import NOW, onboard, users

MAP = "defaults: {license: x2, site: Seattle}\n"
NIA = "nia.brock@acme.example"
LEFT = "tom.reed@acme.example"


def people(
    acme: Path, *columns: tuple[str, str, str], code: int = 0, words: tuple[str, ...] = ()
) -> Result:
    """Onboard Nia and Tom, with further columns: the heading, her cell, and his."""
    first = ("First Name", "Nia", "Tom"), ("Last Name", "Brooks", "Reed"), ("Email", NIA, LEFT)
    lines = [";".join(cells) for cells in zip(*first, *columns, strict=True)]
    return onboard(acme, "\n".join(lines) + "\n", *words, mapping=MAP, code=code)


# --- headings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        (
            "First name [givenName]|Last name [surname]|User name [userPrincipalName] Required",
            "first_name last_name user",
        ),
        (
            "First Name [Required]|Last Name [Required]|Email Address [Required]",
            "first_name last_name email",
        ),
        (
            "First Name*|Last Name *|User ID/Email (Required)|User Status",
            "first_name last_name user status",
        ),
        (
            "Vorname (Pflichtfeld)|Nachname (erforderlich)|E-Mail (geschäftlich)",
            "first_name last_name email",
        ),
        (
            "Prénom (obligatoire)|Nom|Courriel (professionnel)|Actif",
            "first_name last_name email enabled",
        ),
        (
            "Nombre (obligatorio)|Apellidos|Correo (opcional)|Fecha de baja",
            "first_name last_name email left_on",
        ),
        (
            "[givenName]|[surname]|Block sign in (Yes/No) [accountEnabled] Required",
            "first_name last_name disabled",
        ),
        ("Employee First Name|Worker Last Name|Primary Work Email", "first_name last_name email"),
        ("Extension Nr.|Durchwahl-Nr.|Ext. #", "extension + +"),
        ("Company Name|Company|Firmenname|Business Unit|Organization Name", "- - - - -"),
        ("Company Phone|Business Phone Number|Corporate Telephone", "- - -"),
        ("Device Name|Phone Model|Device Extension|MAC Address", "- - - -"),
        ("Company Email|Business Email|Business Title", "email + job_title"),
    ],
)
def test_notes_make_no_difference_and_the_company_is_nobody(headings: str, fields: str) -> None:
    cells = tuple(headings.split("|"))
    found = guess_columns(Row(1, cells))
    by_place = {place: name for name, place in found.fields.items()}
    assert [
        by_place.get(at) or ("+" if at in found.repeated else "-") for at in range(len(cells))
    ] == fields.split()


@pytest.mark.slow
def test_of_two_columns_with_one_heading_the_mapping_says_which(acme: Path) -> None:
    text = f"First Name,Last Name,Email,Email\nNia,Brooks,nia@home.example,{NIA}\n"
    shown = onboard(acme, text, mapping=MAP, code=1).stderr
    assert "list.csv:1:4: 'Email' means the same as 'Email', but their values differ" in shown
    assert "columns: {email: 'Email#2'}" in shown
    for mapping, words in (
        ("columns: {email: 'Email#2'}\n", ()),
        ("columns: {email: 'email #2'}\n", ()),
        ("", ("--ignore-column", "Email#1")),
    ):
        onboard(acme, text, *words, "--dry-run", mapping=MAP + mapping)
    shown = onboard(
        acme, text, "--dry-run", mapping=MAP + "columns: {email: 'Email#3'}\n", code=1
    ).stderr
    assert "the column 'Email#3', which is missing" in shown


@pytest.mark.parametrize(
    ("first", "second"),
    [(NIA, NIA), (NIA, ""), ("", NIA)],
    ids=["the same", "the second empty", "the first empty"],
)
def test_columns_that_mean_the_same_and_do_not_differ_are_one(
    acme: Path, first: str, second: str
) -> None:
    onboard(
        acme, f"First Name,Last Name,Email,Work Email\nNia,Brooks,{first},{second}\n", mapping=MAP
    )
    assert NIA in users(acme)


def test_a_column_that_is_to_be_ignored_must_be_there(acme: Path) -> None:
    shown = people(acme, words=("--ignore-column", "Shoe size"), code=1).stderr
    assert "There is no column 'Shoe size' to ignore" in shown


# --- who has left ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("heading", "here", "gone"),
    [
        ("Enabled", "True", "False"),
        ("Account enabled", "WAHR", "FALSCH"),
        ("Active", "Yes", "no"),
        ("Aktiv", "ja", "Nein"),
        ("Actif", "oui", "non"),
        ("Activo", "sí", "no"),
        ("Block sign in (Yes/No) [accountEnabled] Required", "No", "Yes"),
        ("Suspended", "FALSE", "TRUE"),
        ("Terminated", "", "x"),
        ("Gesperrt", "0", "1"),
        ("Employment Status", "Full-Time", "Terminated"),
        ("User Status", "Verified", "Inactive"),
        ("Status [READ ONLY]", "Active", "Suspended"),
        ("Mitarbeiterstatus", "Vollzeit", "ausgeschieden"),
        ("Status", "STAGED", "DEPROVISIONED"),
        ("Termination Date", "", "2026-10-31"),
        ("Austrittsdatum", "", "31.10.2026"),
        ("Last working day", "", "2026-11-23 17:00:00"),
        ("Date de sortie", "", "31.10.2026"),
        ("Fecha de baja", "", "2026-11-24"),
    ],
)
def test_whoever_has_left_is_not_onboarded(acme: Path, heading: str, here: str, gone: str) -> None:
    shown = people(acme, (heading, here, gone)).stderr
    assert f"list.csv:3:4: {heading}: This row is skipped" in shown
    assert NIA in users(acme)
    assert LEFT not in users(acme)


def test_every_column_about_it_counts(acme: Path) -> None:
    result = people(
        acme,
        ("User Status", "Active", "Active"),
        ("Employment Status", "Full time", "Terminated"),
        ("Enabled", "", ""),
    )
    assert "'Employment Status' is also status" in result.stderr
    assert "2 rows: 1 new, 1 skipped" in result.stdout


@pytest.mark.parametrize(
    ("heading", "cell", "day"),
    [
        ("Termination Date", "2027-01-31", "2027-01-31"),
        ("Last day of work", "31.01.2027", "2027-02-01"),
        ("Contract end", "9999-12-31", None),
    ],
)
def test_whoever_leaves_later_is_onboarded_and_leaves_on_that_day(
    acme: Path, heading: str, cell: str, day: str | None
) -> None:
    people(acme, (heading, "", cell))
    assert users(acme)[LEFT].get("offboard_on") == day


@pytest.mark.parametrize(
    "heading", ["Leaver flag", "Austritt geplant", "AD account locked out", "Departure"]
)
def test_a_heading_about_it_that_is_not_understood_stops(acme: Path, heading: str) -> None:
    shown = people(acme, (heading, "", "x"), code=1).stderr
    assert f"list.csv:1:4: The column '{heading}' may say who has left" in shown
    people(acme, (heading, "", "x"), words=("--ignore-column", heading))
    assert LEFT in users(acme)


@pytest.mark.parametrize(
    "heading", ["Marital status", "License status", "State", "Phone number active", "2sv status"]
)
def test_a_heading_about_something_else_does_not(acme: Path, heading: str) -> None:
    people(acme, (heading, "", "x"))


def test_a_cell_that_does_not_say_it_is_refused(acme: Path) -> None:
    assert (
        "'perhaps' is neither yes nor no"
        in people(acme, ("Enabled", "perhaps", "yes"), code=1).stderr
    )
    assert "'soon' is not a date" in people(acme, ("Termination Date", "soon", ""), code=1).stderr
    with pytest.raises(CellRefused):
        departure_day("left_on", "46000")


# --- rows and sheets ------------------------------------------------------------------------------


@pytest.mark.slow
def test_rows_about_nobody_are_reported(acme: Path) -> None:
    rows = (
        "First Name,Last Name,Email,Department",
        "Example: Chris,Green,chris@acme.example,",
        f"Nia,Brooks,{NIA},",
        "First Name,Last Name,Email,Department",
        f"Tom,Reed,{LEFT},",
        "Total,2,,",
        "Gesamt: 2,,,",
    )
    result = onboard(acme, "\n".join(rows) + "\n", mapping=MAP)
    assert "2 rows: 2 new" in result.stdout
    for expected in (":2:1: This row is not read: it is an example",
                 ":4:1: This row is not read: it repeats the headings",
                 ":6:1: This row is not read: it is a total",
                 ":7:1: This row is not read: it is a total"):  # fmt: skip
        assert expected in result.stderr


@pytest.mark.parametrize("title", ["New people, as of today", "a,b,c,d,e,f,g", "x|y"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_the_headings_decide_what_separates_the_cells(
    acme: Path, title: str, delimiter: str
) -> None:
    rows = [
        title,
        "",
        delimiter.join(("Vorname", "Nachname", "E-Mail")),
        delimiter.join(("Nia", "Brooks", NIA)),
    ]
    onboard(acme, "\n".join(rows) + "\n", mapping=MAP)
    assert NIA in users(acme)


def test_an_apostrophe_before_a_number_is_dropped(acme: Path) -> None:
    onboard(acme, f"First Name,Last Name,Email,Extension\nNia,'t Hooft,{NIA},'1444\n", mapping=MAP)
    nia = users(acme)[NIA]
    assert (nia["last_name"], nia["licenses"][0]["extension"]["number"]) == ("'t Hooft", "1444")


def workbook(folder: Path, **sheets: str) -> tuple[Path, Workbook]:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, person in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append(["First Name", "Last Name", "Email"])
        sheet.append([person, "Brooks", f"{person.casefold()}@acme.example"])
    (folder / "map.yaml").write_text(MAP)
    return folder / "list.xlsx", book


def read(path: Path, book: Workbook, acme: Path, *words: str, code: int = 0) -> Result:
    out = BytesIO()
    book.save(out)
    path.write_bytes(out.getvalue())
    return run(
        "onboard", path, "--into", acme, "--map", path.parent / "map.yaml", *words, *NOW, code=code
    )


def test_several_lists_are_asked_for_by_name(acme: Path, tmp_path: Path) -> None:
    path, book = workbook(tmp_path, Seattle="Nia", Munich="Tom")
    shown = read(path, book, acme, code=1).stderr
    assert "Several sheets look like lists of people: 'Seattle', 'Munich'" in shown
    shown = read(path, book, acme, "--sheet", "Munich").stderr
    assert "Columns of the sheet 'Munich'" in shown
    assert "The sheet 'Seattle' is not read" in shown
    assert "tom@acme.example" in users(acme)
    assert "It has: 'Seattle', 'Munich'" in read(path, book, acme, "--sheet", "Bern", code=1).stderr


def test_a_hidden_list_is_read_only_where_it_is_asked_for(acme: Path, tmp_path: Path) -> None:
    path, book = workbook(tmp_path, Old="Nia")
    notes = book.create_sheet("Notes")
    notes.append(["Read me"])
    book["Old"].sheet_state = "hidden"
    assert "is read only if you name it" in read(path, book, acme, code=1).stderr
    read(path, book, acme, "--sheet", "Old")
    assert "nia@acme.example" in users(acme)


def test_hidden_rows_and_columns_are_reported(acme: Path, tmp_path: Path) -> None:
    path, book = workbook(tmp_path, List="Nia")
    sheet = book["List"]
    assert isinstance(sheet, Worksheet)
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["C"].hidden = True
    shown = read(path, book, acme).stderr
    assert "list.xlsx:2:1: 1 hidden or filtered row is read like the others: 2." in shown
    assert "Hidden columns are read like the others: 3." in shown
    assert "nia@acme.example" in users(acme)


@pytest.mark.parametrize(
    ("heading", "hers", "his", "what"),
    [
        ("License 2", "vcc-agent", "VCC Agent", "licenses"),
        ("Red line", "206 555 0180", "(206) 555-0181", "phone numbers"),
        ("Desk", "1710", "1711", "numbers that may be extensions"),
    ],
)
def test_a_column_that_counts_is_not_passed_over_without_a_warning(
    acme: Path, heading: str, hers: str, his: str, what: str
) -> None:
    output = f"list.csv:1:4: The column '{heading}' holds {what}, but is not read."
    assert output in people(acme, (heading, hers, his)).stderr
    assert (
        "left-out"
        not in people(acme, (heading, hers, his), words=("--ignore-column", heading)).stderr
    )


@pytest.mark.parametrize(
    ("heading", "hers", "his"),
    [
        ("Mobile", "206 555 0180", ""),
        ("Employee no.", "1710", "1711"),
        ("Login", NIA, LEFT),
        ("Note", "as Ada has", ""),
    ],
)
def test_a_column_that_does_not_count_is_only_listed(
    acme: Path, heading: str, hers: str, his: str
) -> None:
    assert "left-out" not in people(acme, (heading, hers, his)).stderr


def test_an_invalid_address_is_reported_once(acme: Path) -> None:
    text = (
        "First Name,Last Name,Email\nNia,Brooks,Nia Brooks <nia@acme.example>\n"
        "Tom,Reed,tom@@acme\nEve,Doe,\n"
    )
    shown = onboard(acme, text, mapping=MAP, code=1).stderr
    assert "list.csv:2:3: Email: 'Nia Brooks <nia@acme.example>' is not an e-mail address." in shown
    assert "Write 'nia@acme.example'." in shown
    assert "list.csv:3:3: Email: 'tom@@acme' is not an e-mail address." in shown
    assert "list.csv:4:3: Email: The row has no user name." in shown
    assert "3 errors" in shown
