"""Several files change together, whenever the command is killed."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from licsync.diagnostics import InputInvalid, Locked
from licsync.store import CHANGING
from licsync.store.processes import this_process
from licsync.workflows.file_changes import change_files, restore_files
from licsync.workflows.output import Silent
from tests.support.accounts import write_files
from tests.support.command_line import run
from tests.support.people import account

OLD = {"a.yaml": "a: 1\n", "b/b.yaml": "b: 1\n", "gone.yaml": "gone: 1\n"}
NEW = {"a.yaml": b"a: 2\n", "b/b.yaml": b"b: 2\n", "c/new.yaml": b"c: 2\n", "gone.yaml": None}
AFTER = {name: data.decode() for name, data in NEW.items() if data is not None}


def contents(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): path.read_text()
        for path in directory.rglob("*.yaml")
        if ".licsync" not in path.parts
    }


def change_until_killed(
    directory: Path, changes: dict[str, bytes | None], step: int | None = None
) -> bool:
    """Change files in a process that is killed before it renames or removes its Nth file.

    By default it has then changed one file.

    Returns:
        whether the process lived to the end.
    """
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    copies = sum((directory / name).exists() for name in changes)
    steps = iter(range(copies + 2 if step is None else step))  # the record, and one file

    def die(event: str, details: object) -> None:
        if event in ("os.rename", "os.remove", "os.rmdir") and next(steps, None) is None:
            os._exit(9)

    sys.addaudithook(die)
    try:
        change_files(directory, changes)
    finally:
        os._exit(0)


@pytest.mark.slow
def test_all_files_change_or_none_wherever_the_command_is_killed(tmp_path: Path) -> None:
    seen = set()
    for step in range(40):
        directory = write_files(tmp_path / str(step), OLD)
        is_whole = change_until_killed(directory, NEW, step)
        restore_files(directory, Silent())
        found = contents(directory)
        assert found in (OLD, AFTER)
        seen.add(found == AFTER)
        assert not (directory / CHANGING).exists()
        assert change_files(directory, NEW) is None, "again"
        assert contents(directory) == AFTER
        if is_whole:
            break
    assert is_whole
    assert seen == {False, True}


def test_a_file_that_cannot_be_written_undoes_the_others(tmp_path: Path) -> None:
    directory = write_files(tmp_path, {**OLD, "file": ""})
    with pytest.raises(InputInvalid, match="cannot be written"):
        change_files(directory, {**NEW, "file/c.yaml": b"c: 2\n"})
    assert contents(directory) == OLD
    assert list((directory / ".licsync").iterdir()) == []


def test_the_next_command_restores_the_files_and_says_so(tmp_path: Path) -> None:
    acme = account(tmp_path)
    before = contents(acme)
    broken: dict[str, bytes | None] = {"account.yaml": b"account: {}\n", "users.yaml": b"x: 1\n"}
    assert not change_until_killed(acme, broken)
    assert contents(acme) != before
    refused = run("validate", acme, code=1, LICSYNC_READ_ONLY="1")
    assert "A command was killed while it changed the files of the account." in refused.stderr
    assert "restored their old content: account.yaml." in run("validate", acme).stderr
    assert contents(acme) == before


def test_files_of_another_hand_are_not_overwritten(tmp_path: Path) -> None:
    directory = write_files(tmp_path, OLD)
    assert not change_until_killed(directory, NEW)
    (directory / "a.yaml").write_text("a: 3\n")
    with pytest.raises(InputInvalid, match="has changed since a command was killed"):
        restore_files(directory, Silent())
    assert contents(directory)["a.yaml"] == "a: 3\n"


def test_a_command_that_still_runs_is_left_alone(tmp_path: Path) -> None:
    directory = write_files(tmp_path, OLD)
    assert not change_until_killed(directory, NEW)
    record = json.loads((directory / CHANGING).read_text())
    record["process"] = asdict(this_process())
    (directory / CHANGING).write_text(json.dumps(record))
    with pytest.raises(Locked, match="Another command is changing files"):
        restore_files(directory, Silent())


@pytest.mark.parametrize(
    "record",
    [
        "[]",
        '{"folder": "../x", "files": {}}',
        '{"folder": "x", "files": {"../other.yaml": {"before": null, "after": null}}}',
        '{"folder": "x", "files": {".licsync/state.db": {"before": null, "after": "0"}}}',
    ],
)
def test_a_committed_record_reaches_no_other_file(tmp_path: Path, record: str) -> None:
    directory = write_files(tmp_path / "acme", {**OLD, str(CHANGING): record})
    with pytest.raises(InputInvalid):
        restore_files(directory, Silent())
    assert contents(directory) == OLD
