"""How much of a long test `make test` runs.

`make test-all` runs the rest of a `slow` one, and `make soak` all examples of a random one, from
seeds that nobody tried before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import settings

SOAK_PROFILE = "search"
"""The Hypothesis profile of `make soak`."""

FIRST_SEED = int(os.environ.get("LICSYNC_TEST_SEED", "0"))
"""What is added to every seed: `make soak` chooses it by the clock."""

SHARE = 4
"""Of so many examples of a property, `make test` tries one."""


def sampled(
    names: str,
    values: Iterable[Any],
    sample: Callable[[int], bool],
    mark: pytest.MarkDecorator = pytest.mark.soak,
    **options: Any,
) -> Any:
    """Parametrize a test, and mark the values outside the sample as `soak` or `slow`.

    Args:
        names: the names of the parameters.
        values: what they take.
        sample: whether the value at an index belongs to the sample.
        mark: what the other values are marked with.
        options: further options of `pytest.mark.parametrize`.
    """

    def marked(value: Any) -> Any:
        if isinstance(value, tuple) and hasattr(value, "marks"):
            return pytest.param(*value.values, id=value.id, marks=[*value.marks, mark])
        several = isinstance(value, tuple) and "," in names
        return pytest.param(*(value if several else (value,)), marks=mark)

    chosen = [value if sample(index) else marked(value) for index, value in enumerate(values)]
    return pytest.mark.parametrize(names, chosen, **options)


def seeds(sample: int, *, soak: int) -> Any:
    """Parametrize a test with `soak` seeds; those from `sample` on run in `make soak`."""
    return sampled("seed", seed_range(soak), lambda index: index < sample)


def parts(sample: int, *, soak: int, name: str) -> Any:
    """Parametrize a test with the numbers of its parts, as `seeds` does with seeds."""
    return sampled(name, range(soak), lambda index: index < sample)


def seed_range(*bounds: int) -> range:
    """Give the seeds of a `range`, moved by `FIRST_SEED`."""
    numbers = range(*bounds)
    return range(FIRST_SEED + numbers.start, FIRST_SEED + numbers.stop, numbers.step)


def examples(count: int, **options: Any) -> settings:
    """Let a property have `count` examples in `make soak`, and a share of them in `make test`."""
    if os.environ.get("HYPOTHESIS_PROFILE") != SOAK_PROFILE:
        count = max(count // SHARE, 10)
    return settings(max_examples=count, deadline=None, **options)
