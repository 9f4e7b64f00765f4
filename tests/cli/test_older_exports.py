"""`licsync refresh` notices that an export is older than the one read before, without `--as-of`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.command_line import dump, run
from tests.support.console_exports import exported, write_csv, write_workbook
from tests.support.paths import ROOT

TAKEN_BACK = "this export may be an older one."
OLDER = "this export seems to be older."
NOW = datetime.now(UTC)
MONDAY, TUESDAY = NOW - timedelta(days=2), NOW - timedelta(hours=5)


def of(path: Path, moment: datetime) -> Path:
    """Let a file, or the files of a folder, be of a moment."""
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        os.utime(file, (moment.timestamp(), moment.timestamp()))
    return path


def tables_of(account: Path, folder: Path) -> Path:
    return write_csv(folder, exported(dump(account)))


@pytest.mark.slow
def test_the_time_of_a_file_tells_which_export_is_older(acme: Path, tmp_path: Path) -> None:
    monday, tuesday = (tables_of(acme, tmp_path / name) for name in ("monday", "tuesday"))
    run("refresh", acme, "--from", of(tuesday, TUESDAY))
    before = dump(acme)
    output = run("refresh", acme, "--from", of(monday, MONDAY), code=3).stderr
    assert output.count(OLDER) == 2, "users and licenses"
    assert "'users.csv' was last modified on" in output
    assert dump(acme) == before
    run("refresh", acme, "--from", tuesday)
    run("refresh", acme, "--from", monday, "--dry-run", code=3)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    run("refresh", acme, "--from", monday, "--as-of", today, "--dry-run")
    run("refresh", acme, "--from", monday, "--allow-older")
    run("refresh", acme, "--from", monday, "--dry-run")


@pytest.mark.slow
def test_kinds_of_tables_have_their_own_dates(acme: Path, tmp_path: Path) -> None:
    folder = of(tables_of(acme, tmp_path / "export"), TUESDAY)
    run("refresh", acme, "--from", folder, "--only", "users")
    of(folder, MONDAY)
    run("refresh", acme, "--from", folder, "--only", "licenses")
    assert OLDER in run("refresh", acme, "--from", folder, "--only", "users", code=3).stderr


@pytest.mark.slow
def test_an_old_file_counts_as_of_now_with_a_warning(acme: Path, tmp_path: Path) -> None:
    folder = of(tables_of(acme, tmp_path / "export"), MONDAY)
    output = run("refresh", acme, "--from", folder).stderr
    assert "warning[export-older] 'users.csv' was last modified on" in output
    assert f"pass --as-of {MONDAY.date().isoformat()}." in output
    run("refresh", acme, "--from", of(folder, TUESDAY))
    assert "export-older" not in run("refresh", acme, "--from", folder).stderr


@pytest.mark.slow
def test_in_a_git_work_tree_the_time_of_a_file_is_that_of_the_checkout(
    acme: Path, tmp_path: Path
) -> None:
    folder = of(tables_of(acme, tmp_path / "export"), TUESDAY)
    run("refresh", acme, "--from", folder)
    (tmp_path / ".git").mkdir()
    output = run("refresh", acme, "--from", of(folder, MONDAY)).stderr
    assert "warning[export-older]" in output
    assert OLDER in output


def named(folder: Path, day: str) -> Path:
    folder.mkdir(exist_ok=True)
    for file in [*folder.iterdir()]:
        file.rename(folder / f"{file.stem.partition('-')[0]}-{day}.csv")
    return folder


def in_folder(folder: Path, day: str) -> Path:
    return Path(shutil.copytree(folder, folder.parent / day))


@pytest.mark.parametrize("name", [named, in_folder])
def test_a_day_in_a_name_counts_with_a_simulated_clock_too(
    acme: Path, tmp_path: Path, name: Callable[[Path, str], Path]
) -> None:
    clock = ("--now", "2026-11-29T09:00:00Z")
    folder = tables_of(acme, tmp_path / "export")
    run("refresh", acme, "--from", name(folder, "2026-11-28"), *clock)
    output = run("refresh", acme, "--from", name(folder, "2026-11-27"), *clock, code=3).stderr
    assert "is of 27 Nov 2026, by its name" in output
    run("refresh", acme, "--from", name(folder, "2026-11-29"), *clock)


@pytest.mark.slow
def test_a_workbook_bears_the_time_at_which_it_was_saved(acme: Path, tmp_path: Path) -> None:
    book = write_workbook(tmp_path / "export.xlsx", exported(dump(acme)))
    run("refresh", acme, "--from", of(book, TUESDAY))
    assert OLDER in run("refresh", acme, "--from", of(book, MONDAY), code=3).stderr
    with ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["docProps/core.xml"] = f"<dcterms:modified>{MONDAY.isoformat()}</".encode()
    with ZipFile(book, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    output = run("refresh", acme, "--from", of(book, TUESDAY), code=3).stderr
    assert "'export.xlsx' was saved on" in output


@pytest.mark.slow
def test_the_dates_of_imports_count_and_a_damaged_record_is_ignored(
    acme: Path, tmp_path: Path
) -> None:
    folder = of(shutil.copytree(ROOT / "examples/console/monday", tmp_path / "export"), TUESDAY)
    account = tmp_path / "new"
    run("init", account, "--backend", "console")
    run("import", account, "--from", folder)
    assert OLDER in run("refresh", account, "--from", of(folder, MONDAY), code=3).stderr
    for text in ("{", "[]", '{"users": 1}', '{"users": {"at": "never", "file": "x"}}'):
        (account / ".licsync" / "exports.json").write_text(text)
        run("refresh", account, "--from", folder, "--dry-run")


@pytest.mark.slow
def test_an_export_that_only_takes_changes_back_may_be_old(acme: Path, tmp_path: Path) -> None:
    """What no date tells: a download of last week, made today."""
    document = dump(acme)
    old = write_csv(tmp_path / "old", exported(document))
    run("refresh", acme, "--from", old)
    document["users"]["ada.lopez@acme.example"]["department"] = "Research"
    run("refresh", acme, "--from", write_csv(tmp_path / "new", exported(document)))
    document["users"]["bo.chen@acme.example"]["department"] = "Research"
    output = run(
        "refresh", acme, "--from", write_csv(tmp_path / "newer", exported(document))
    ).stderr
    assert TAKEN_BACK not in output
    output = run("refresh", acme, "--from", old, "--dry-run").stderr
    assert "All 2 changes of this export take back what changed with the refresh of" in output
    assert (
        TAKEN_BACK not in run("refresh", acme, "--from", old, "--dry-run", "--allow-older").stderr
    )
    document["users"]["cy.diaz@acme.example"]["department"] = "Research"
    document["users"]["bo.chen@acme.example"]["department"] = "Sales"
    other = write_csv(tmp_path / "other", exported(document))
    assert TAKEN_BACK not in run("refresh", acme, "--from", other, "--dry-run").stderr
    for kept in (acme / ".licsync").glob("replaced-*.json"):
        kept.write_text("{")
    assert TAKEN_BACK not in run("refresh", acme, "--from", old).stderr
