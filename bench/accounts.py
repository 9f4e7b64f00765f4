"""The accounts that are measured on, written as they are asked for, and the processes that licsync
runs as.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from bench.measuring import Run, Said, WrongResultError, run

NOW = "2026-11-24T09:00:00Z"
LICSYNC = (sys.executable, "-m", "licsync")
HERE = Path(__file__).resolve().parent
PARSE = """
import pathlib, sys, yaml
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.yaml")):
    yaml.load(path.read_text(), yaml.CSafeLoader)
"""


@dataclass
class Accounts:
    """Generated accounts of the same users.

    Attributes:
        folder: an empty directory to write them to.
        users: how many users they have; 100 in a file.
        share: the share of them that something happens to.
        hands: how many people and programs write them; 0 writes everybody in one form.
    """

    folder: Path
    users: int
    share: float = 0.01
    hands: int = 0

    @property
    def changes(self) -> int:
        """Count the users that something happens to."""
        return round(self.users * self.share)

    @cached_property
    def changed(self) -> Path:
        """The account with some users changed, in a store."""
        return self._stored(self._written("changed", f"--changed={self.share}"))

    @cached_property
    def migrated(self) -> Path:
        """The account that changes everybody's license, in a store."""
        return self._stored(self._written("migrated", "--migrate"))

    @cached_property
    def seeded(self) -> Path:
        """The account with some users changed, whose inventory is still a document."""
        return self._written("seeded", f"--changed={self.share}")

    @cached_property
    def before(self) -> Path:
        """The account as it was: nobody changed."""
        return self._written("before", "--changed=0")

    def _written(self, name: str, how: str) -> Path:
        size = (f"--users={self.users}", f"--files={max(1, self.users // 100)}")
        command = (sys.executable, "-m", "bench.generate", self.folder / name, how, *size)
        subprocess.run([*command, f"--hands={self.hands}"], check=True, cwd=HERE.parent)
        return self.folder / name

    def _stored(self, account: Path) -> Path:
        run(*LICSYNC, "inventory", "load", account, account / "inventory.json")
        return account


Start = Callable[[], Run]
"""Runs a process once that everything is ready for."""


@dataclass(frozen=True)
class Process:
    """One thing that is measured.

    Attributes:
        name: its key in the results.
        title: what the table calls it.
        prepare: makes everything ready and gives what runs it once; raises CannotRunError where it
            cannot run here.
        most: how many users it is run with at most, because it would take minutes or too much
            memory.
        version: name and version of what runs, where it is not licsync.
    """

    name: str
    title: str
    prepare: Callable[[Accounts], Start]
    most: int = 1_000_000
    version: Callable[[], dict[str, str]] = field(default=dict)


def counted(expected: int) -> Callable[[Said], None]:
    """Make a check that a plan of licsync has as many actions as there are changes."""

    def check(said: Said) -> None:
        summary = re.findall(r"^Plan: (.+)\.$", said.out, re.MULTILINE)
        found = (
            sum(int(n.replace(",", "")) for n in re.findall(r"([\d,]*\d) to ", summary[-1]))
            if summary
            else 0
        )
        if found != expected:
            raise WrongResultError(f"licsync plans {found} actions instead of {expected}")

    return check


def _parse(accounts: Accounts) -> Start:
    root = str(accounts.changed)
    return lambda: run(sys.executable, "-c", PARSE, root)


def _plan(account: Path, cache: Path | None, changes: int, *words: str) -> Run:
    """Plan with this cache of plans, or with none."""
    command = (*LICSYNC, "plan", str(account), "--now", NOW, "--profile", *words)
    return run(
        *command, check=counted(changes), environ={"LICSYNC_CACHE_DIR": str(cache or os.devnull)}
    )


def _cold(accounts: Accounts) -> Start:
    return _uncached(accounts, accounts.changed, accounts.changes, accounts.folder / "cache")


def _migration(accounts: Accounts) -> Start:
    return _uncached(
        accounts, accounts.migrated, accounts.users, accounts.folder / "cache-of-migration"
    )


def _uncached(accounts: Accounts, account: Path, changes: int, cache: Path) -> Start:
    def start() -> Run:
        shutil.rmtree(cache, ignore_errors=True)
        return _plan(account, cache, changes)

    return start


def _warm(accounts: Accounts) -> Start:
    account, cache = accounts.changed, accounts.folder / "cache"
    return lambda: _plan(account, cache, accounts.changes)


def _edited(accounts: Accounts, every: int) -> Start:
    """Edit the last user of some files: of one file in so many."""
    account, cache = accounts.changed, accounts.folder / "cache"
    edited = sorted((account / "users").glob("*.yaml"))[::every]

    def start() -> Run:
        for file in edited:
            with file.open("a", encoding="utf-8") as stream:
                stream.write("    # edited\n")
        return _plan(account, cache, accounts.changes)

    return start


def _everybody(accounts: Accounts) -> Start:
    account = accounts.changed
    return lambda: _plan(account, None, accounts.changes, "--no-cache")


def _first(accounts: Accounts) -> Start:
    account = accounts.seeded
    return lambda: _plan(account, None, accounts.changes)


PARSING = Process("parse", "CSafeLoader, parse only", _parse)
LICSYNCS = (
    Process("cold", "licsync plan, nothing cached", _cold),
    Process("warm", "licsync plan, nothing edited since the last", _warm),
    Process(
        "edited",
        "licsync plan, one user edited in every hundredth file",
        partial(_edited, every=100),
    ),
    Process("edited-all", "licsync plan, one user edited in every file", partial(_edited, every=1)),
    Process("everybody", "licsync plan --no-cache", _everybody, most=100_000),
    Process("first", "licsync plan, inventory in a document", _first, most=100_000),
    Process("migration", "licsync plan, everybody changes", _migration, most=100_000),
)
"""In this order: `warm` needs the cache that `cold` leaves, and the edits that of `warm`."""
