"""A plan without the settled users is the plan of everybody, whatever is edited, and whatever
became of the cache.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from licsync.backends.local.partial_reader import PartialReader
from licsync.config import files, parallel
from licsync.config.yaml import parser as reader
from licsync.forking import can_fork
from licsync.incremental import cache, load
from licsync.store import STATE
from licsync.workflows.account import open_account
from licsync.workflows.planning import PlanRequest, plan_state, plan_stored
from licsync.workflows.session import Session
from licsync.workflows.state import load_state
from tests.support.account_edits import EDITS
from tests.support.command_line import run
from tests.support.in_sync_account import Tree, write_in_sync
from tests.support.paths import EXAMPLES
from tests.support.samples import sampled, seed_range, seeds

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The account, with its inventory in the store."""
    return write_in_sync(tmp_path_factory.mktemp("begun") / "account")


@pytest.fixture
def root(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the account, with a cache of its own."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return Path(shutil.copytree(begun, tmp_path / "account"))


def incremental_plan(root: Path, jobs: int = 1) -> Tree | None:
    return reduced_plan(root, None, jobs)


def reduced_plan(root: Path, state: str | None, jobs: int) -> Tree | None:
    """Plan without the users that are in sync; None where everybody has to be compared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "WORTHWHILE", 0)
        account = open_account(Session(root, state, NOW, jobs))
    with closing(account):
        loaded, plan = plan_stored(account, PlanRequest())
    return plan.to_json() if loaded.is_reduced else None


def full_plan(root: Path) -> Tree:
    with closing(open_account(Session(root, None, NOW, 1, use_cache=False))) as account:
        return plan_state(load_state(account), PlanRequest()).to_json()


# --- what may happen between two plans ------------------------------------------------------------


@pytest.mark.slow
@seeds(4, soak=12)
def test_after_any_edits_the_plans_are_the_same(
    root: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, were_quick = Random(seed), 0
    if seed % 2:
        monkeypatch.setattr(load, "_READ_SHARE", 0)  # whatever changed was little
    if seed % 3 == 0:
        # until something is applied, the inventory is the document
        shutil.rmtree(root / ".licsync")
    for step in range(10):
        edit = random.choice([*EDITS]) if step else "comment"
        EDITS[edit](root, random)
        for attempt in ("cold", "warm"):
            plan = incremental_plan(root)
            assert plan in (None, full_plan(root)), (edit, attempt)
            were_quick += plan is not None
    assert were_quick


@pytest.mark.parametrize("few", [0, 10])
@sampled("edit", EDITS, lambda index: index % 2 == 0, pytest.mark.slow)
def test_after_each_edit_the_plans_are_the_same(
    root: Path, edit: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "_READ_SHARE", few)
    assert incremental_plan(root) == full_plan(root)
    EDITS[edit](root, Random(1))
    for _ in range(2):
        assert incremental_plan(root) in (None, full_plan(root))


def test_what_is_unchanged_is_not_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert incremental_plan(root)
    seen: list[str] = []
    original = reader._read
    monkeypatch.setattr(
        reader, "_read", lambda data, file, depth: seen.append(file) or original(data, file, depth)
    )
    EDITS["comment"](root, Random(1))
    assert incremental_plan(root)
    assert {file for file in seen if file.startswith("users/")} == {"users/1.yaml"}


def test_an_inventory_that_is_loaded_again_is_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert incremental_plan(root)
    document = {
        **json.loads((root / "inventory.json").read_text()),
        "as_of": "2026-11-25T00:00:00Z",
        "observed": {"users.status": "2026-11-25T00:00:00Z"},
    }
    (root / "inventory.json").write_text(json.dumps(document))
    run("inventory", "load", root, root / "inventory.json")
    seen = reads(monkeypatch)
    assert incremental_plan(root)
    whole = (root / "users" / "0.yaml").read_text()
    (read_anew,) = [data.decode() for file, data in seen if file == "users/0.yaml"]
    assert len(read_anew) < len(whole) / 2, "only who is not in sync is read"
    assert incremental_plan(root) == full_plan(root)


def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """What is parsed from now on: the names of files, and bytes."""
    seen: list[tuple[str, bytes]] = []
    original = reader._read

    def read(data: bytes, file: str, depth: int) -> reader.Document:
        seen.append((file, data))
        return original(data, file, depth)

    monkeypatch.setattr(reader, "_read", read)
    return seen


def test_of_an_edited_file_only_the_edited_entry_is_parsed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert incremental_plan(root)
    path = root / "users" / "2.yaml"
    text = path.read_text()
    edited = text.replace("first_name: ", "first_name: X", 1)
    assert edited != text
    path.write_text(edited)
    seen = reads(monkeypatch)
    assert incremental_plan(root)
    (read_anew,) = [data.decode() for file, data in seen if file.startswith("users/")]
    assert read_anew.count("first_name") == 1
    assert "first_name: X" in read_anew
    assert incremental_plan(root) == full_plan(root)


@pytest.mark.soak
@pytest.mark.parametrize("seed", seed_range(12, 300))
def test_after_many_edits_the_plans_are_the_same(
    root: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_after_any_edits_the_plans_are_the_same(root, seed, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("example", ["acme", "globex", "initech"])
def test_the_examples_plan_the_same(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    origin = EXAMPLES / example
    root = Path(shutil.copytree(origin, tmp_path / example))
    run("inventory", "load", root, root / "inventory.json")
    for _ in range(2):
        assert incremental_plan(root) in (None, full_plan(root))


# --- the cache ------------------------------------------------------------------------------------


def open_cache(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(next((tmp_path / "cache").glob("*.db")))


@pytest.mark.skipif(not can_fork(2), reason="processes have to be forked")
@pytest.mark.parametrize("state", [None, "another"])
def test_several_processes_find_the_same(
    root: Path, tmp_path: Path, state: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "WORTHWHILE", 100)
    url = f"sqlite:///{shutil.copy(root / STATE, tmp_path / 'other.db')}" if state else None
    assert reduced_plan(root, url, 3) == full_plan(root)


def test_where_the_inventory_changes_meanwhile_everybody_is_compared(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PartialReader, "is_current", lambda _: False)
    assert incremental_plan(root) is None
    assert not (root.parent / "cache").exists()


PIECES = ("account", "files", "hashes", "in-sync", "digests")


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_that_was_tampered_with_is_not_used(
    root: Path, tmp_path: Path, piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "_READ_SHARE", 0)
    assert incremental_plan(root)
    if piece != "account":
        EDITS["comment"](root, Random(1))
    with open_cache(tmp_path) as connection:
        (content,) = connection.execute(
            "SELECT content FROM pieces WHERE name = ?", (piece,)
        ).fetchone()
        changed = content[:40] + bytes((content[40] ^ 1,)) + content[41:]
        connection.execute("UPDATE pieces SET content = ? WHERE name = ?", (changed, piece))
    connection.close()
    assert incremental_plan(root) == full_plan(root)


@pytest.mark.parametrize("piece", PIECES)
def test_pieces_of_another_time_are_not_used(
    root: Path, tmp_path: Path, piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "_READ_SHARE", 0)
    assert incremental_plan(root)
    with open_cache(tmp_path) as connection:
        query = "SELECT checksum, content FROM pieces WHERE name = ?"
        before = connection.execute(query, (piece,)).fetchone()
    connection.close()
    EDITS["leaver"](root, Random(1))
    assert incremental_plan(root)
    EDITS["newcomer"](root, Random(2))
    with open_cache(tmp_path) as connection:
        connection.execute(
            "UPDATE pieces SET checksum = ?, content = ? WHERE name = ?", (*before, piece)
        )
    connection.close()
    assert incremental_plan(root) == full_plan(root)


WRONG = {
    "no JSON": lambda content: b"garbage",
    "nothing": lambda content: b"",
    "null": lambda content: b"null",
    "a number": lambda content: b"5",
    "empty lists": lambda content: b"[[], [], [], [], []]",
    "texts": lambda content: b'["a", "b", "c", "d", "e"]',
    "half of it": lambda content: content[: len(content) // 2],
    "more than it": lambda content: content + content,
    "other types": lambda content: content.replace(b'"', b"").replace(b"{", b"["),
    "numbers for mappings": lambda content: (
        content[:16] + content[16:].replace(b"{}", b"5").replace(b"[]", b"5")
    ),
    "other keys": lambda content: (
        content[:16] + content[16:].replace(b"first_name", b"xirst_name").replace(b"type", b"tipe")
    ),
    "too deep": lambda content: content[:16] + b"[" * 100_000 + b"]" * 100_000,
    "not UTF-8": lambda content: content[:16] + b"[\xff" + content[16:],
}


@sampled("wrong", WRONG, lambda index: index % 3 == 0, pytest.mark.slow)
@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_with_a_right_checksum_and_wrong_content_is_dropped(
    root: Path, tmp_path: Path, piece: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "_READ_SHARE", 0)
    assert incremental_plan(root)
    if piece != "account":
        EDITS["comment"](root, Random(1))
    with open_cache(tmp_path) as connection:
        rows = connection.execute(
            "SELECT owner, content FROM pieces WHERE name = ?", (piece,)
        ).fetchall()
        for owner, content in rows:
            changed = WRONG[wrong](content)
            checksum = cache.Cache(tmp_path, owner, 0)._checksum(piece, changed)
            connection.execute(
                "UPDATE pieces SET checksum = ?, content = ? WHERE owner = ? AND name = ?",
                (checksum, changed, owner, piece),
            )
    connection.close()
    assert incremental_plan(root) in (None, full_plan(root))
    assert incremental_plan(root) == full_plan(root)


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\1" * 200])
def test_a_broken_cache_is_made_anew(root: Path, tmp_path: Path, content: bytes) -> None:
    expected = incremental_plan(root)
    file = next((tmp_path / "cache").glob("*.db"))
    file.write_bytes(content)
    assert incremental_plan(root) == incremental_plan(root) == expected
    with open_cache(tmp_path) as connection:
        assert {name for (name,) in connection.execute("SELECT name FROM pieces")} == {*PIECES}
    connection.close()


def test_without_a_directory_there_is_no_cache(root: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert incremental_plan(root) == full_plan(root)


def test_what_was_not_used_for_two_weeks_is_dropped(root: Path, tmp_path: Path) -> None:
    assert incremental_plan(root)
    with open_cache(tmp_path) as connection:
        connection.execute("UPDATE pieces SET used = used - 15")
    connection.close()
    EDITS["default"](root, Random(1))  # another owner
    assert incremental_plan(root)
    with open_cache(tmp_path) as connection:
        rows = connection.execute("SELECT name, used FROM pieces").fetchall()
    connection.close()
    assert len(rows) == len(PIECES)
    assert {day for _, day in rows} == {NOW.toordinal()}


def test_what_is_used_is_kept(root: Path, tmp_path: Path) -> None:
    assert incremental_plan(root)
    with open_cache(tmp_path) as connection:
        connection.execute("UPDATE pieces SET used = used - 13")
    connection.close()
    assert incremental_plan(root)
    with open_cache(tmp_path) as connection:
        assert {day for (day,) in connection.execute("SELECT used FROM pieces")} == {
            NOW.toordinal()
        }
    connection.close()


def test_a_record_that_was_repaired_by_hand_is_seen(root: Path) -> None:
    assert incremental_plan(root)
    with sqlite3.connect(root / ".licsync" / "state.db") as connection:
        changed = "UPDATE console_users SET body = replace(body, 'Sales', 'Service')"
        assert connection.execute(changed).rowcount
    connection.close()
    plan = incremental_plan(root)
    assert plan == full_plan(root)
    assert plan["summary"]["user.update"] > 10


def test_what_a_plan_is_made_of_is_at_hand(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = incremental_plan(root)

    def never(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(reader, "_read", never)
    monkeypatch.setattr(load, "load_changed_users", never)
    assert incremental_plan(root) == expected


def test_others_may_not_read_the_cache(root: Path, tmp_path: Path) -> None:
    assert incremental_plan(root)
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert next((tmp_path / "cache").glob("*.db")).stat().st_mode & 0o777 == 0o600


def test_a_plan_can_be_asked_to_look_at_everybody(root: Path, tmp_path: Path) -> None:
    run("plan", root, "--no-cache", "--now", "2026-11-24T09:00:00Z", "--format", "json")
    assert not (tmp_path / "cache").exists()
