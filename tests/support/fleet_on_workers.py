"""A fleet that is applied by workers in processes of their own, some of which are killed."""

from __future__ import annotations

import os
import random
import runpy
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from licsync.engine.fleet import AccountResult
from licsync.job_queue.runner import QueueRunner
from licsync.store.database import open_database
from licsync.store.runs import SqlStore
from licsync.workflows.fleet.fleet import make_job, open_fleet
from licsync.workflows.fleet.worker import open_queue
from tests.support.databases import HISTORIES
from tests.support.fleet_observer import WRITES, FleetObserver, interleaved
from tests.support.paths import ROOT
from tests.support.postgresql import PostgresServer

_EXAMPLE = runpy.run_path(str(ROOT / "examples" / "fleet" / "generate.py"))

UNCHANGED = (2, 10)
REFUSED = (6, 9)
STORIES = 12
"""How many stories the accounts have, and which of them change nothing or are refused."""


def name_of(number: int) -> str:
    """The directory of an account."""
    return f"customers/customer-{number:05}"


def key_of(number: int) -> str:
    """The secret of an account."""
    return f"secret-of-{number:05}-{number * 7919 % 100_000:05}"


@dataclass(slots=True)
class FleetOnWorkers:
    """A fleet and its workers.

    Attributes:
        root: the directory of the fleet.
        server: the server of its store.
        accounts: how many accounts it has.
        dead_after: after how many seconds a worker counts as dead.
        logs: the log of each worker that was started.
        origins: where the simulators of its accounts are.
    """

    root: Path
    server: PostgresServer
    accounts: int
    dead_after: float = 4
    logs: list[Path] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)
    _workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the fleet."""
        _EXAMPLE["generate"](self.root, self.accounts, 5)
        file = self.root / "fleet.yaml"
        text = file.read_text().replace("northwind", "northwind\n  state: env:LICSYNC_STATE")
        key = "      key: {env: 'KEY_OF_{ACCOUNT}'}\n      drift:"
        file.write_text(text.replace("      drift:", key, 1).replace("drift: {every: 6h}", ""))

    def with_entry(self, number: int, entry: str) -> None:
        """Let an entry of the fleet file say something of an account."""
        file = self.root / "fleet.yaml"
        lines = file.read_text().replace(
            "  concurrency:", f"    {name_of(number)}: {entry}\n  concurrency:", 1
        )
        file.write_text(lines)

    @property
    def url(self) -> str:
        """The URL of the store."""
        return self.server.url().render_as_string()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of workers, with the secrets of all accounts."""
        keys = {f"KEY_OF_CUSTOMER_{n:05}": key_of(n) for n in range(self.accounts)}
        keys["LICSYNC_API_URLS"] = " ".join(self.origins)
        path = os.pathsep.join([str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
        return {**os.environ, **keys, "LICSYNC_STATE": self.url, "PYTHONPATH": path}

    @contextmanager
    def observed(self) -> Iterator[FleetObserver]:
        """Watch the store, and see that no account has two runs at once."""
        with FleetObserver(self.url).watching() as observer:
            yield observer
        assert observer.seen, "nothing was seen"
        assert not observer.overlaps

    @contextmanager
    def workers(self, number: int, at_once: int) -> Iterator[None]:
        """Let so many workers work."""
        try:
            for _ in range(number):
                self.start_worker(at_once)
            yield
        finally:
            for worker in self._workers:
                worker.send_signal(signal.SIGTERM)
            for worker in self._workers:
                worker.wait()

    def start_worker(self, at_once: int) -> None:
        """Start one more worker."""
        log = self.root / f"worker-{len(self.logs)}.log"
        self.logs.append(log)
        words = [self.root, at_once, self.dead_after]
        command = [sys.executable, "-m", "tests.support.fleet_worker_process", *map(str, words)]
        with log.open("wb") as out:
            worker = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=out, stderr=subprocess.STDOUT
            )
        self._workers.append(worker)

    def kill_one(self, choice: random.Random) -> None:
        """Kill a worker. The processes that it started continue."""
        worker = choice.choice(self._workers)
        worker.kill()
        worker.wait()
        self._workers.remove(worker)

    def wait_for_start(self, account: str) -> None:
        """Wait until a worker starts with an account."""
        while not any(f"{account}: apply starts" in log.read_text() for log in self.logs):
            time.sleep(0.02)

    def apply(self, at_once: int = 4) -> dict[str, AccountResult]:
        """Apply the fleet, and return the results of its accounts."""
        os.environ["LICSYNC_STATE"] = self.url
        try:
            fleet = open_fleet(self.root)
            jobs = [make_job(fleet, m, "apply", ("--auto-approve",)) for m in fleet.members]
            results: list[AccountResult] = []

            def take(result: AccountResult) -> bool:
                results.append(result)
                return True

            runner = QueueRunner(open_queue(fleet), "northwind", at_once, patience=60)
            assert runner.run(jobs, take) == "done"
        finally:
            del os.environ["LICSYNC_STATE"]
        assert Counter(r.account for r in results) == {m.account: 1 for m in fleet.members}
        return {result.account: result for result in results}

    @contextmanager
    def simulators(self) -> Iterator[None]:
        """Let each account live behind a simulator that accepts its key alone; a title changes."""
        running = []
        try:
            for number in range(self.accounts):
                directory = self.root / name_of(number)
                story = _EXAMPLE["STORIES"][
                    "hazel"
                ]  # takes no license: the API shows no unassigned one
                for path, text in _EXAMPLE["account_files"](directory.name, story, 5):
                    (directory / path).write_text(text)
                shutil.copytree(directory, self.root / "simulated" / str(number))
                words = ["simulate", f"simulated/{number}", "--port", "0", "--speed", "0"]
                simulator = subprocess.Popen(
                    [sys.executable, "-m", "licsync", *words], cwd=self.root, text=True,
                    env={**os.environ, "LICSYNC_API_KEY": key_of(number)},
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                )  # fmt: skip
                running.append(simulator)
                assert simulator.stdout is not None
                address = simulator.stdout.readline().split()[-1]
                self.origins.append(address.removesuffix("/admin-provisioning"))
                file = directory / "account.yaml"
                local = "{type: local, seed: inventory.json}"
                remote = f"{{type: 8x8, base_url: {address}}}"
                file.write_text(file.read_text().replace(local, remote))
            yield
        finally:
            for simulator in running:
                simulator.terminate()
            for simulator in running:
                simulator.communicate()

    @contextmanager
    def locked(self, number: int, seconds: float) -> Iterator[None]:
        """Lock an account for a while, as somebody's run on a laptop does."""
        engine = open_database(self.url, HISTORIES)
        taken = threading.Event()

        def hold() -> None:
            with SqlStore(engine).lock(Path(name_of(number)).name, "ada@laptop"):
                taken.set()
                time.sleep(seconds)

        holder = threading.Thread(target=hold)
        holder.start()
        taken.wait()
        try:
            yield
        finally:
            holder.join()
            engine.dispose()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read the store."""
        with psycopg.connect(self.url) as database:
            return database.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]

    def check(self, results: dict[str, AccountResult], broken: tuple[int, ...] = ()) -> None:
        """See that everything that should be applied is, nothing twice, and no key got out."""
        expected, changed = {}, set()
        for number in range(self.accounts):
            story = number % STORIES
            code = 1 if number in broken else 3 if story in REFUSED else 0
            expected[name_of(number)] = code
            if code == 0 and story not in UNCHANGED:
                changed.add(Path(name_of(number)).name)
        codes = {account: result.exit_code for account, result in results.items()}
        told = [
            (a, r.exit_code, r.text[-1500:], r.error)
            for a, r in results.items()
            if codes[a] != expected[a]
        ]
        assert codes == expected, told
        runs = self.rows("SELECT account, state FROM licsync_runs ORDER BY account")
        assert runs == [(account, "done") for account in sorted(changed)]
        twice = self.rows(
            "SELECT run, position, count(*) FROM licsync_journal WHERE state = 'done' "
            "GROUP BY run, position HAVING count(*) > 1"
        )
        assert not twice
        assert not interleaved(self.rows(WRITES))
        self.check_secrets()

    def check_secrets(self) -> None:
        """See that no key is in the store or in a log."""
        dump = subprocess.run(
            [self.server.binaries / "pg_dump", "--inserts", "--dbname", self.url],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        assert "licsync_queue" in dump
        texts = [dump, *(log.read_text() for log in self.logs)]
        assert not [n for n in range(self.accounts) if any(key_of(n) in text for text in texts)]
