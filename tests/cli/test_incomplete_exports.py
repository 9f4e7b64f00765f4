"""`licsync refresh` refuses exports that are cut short or filtered, of a small account too."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command_line import dump, run
from tests.support.paths import ROOT

MONDAY = ROOT / "examples" / "console" / "monday"

Lines = list[str]
Edit = Callable[[Lines], Lines]


@pytest.fixture(scope="module")
def hooli_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    account = tmp_path_factory.mktemp("exports") / "hooli"
    run("init", account, "--backend", "console")
    run("import", account, "--from", MONDAY)
    return account


@pytest.fixture
def hooli(hooli_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(hooli_once, tmp_path / "hooli"))


def export(folder: Path, users: Edit | None, licenses: Edit | None) -> Path:
    for name, edit in (("Users", users), ("Licenses", licenses)):
        if edit is not None:
            lines = (MONDAY / f"{name}.csv").read_text().splitlines()
            (folder / f"{name}.csv").write_text("\n".join(edit(lines)) + "\n")
    return folder


def same(lines: Lines) -> Lines:
    return lines


def without(text: str, most: int = 99) -> Edit:
    def edit(lines: Lines) -> Lines:
        drop = [line for line in lines if text in line][:most]
        return [line for line in lines if line not in drop]

    return edit


def first(count: int) -> Edit:
    return lambda lines: lines[:count]


VARIATIONS: dict[str, tuple[Edit | None, Edit | None, str]] = {
    "half a list of licenses": (same, first(10), "lacks 5 licenses that the list of users names"),
    "a type is missing": (same, without("X4"), "lacks 2 licenses that the list of users names"),
    "a country is missing": (same, without("United Kingdom"), "lacks 4 licenses that"),
    "a license of somebody": (same, without("Ben Ford"), "X2 · US of ben.ford@hooli.example"),
    "only assigned licenses": (same, without("Unassigned"), "all 6 unassigned licenses"),
    "a list without users": (None, without("Ben Ford"), "every license of ben.ford"),
    "an address is missing": (None, without("7 Park Row"), "all 7 licenses at 7 Park Row"),
    "a list that ends early": (None, without("X4", 3), "all 3 licenses X4 · GB"),
    "a site is missing": (without(",Leeds,"), None, "all 4 users of the site Leeds"),
    "half a list of users": (first(6), None, "6 users of 11 would be gone (more than 2"),
}


@pytest.mark.parametrize("what", VARIATIONS)
def test_an_incomplete_export_is_refused(hooli: Path, tmp_path: Path, what: str) -> None:
    users, licenses, message = VARIATIONS[what]
    before = dump(hooli)
    folder = tmp_path / "export"
    folder.mkdir()
    output = run("refresh", hooli, "--from", export(folder, users, licenses), code=3).stderr
    assert "error[export-incomplete]" in output
    assert message in output
    assert "license-" not in output, "nobody can find such an id"
    assert dump(hooli) == before
    run("refresh", hooli, "--from", folder, "--allow-missing", "9")


def test_both_faults_are_reported_together_and_a_partial_export_is_refused(
    hooli: Path, tmp_path: Path
) -> None:
    folder = export(tmp_path, same, lambda lines: without("X4")(without("Unassigned")(lines)))
    output = run("refresh", hooli, "--from", folder, code=3).stderr
    assert output.count("error[export-incomplete]") == 2
    assert "Users.csv:2:10" in output
    run("refresh", hooli, "--from", folder, "--partial")


def unassigned(lines: Lines) -> Lines:
    return [line for line in lines if "Unassigned" in line or line is lines[0]]


@pytest.mark.parametrize("licenses", [without("Unassigned", 1), unassigned])
def test_a_few_may_be_gone_and_unassigned_ones_may_be_listed_alone(
    hooli: Path, tmp_path: Path, licenses: Edit
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    run("refresh", hooli, "--from", export(folder, same, licenses))


def edited(folder: Path, **edits: Edit) -> Path:
    folder.mkdir(exist_ok=True)
    return export(folder, edits.get("users", same), edits.get("licenses", same))


def test_an_empty_cell_contradicts_a_list_of_licenses_that_names_the_user(
    hooli: Path, tmp_path: Path
) -> None:
    def emptied(lines: Lines) -> Lines:
        return [
            line.replace("X Series - X2-VOSVC0216-02-US", "") if "ben.ford" in line else line
            for line in lines
        ]

    folder = edited(tmp_path / "export", users=emptied)
    output = run("refresh", hooli, "--from", folder, code=1).stderr
    assert "This list assigns X2 to 'ben.ford@hooli.example', but the list of users does" in output


def test_a_column_that_is_empty_everywhere_says_nothing_of_licenses(
    hooli: Path, tmp_path: Path
) -> None:
    def emptied(lines: Lines) -> Lines:
        return [lines[0], *(re.sub(r"[^,]*VOSVC[^,]*", "", line) for line in lines[1:])]

    folder = edited(tmp_path / "export", users=emptied)
    assert "Nothing changed." in run("refresh", hooli, "--from", folder).stdout


@pytest.mark.parametrize("columns", [None, "License,Country,Status"])
def test_a_license_without_an_id_in_two_lists_is_refused(
    hooli: Path, tmp_path: Path, columns: str | None
) -> None:
    folder = edited(tmp_path / "export")
    rows = list(csv.DictReader((MONDAY / "Licenses.csv").read_text("utf-8-sig").splitlines()))
    names = columns.split(",") if columns else list(rows[0])
    with (folder / "Unassigned.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row for row in rows if row["Status"] == "Unassigned")
    output = run("refresh", hooli, "--from", folder, code=1).stderr
    assert "Licenses.csv lists a license like this too." in output
    assert "put them into one file" in output
    run("refresh", hooli, "--from", folder / "Users.csv", "--from", folder / "Licenses.csv")


def test_lists_that_are_parts_of_one_another_are_read_together(hooli: Path, tmp_path: Path) -> None:
    folder = edited(tmp_path / "export", licenses=without("United Kingdom"))
    (folder / "GB.csv").write_text(
        "\n".join(
            line
            for line in (MONDAY / "Licenses.csv").read_text("utf-8-sig").splitlines()
            if "United Kingdom" in line or line.startswith("License,")
        )
        + "\n"
    )
    assert "Nothing changed." in run("refresh", hooli, "--from", folder).stdout


def test_a_row_that_ends_early_is_reported(hooli: Path, tmp_path: Path) -> None:
    def cut(lines: Lines) -> Lines:
        return [line.rsplit(",", 2)[0] if "cora.lee" in line else line for line in lines]

    output = run("refresh", hooli, "--from", edited(tmp_path / "export", users=cut)).stderr
    assert "Users.csv:4:1: The row ends before the column 'User.Voice.Extension'" in output


def test_a_new_address_is_shown_by_its_content(hooli: Path, tmp_path: Path) -> None:
    def moved(lines: Lines) -> Lines:
        return [
            line.replace("7 Park Row", "9 Park Row") if "Hal" in line else line for line in lines
        ]

    output = run("refresh", hooli, "--from", edited(tmp_path / "export", licenses=moved)).stdout
    assert "service address 9 Park Row, Leeds, LS1 5HD, GB" in output
    assert "address-" not in output
