"""Every scenario of this folder, through the command line, inside the process."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.scenarios.runner import mismatch, run_scenario

SCENARIOS = sorted(Path(__file__).resolve().parent.glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_scenario(path: Path, tmp_path: Path) -> None:
    run_scenario(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader), tmp_path)


@pytest.mark.parametrize(
    ("expected", "actual", "fits"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"b": 2}, False),
        ({"a": None}, {}, True),
        ({"a": None}, {"a": 1}, False),
        ([{"a": 1}, {}], [{"a": 1}, {"a": 2}], True),
        ([{}, {"a": 1}], [{"a": 1}, {"a": 2}], True),
        ([{"a": 1}, {"a": 1}], [{"a": 1}, {"a": 2}], False),
        ([], [1], True),
        ("x", "y", False),
    ],
)
def test_the_matcher_itself(expected: object, actual: object, fits: bool) -> None:
    assert (mismatch(expected, actual) is None) is fits
