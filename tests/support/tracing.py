"""Which tests are traced for coverage. Tracing doubles the time of a test."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

import pytest

from tests.support.paths import ROOT

CORE = tuple(ROOT.joinpath("tests/core.txt").read_text().split())
"""Tests of which every case is traced: of planning and model every branch must be reached. `make
test` traces only these.
"""

SHARE = 4
"""Elsewhere, of so many cases of a parametrized test, one is traced."""

UNTRACED = pytest.StashKey[bool]()


def choose(items: list[pytest.Item]) -> None:
    """Mark the tests that are not traced, the same ones in each process, and move them to the end.

    Otherwise one of them might be the first to call a function that remembers its result, whose
    lines then never count.

    These are tests with random examples and tests marked `untraced` (lines count as covered where
    an example reaches them that somebody chose), and most cases of a parametrized test.
    """
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        marked = item.get_closest_marker("hypothesis") or item.get_closest_marker("untraced")
        item.stash[UNTRACED] = marked is not None
        if not marked and not item.nodeid.startswith(CORE):
            cases[item.nodeid.partition("[")[0]].append(item)
    for of_one in cases.values():
        of_one.sort(key=lambda item: crc32(item.nodeid.encode()))
        for item in of_one[-(-len(of_one) // SHARE) :]:
            item.stash[UNTRACED] = True
    items.sort(key=lambda item: item.stash[UNTRACED])


@contextmanager
def as_chosen(item: pytest.Item) -> Iterator[None]:
    """Stop tracing meanwhile, also in new threads, where the test is not traced.

    (`no_cover` of pytest-cov does not stop tracing in the processes of pytest-xdist: there are two
    measurements there, one within the other.)
    """
    if not item.stash.get(UNTRACED, False):
        yield
        return
    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]
    try:
        yield
    finally:
        sys.settrace(here)
        threading.settrace(in_threads)  # type: ignore[arg-type]
