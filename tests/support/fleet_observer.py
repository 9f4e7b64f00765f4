"""Watches the journal of a fleet's store, and sees two runs of one account at once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

UNFINISHED = """
    SELECT account, array_agg(id ORDER BY number) FROM licsync_runs
    WHERE finished_at IS NULL GROUP BY account
"""
WRITES = """
    SELECT runs.account, journal.run FROM licsync_journal AS journal
    JOIN licsync_runs AS runs ON runs.id = journal.run ORDER BY journal.number
"""
_INTERVAL = 0.01


@dataclass(slots=True)
class FleetObserver:
    """What is seen while a fleet runs.

    Attributes:
        url: the store.
        samples: how often it was looked at.
        seen: the accounts that were seen with a run in progress.
        overlaps: the accounts that were seen with two runs at once, and these runs.
    """

    url: str
    samples: int = 0
    seen: set[str] = field(default_factory=set)
    overlaps: list[tuple[str, Sequence[str]]] = field(default_factory=list)

    @contextmanager
    def watching(self) -> Iterator[FleetObserver]:
        """Look all the time, also after the store was away for a while."""
        is_over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(is_over,))
        thread.start()
        try:
            yield self
        finally:
            is_over.set()
            thread.join()

    def _watch(self, is_over: threading.Event) -> None:
        while not is_over.wait(_INTERVAL):
            try:
                with psycopg.connect(self.url, autocommit=True) as database:
                    while not is_over.wait(_INTERVAL):
                        self.look(database.execute(UNFINISHED).fetchall())
            except psycopg.Error:
                continue  # the store restarts, or nothing has run yet

    def look(self, rows: Iterable[Sequence[object]]) -> None:
        """Take one sample: the accounts with runs in progress, and these runs."""
        found = {str(account): runs for account, runs in rows if isinstance(runs, list)}
        self.samples += 1
        self.seen |= found.keys()
        self.overlaps += [(account, runs) for account, runs in found.items() if len(runs) > 1]


def interleaved(writes: Iterable[Sequence[object]]) -> list[str]:
    """Name the accounts whose runs wrote to the journal in turns, from all writes in order."""
    found: dict[str, list[object]] = {}
    for account, run in writes:
        runs = found.setdefault(str(account), [])
        if not runs or runs[-1] != run:
            runs.append(run)
    return [account for account, runs in found.items() if len(runs) != len(set(runs))]
