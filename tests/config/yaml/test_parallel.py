"""Files read by several processes say what they say when one reads them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from licsync.config import parallel
from licsync.config.files import read_files
from licsync.config.loader import load, load_files, load_head
from licsync.config.parallel import WORTHWHILE, read_documents, start_reading
from licsync.config.yaml.parser import read
from licsync.model.backend_types import UNKNOWN
from tests.support.accounts import write_account

FAULTY = "users:\n  a: {x: 1}\n  a: {x: 2}\n"


def files(count: int, each: int) -> dict[str, bytes]:
    """Files that are together worth more than one process."""
    found = {}
    for number in range(count):
        users = "".join(
            f"  u{number}.{i}@x.example: {{first_name: NO, last_name: '0{i}', licenses: [x2]}}\n"
            for i in range(each)
        )
        found[f"users/{number:04}.yaml"] = f"users:\n{users}".encode()
    return found


@pytest.fixture(scope="module")
def many() -> dict[str, bytes]:
    found = files(300, 40)
    assert sum(map(len, found.values())) > 2 * WORTHWHILE
    return found | {"bad.yaml": FAULTY.encode(), "worse.yaml": b"users: [\n"}


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [2, 3])
def test_the_result_does_not_depend_on_the_number_of_processes(
    many: dict[str, bytes], jobs: int
) -> None:
    assert read_documents(many, jobs=jobs) == read_documents(many, jobs=1)


@pytest.mark.slow
def test_this_process_does_its_own_things_first(
    many: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    read_here: list[str] = []
    monkeypatch.setattr(
        parallel, "read", lambda data, name: read_here.append(name) or read(data, name)
    )
    finish = start_reading(many, jobs=2)
    assert read_here == []
    assert [document.file for document in finish()] == list(many)


def _children() -> set[str]:
    """The processes that this one started; those of other tests are among them."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")
def test_files_that_a_process_did_not_return_are_read_again(many: dict[str, bytes]) -> None:
    others = _children()
    finish = start_reading(many, jobs=2)
    for child in _children() - others:
        os.kill(int(child), signal.SIGKILL)
    assert finish() == read_documents(many, jobs=1)


@pytest.mark.slow
def test_an_account_loads_the_same(many: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "users").mkdir()
    write_account(tmp_path, "account: {name: big, defaults: {country: US}}\n")
    for name, data in many.items():
        (tmp_path / name).write_bytes(data)
    found = read_files(tmp_path)
    several, one = load_files(found, jobs=3), load(tmp_path, jobs=1)
    assert several.diagnostics == one.diagnostics
    assert several.desired is not None
    assert one.desired is not None
    assert several.desired.users == one.desired.users
    assert several.desired.digest == one.desired.digest
    head = load_head(found).desired
    assert head is not None
    # one file cannot be read to its end, so it may say what the backend is
    backend = {"type": UNKNOWN.name}
    assert head.account == {"name": "big", "defaults": {"country": "US"}, "backend": backend}
