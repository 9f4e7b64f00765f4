"""A store that nothing may be written to: the database itself refuses it, on SQLite and on
PostgreSQL.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, Engine

from licsync.engine.ports import StoreFailed
from licsync.store.database import NoStore, OldStore, open_database
from licsync.store.runs import SqlStore
from tests.support.command_line import run
from tests.support.databases import HISTORIES
from tests.support.paths import ROOT
from tests.support.samples import sampled

NOW = ("--now", "2026-11-24T09:00:00Z")
DOCS = ROOT / "docs"


@contextmanager
def read_only(url: URL | str) -> Iterator[Engine]:
    engine = open_database(url, HISTORIES, read_only=True)
    try:
        yield engine
    finally:
        engine.dispose()


def test_what_would_write_is_refused_by_the_database(database_url: URL, database: Engine) -> None:
    with read_only(database_url) as engine:
        store = SqlStore(engine)
        assert store.runs("acme") == []
        with pytest.raises(StoreFailed) as refused, store.lock("acme", "somebody"):
            pass
        assert "forbids writing" in str(refused.value.diagnostics[0].hint)
        with pytest.raises(StoreFailed):
            store.unlock("acme")


@pytest.mark.slow
def test_a_store_that_is_not_there_is_not_made(database_url: URL) -> None:
    for _ in range(2):  # nor did the first one make it
        with pytest.raises(NoStore, match="nothing may be written"), read_only(database_url):
            pass
    if database_url.database and database_url.get_backend_name() == "sqlite":
        assert not Path(database_url.database).exists()


def test_a_store_of_an_older_version_is_not_brought_up_to_date(
    database_url: URL, database: Engine
) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE licsync_console_version SET version_num = '0001'"))
    with pytest.raises(OldStore, match="An older licsync wrote"), read_only(database_url):
        pass


def test_a_store_of_a_newer_version_is_named_as_that(database_url: URL, database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE licsync_console_version SET version_num = '9999'"))
    with pytest.raises(StoreFailed, match="by a newer licsync") as found, read_only(database_url):
        pass
    assert not isinstance(found.value, OldStore)


# --- commands -------------------------------------------------------------------------------------


def seen(folder: Path) -> dict[str, tuple[int, int, str]]:
    """Note everything in a folder, with when it was changed."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            stat.S_IMODE(path.stat().st_mode),
            sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in [folder, *sorted(folder.rglob("*"))]
    }


def readers(folder: Path) -> list[tuple[tuple[str, ...], tuple[int, ...]]]:
    """List the commands that only look, and what they end with on the example account."""
    acme = str(folder / "acme")
    return [
        (("plan", acme, *NOW), (0,)),
        (("plan", acme, "--no-cache", *NOW), (0,)),
        (("plan", acme, "--format", "json", *NOW), (0,)),
        (("validate", acme, *NOW), (0,)),
        (("drift", acme, *NOW), (0, 2)),
        (("users", acme, *NOW), (0,)),
        (("licenses", acme, *NOW), (0,)),
        (("inventory", "dump", acme, *NOW), (0,)),
        (("history", "list", acme), (0,)),
        (("history", "verify", acme), (0,)),
        (("doctor", acme), (0, 1)),  # it may find something overdue
        (("export", acme, "--out", str(folder / "out" / "table"), *NOW), (0,)),
        (("report", acme, "--out", str(folder / "out" / "report"), *NOW), (0,)),
    ]


@pytest.mark.slow
@sampled(
    "there, how",
    [(True, "option"), (False, "variable"), (True, "variable"), (False, "option")],
    lambda index: index < 2,
)
def test_commands_that_look_write_nothing(
    acme: Path, tmp_path: Path, how: str, there: bool
) -> None:
    if there:
        run("apply", acme, "--auto-approve", "--target", "users/ada.lopez@acme.example", *NOW)
    cache = tmp_path / "cache"
    cache.mkdir()
    flag, output = (("--read-only",), {}) if how == "option" else ((), {"LICSYNC_READ_ONLY": "yes"})
    before = seen(acme), seen(cache)
    for words, codes in readers(tmp_path):
        (tmp_path / "out").mkdir(exist_ok=True)
        found = run(*words, *flag, code=None, LICSYNC_CACHE_DIR=str(cache), **output)
        assert found.exit_code in codes, (words, found.output, found.exception)
        assert (seen(acme), seen(cache)) == before, words


WRITERS = [
    ("apply", "DIR", "--auto-approve", *NOW),
    ("apply", "DIR", "--resume", *NOW),
    ("apply", "DIR", "--abandon", *NOW),
    ("inventory", "load", "DIR", "DIR/inventory.json"),
    ("inventory", "confirm", "DIR", "--auto-approve"),
    ("unlock", "DIR"),
    ("store", "prune", "DIR", "--older-than", "1d"),
]


@pytest.mark.slow
@pytest.mark.parametrize("words", WRITERS, ids=lambda words: " ".join(words[:2]))
def test_commands_that_write_are_refused_before_anything_is_done(
    acme: Path, words: tuple[str, ...]
) -> None:
    run("apply", acme, "--auto-approve", "--target", "users/ada.lopez@acme.example", *NOW)
    before = seen(acme)
    refused = run(
        *(word.replace("DIR", str(acme)) for word in words), code=1, LICSYNC_READ_ONLY="1"
    )
    assert "forbids writing" in refused.stderr
    assert seen(acme) == before


def test_no_store_is_made_by_commands_that_write(acme: Path) -> None:
    before = seen(acme)
    assert (
        "There is no store"
        in run("apply", acme, "--auto-approve", *NOW, code=1, LICSYNC_READ_ONLY="1").stderr
    )
    assert seen(acme) == before


@pytest.mark.slow
@pytest.mark.parametrize("expected", ["", "0", "no", "False", "off"])
def test_the_variable_can_say_no(acme: Path, expected: str) -> None:
    run("apply", acme, "--auto-approve", *NOW, LICSYNC_READ_ONLY=expected)


def test_a_variable_that_says_neither_yes_nor_no_is_refused(acme: Path) -> None:
    assert (
        "must be yes or no, not 'maybe'"
        in run("plan", acme, code=1, LICSYNC_READ_ONLY="maybe").stderr
    )


@pytest.mark.slow
def test_an_option_is_of_one_command_only(acme: Path) -> None:
    run("plan", acme, "--read-only", *NOW)
    run("apply", acme, "--auto-approve", *NOW)


# --- a role that cannot write ---------------------------------------------------------------------


def grants() -> list[str]:
    """Read the statements that the documentation gives for the role that reads."""
    (block,) = re.findall(
        r"```sql\n(.*?)```", (DOCS / "how-to" / "ci.md").read_text(encoding="utf-8"), re.DOTALL
    )
    return [statement.strip() for statement in block.split(";") if statement.strip()]


@pytest.fixture
def reader(postgres: URL, acme: Path) -> Iterator[tuple[str, str]]:
    """The URLs of a store in PostgreSQL with one run: for its owner, and for the role that
    docs/how-to/ci.md makes.
    """
    host = postgres.query["host"]
    owner = f"postgresql://licsync@/postgres?host={host}"
    with psycopg.connect(
        f"user=licsync dbname=postgres host={host}", autocommit=True
    ) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        run(
            "apply",
            acme,
            "--auto-approve",
            "--target",
            "users/ada.lopez@acme.example",
            "--state",
            owner,
            *NOW,
        )
        for statement in grants():
            connection.execute(statement.replace("licsync_store", "postgres"))  # type: ignore[arg-type]
        yield owner, owner.replace("licsync@", "licsync_reader@")
        connection.execute("DROP OWNED BY licsync_reader")
        connection.execute("DROP ROLE licsync_reader")


@pytest.mark.soak
def test_commands_that_look_work_with_a_role_that_cannot_write(
    reader: tuple[str, str], acme: Path, tmp_path: Path
) -> None:
    owner, only_reads = reader
    (tmp_path / "out").mkdir()
    for words, codes in readers(tmp_path):
        (tmp_path / "out").mkdir(exist_ok=True)
        mine = run(*words, "--state", only_reads, "--read-only", code=None)
        for left in (tmp_path / "out").iterdir():
            left.rename(tmp_path / f"{left.name}-of-reader")
        whole = run(*words, "--state", owner, "--read-only", code=None)
        assert (mine.exit_code, mine.stdout) == (whole.exit_code, whole.stdout), mine.output
        assert mine.exit_code in codes, mine.output
        for left in list(tmp_path.glob("*-of-reader")):
            left.rename(tmp_path / "out" / left.name)


@pytest.mark.slow
def test_a_role_that_cannot_write_is_refused_by_the_server(
    reader: tuple[str, str], acme: Path
) -> None:
    _, only_reads = reader
    refused = run("apply", acme, "--auto-approve", "--state", only_reads, *NOW, code=1)
    assert "permission denied" in refused.stderr
    assert "a role that may write" in refused.stderr


@pytest.mark.slow
def test_a_plan_that_cannot_be_remembered_says_so_and_is_made(
    reader: tuple[str, str], acme: Path
) -> None:
    _, only_reads = reader
    planned = run("plan", acme, "--state", only_reads, *NOW)
    assert (
        "warning[store-failed] The plan cannot be remembered: permission denied" in planned.stderr
    )
    assert planned.stdout == run("plan", acme, "--state", only_reads, "--read-only", *NOW).stdout


def test_no_store_is_made_in_an_empty_database(database_url: URL, acme: Path) -> None:
    url = database_url.render_as_string(hide_password=False)
    run("plan", acme, "--state", url, "--read-only", *NOW)
    with pytest.raises(NoStore), read_only(database_url):
        pass
