"""Which tests are traced for coverage. Tracing doubles the time of a test."""

from __future__ import annotations

import sys
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from zlib import crc32

import pytest

ALWAYS = (
    "tests/planning/",
    "tests/model/",
    "tests/incremental/",
    "tests/backends/console/",
    "tests/config/test_catalog_data.py",
    "tests/engine/test_restore_requests.py",
    "tests/importing/test_license_names.py",
)
"""Tests of which every case is traced: of planning and model every branch must be reached."""

SHARE = 4
"""Elsewhere, of so many cases of a parametrized test, one is traced."""

UNTRACED = pytest.StashKey[bool]()


def choose(items: Iterable[pytest.Item], *, only_core: bool) -> None:
    """Mark the tests that are not traced, the same ones in each process and in any order.

    These are tests with random examples and tests marked `untraced` (lines count as covered where
    an example reaches them that somebody chose), and most cases of a parametrized test.

    Args:
        items: all tests.
        only_core: whether to trace only the tests of planning and model.
    """
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        is_core = item.nodeid.startswith(ALWAYS)
        marked = item.get_closest_marker("hypothesis") or item.get_closest_marker("untraced")
        item.stash[UNTRACED] = marked is not None or (only_core and not is_core)
        if not marked and not is_core:
            cases[item.nodeid.partition("[")[0]].append(item)
    for of_one in cases.values():
        of_one.sort(key=lambda item: crc32(item.nodeid.encode()))
        for item in of_one[-(-len(of_one) // SHARE) :]:
            item.stash[UNTRACED] = True


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
