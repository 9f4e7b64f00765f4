"""What is deprecated still works, says so, and is gone in the version that removes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from licsync import __version__
from licsync.diagnostics import Span
from licsync.diagnostics.deprecations import DEPRECATED, warn_of
from tests.support.command_line import run


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))[:2]


@pytest.mark.parametrize("name", DEPRECATED)
def test_nothing_outlives_the_version_that_removes_it(name: str) -> None:
    entry = DEPRECATED[name]
    assert _version(entry.since) < _version(entry.removed_in)
    assert _version(__version__) < _version(entry.removed_in), f"remove {name}"
    assert entry.removed_in.endswith(".0"), "only a major version removes anything"


def test_a_deprecation_says_what_to_use_and_until_when() -> None:
    [name] = DEPRECATED
    output = warn_of(name, Span("account.yaml", 3))
    assert (output.severity, output.code) == ("warning", "deprecated")
    assert str(output.span) == "account.yaml:3:1"
    assert name in output.message
    assert "licsync 2.0 removes it" in output.message
    assert output.hint == "Use: --format csv"


@pytest.mark.slow
def test_a_deprecated_format_is_its_successor(saved: Path) -> None:
    old = run("show", saved, "--format", "runbook-csv")
    assert old.stdout == run("show", saved, "--format", "csv").stdout
    assert "warning[deprecated] '--format runbook-csv' is deprecated." in old.stderr
    assert "runbook-csv" not in run("show", "--help").stdout


def test_a_command_without_the_successor_does_not_know_the_old_name(acme: Path) -> None:
    refused = run("validate", acme, "--format", "runbook-csv", code=1)
    assert "deprecated" not in refused.stderr
