"""What tests share: golden texts, and databases: SQLite, and PostgreSQL where its server is
installed.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy.engine import URL, Engine

from licsync.cli import settings as cli_settings
from licsync.store import database as database_module
from licsync.store.database import open_database
from tests.support import tracing
from tests.support.browser import HOW_TO_INSTALL, find_browser
from tests.support.databases import HISTORIES, empty_store, hurry, migrate_quickly
from tests.support.paths import ACME
from tests.support.postgresql import postgres_server
from tests.support.warm_command import close_warm_server

settings.register_profile("steady", derandomize=True, deadline=None, max_examples=25)
settings.register_profile("search", print_blob=True, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
"""The tests that everybody runs try the same few examples everywhere; `make soak` searches for
others.

How long one takes is not a fault of it.

"""


MEMORY = Path("/dev/shm")
ENOUGH = 4 * 1024**3


def _use_memory() -> None:
    """Keep temporary files in memory, where there is room: SQLite waits for the disk a lot.

    A directory that the environment names is left alone. Tests write programs and see that nobody
    runs them, which says something only where programs can run.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    can_run = not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    if can_run and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


_use_memory()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that there is no browser: what pages look like in one is then not tested."""
    if find_browser() is None:
        terminalreporter.section("CHROMIUM IS MISSING", sep="!", red=True, bold=True)
        terminalreporter.line("No page was opened in a browser: those tests were skipped.")
        terminalreporter.line(f"Install it, then run the tests again: {HOW_TO_INSTALL}")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    """Collect no garbage while tests are imported, and never look through all of them again."""
    gc.disable()
    try:
        found = yield
    finally:
        gc.enable()
    gc.freeze()
    return found


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Choose what is traced for coverage, when Hypothesis has marked its tests."""
    tracing.choose(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[object]:
    """Trace only what was chosen; the fixtures of a folder where every case counts, always."""
    if item.nodeid.startswith(tracing.CORE):
        return (yield)
    with tracing.as_chosen(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[object]:
    """Trace only what was chosen."""
    with tracing.as_chosen(item):
        return (yield)


@pytest.fixture(autouse=True, scope="session")
def signals_as_in_a_terminal() -> Iterator[None]:
    """Let processes that tests start take SIGHUP and SIGINT as usual, also where nohup, a CI runner
    or a shell that started the tests in the background ignores them.
    """
    usual = {"SIGHUP": signal.SIG_DFL, "SIGINT": signal.default_int_handler}
    before = {}
    for name, handler in usual.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            before[number] = signal.signal(number, handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Isolate the tests from the plan cache and the terminal width of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COLUMNS", raising=False)  # tables are as wide as they want, as in a pipe
        patch.setenv("LICSYNC_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def test_clock() -> Iterator[None]:
    """Let `apply --now` set the clock itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LICSYNC_TEST_CLOCK", "1")
        yield


@pytest.fixture(autouse=True)
def options_of_no_earlier_command() -> None:
    """Forget what a command of an earlier test in this process was told, such as `--state`."""
    cli_settings.current = cli_settings.CommandSettings()


@pytest.fixture(autouse=True, scope="session")
def new_stores() -> Iterator[None]:
    """Make the tables of new stores without their whole history."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_module, "_migrate", migrate_quickly)
        yield


@pytest.fixture(autouse=True, scope="session")
def warm_server() -> Iterator[None]:
    """End the server of warm commands, if there is one, with the tests."""
    yield
    close_warm_server()


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """A copy of the example account acme."""
    return Path(
        shutil.copytree(
            ACME,
            tmp_path / "acme",
        )
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare with a text beside the test, in `golden/`; it is written again where
    LICSYNC_UPDATE_GOLDEN is set.
    """

    def compare(name: str, text: str) -> None:
        path = request.path.parent / "golden" / name
        if os.environ.get("LICSYNC_UPDATE_GOLDEN"):
            path.write_bytes(text.encode())
        assert path.exists(), f"no golden {name}; write it with LICSYNC_UPDATE_GOLDEN=1"
        assert text == path.read_bytes().decode()

    return compare


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A database on a PostgreSQL server for the tests."""
    with postgres_server() as server:
        yield server.url()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return URL.create("sqlite", database=str(tmp_path / "state.db"))
    import psycopg

    url: URL = request.getfixturevalue("postgres")
    with psycopg.connect(f"user=licsync dbname=postgres host={url.query['host']}") as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return url


@pytest.fixture
def opened() -> Iterator[Callable[[URL | str], Engine]]:
    """Opens databases, and closes them when the test is over."""
    engines: list[Engine] = []

    def open_(url: URL | str) -> Engine:
        engines.append(open_database(url, HISTORIES))
        return engines[-1]

    yield open_
    for engine in engines:
        engine.dispose()


@pytest.fixture
def database(database_url: URL, opened: Callable[[URL | str], Engine]) -> Engine:
    """An open database, new."""
    if database_url.drivername == "sqlite":
        Path(str(database_url.database)).write_bytes(empty_store())
    engine = opened(database_url)
    if engine.dialect.name == "sqlite":
        hurry(engine)
    return engine
