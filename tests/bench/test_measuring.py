"""What the benchmark makes of its runs: medians and ratios side by side, growth, what is kept and
told.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from bench import guard, results
from bench.accounts import LICSYNCS, PARSING, Process, counted
from bench.measuring import (
    CannotRunError,
    Run,
    Said,
    WrongResultError,
    exponent,
    in_turn,
    middle,
    phases_in,
    ratios,
    run,
)
from bench.plan import measured

pytestmark = pytest.mark.untraced

MORE = {"memory_gib": 24, "system": "Linux x86_64"}
MACHINE = {"cpu": "x", "cores": 2, "python": "3.11.7", "versions": {"licsync": "0.1.0"}}


def runs(*seconds: float) -> list[Run]:
    return [Run(one, one, 10.0) for one in seconds]


def test_processes_run_in_turn_and_the_first_round_does_not_count() -> None:
    output: list[str] = []

    def one(name: str) -> Callable[[], Run]:
        return lambda: output.append(name) or Run(len(output), 0, 0)  # type: ignore[func-returns-value]

    found = in_turn({"a": one("a"), "b": one("b")}, 2)
    assert output == ["a", "b"] * 3
    assert [r.wall for r in found["a"]] == [3, 5]
    assert [r.wall for r in in_turn({"a": one("a")}, 1, warm_up=False)["a"]] == [7]


def test_ratios_are_those_of_runs_side_by_side() -> None:
    assert ratios(runs(2, 40, 6), runs(1, 10, 2)) == (3.0, 3.0)
    assert ratios(runs(1, 2, 9), runs(1, 4, 3)) == (1.0, 1.0), (
        "not the median of one in terms of that of the other"
    )


def test_the_median_of_a_phase_that_a_run_did_not_have() -> None:
    some = [
        Run(1, 1, 1, {"planning": 2.0}),
        Run(1, 1, 1, {"planning": 4.0, "rendering": 1.0}),
        Run(1, 1, 1),
    ]
    assert middle(some).phases == {"planning": 2.0, "rendering": 0.0}


def test_growth() -> None:
    assert exponent((10, 3.0), (100, 30.0)) == pytest.approx(1)
    assert exponent((10, 3.0), (100, 300.0)) == pytest.approx(2)


def test_phases_are_read_as_profile_prints_them() -> None:
    done: list[Said] = []
    ended = run(sys.executable, "-m", "licsync", "version", "--profile", check=done.append)
    assert ended.phases.keys() == {"everything else"}
    assert phases_in(done[0].err) == ended.phases
    assert phases_in("reading files      0.211 s     137.6 MiB\nall      1.0 s  1.0 MiB\n") == {
        "reading files": 0.211
    }


def test_a_process_that_fails_is_not_measured() -> None:
    with pytest.raises(WrongResultError, match="exit 3\nsaid why"):
        run(sys.executable, "-c", "import sys; print('said why', file=sys.stderr); sys.exit(3)")


@pytest.mark.parametrize(
    ("text", "actions"),
    [("Plan: 1,025 to downgrade, 1 to suspend.\n", 1026), ("Nothing to do.\n", 0)],
)
def test_a_plan_of_other_changes_is_refused(text: str, actions: int) -> None:
    counted(actions)(Said(text, ""))
    with pytest.raises(WrongResultError, match=f"plans {actions} actions instead of {actions + 1}"):
        counted(actions + 1)(Said(text, ""))


# --- what is kept ---------------------------------------------------------------------------------


def of_two(cold: float) -> results.Results:
    rounds = {"parse": runs(1.0), "cold": runs(cold)}
    titles = {"parse": "parse only", "cold": "a plan", "peer": "a peer"}
    return {
        "date": "2026-11-24",
        "load_before": 0.1,
        "rounds": 1,
        "processes": results.of_size(rounds, {"peer": "at most 5 users"}, titles),
    }


def joined(
    sizes: dict[str, Any], kept: results.Results | None = None, **machine: Any
) -> results.Results:
    return results.joined(
        {**MACHINE, **machine}, sizes, {"python -c pass": 0.01, "licsync version": 0.035}, kept
    )


def test_the_table_tells_ratios_growth_and_what_was_not_run() -> None:
    text = results.markdown(joined({"100": of_two(2.0), "10": of_two(0.5)}, **MORE))
    assert "| 10 | a plan | 0.50 s | 0.50 | 1.00 | 0.50 s | 0.50 | 10 MiB |  |" in text
    assert "| 100 | a plan | 2.00 s | 2.00 | 1.00 | 2.00 s | 2.00 | 10 MiB | users^0.60 |" in text
    assert "| 100 | a peer | not run: at most 5 users |" in text
    assert "edited" not in text, "there was no such process"
    assert "| licsync version | 35 ms | 25 ms |" in text
    assert text.index("| 10 |") < text.index("| 100 |")
    assert "100 users: one round, 2026-11-24, load 0.1 before." in text
    columns = {line.count("|") for line in text.split("\n\n")[0].splitlines()}
    assert len(columns) == 1, "every row has as many cells"


def test_other_sizes_stay_where_machine_and_programs_are_the_same() -> None:
    before = joined(
        {"10": of_two(0.5), "100": of_two(9.0)}, versions={"licsync": "0.1.0", "octoDNS": "1.22.0"}
    )
    after = joined({"100": of_two(5.0)}, before)
    assert list(after["sizes"]) == ["10", "100"]
    assert after["sizes"]["100"]["processes"]["cold"]["wall"] == 5.0
    assert after["growth"]["cold"] == {"100": {"from": 10, "factor": 10.0, "exponent": 1.0}}
    assert after["machine"]["versions"] == {"licsync": "0.1.0", "octoDNS": "1.22.0"}
    for other in ({"cores": 4}, {"python": "3.12.0"}, {"versions": {"licsync": "0.2.0"}}):
        assert list(joined({"100": of_two(5.0)}, before, **other)["sizes"]) == ["100"]


@pytest.mark.parametrize("form", [results.HANDS, results.ONE_FORM])
def test_what_is_kept_is_what_the_page_shows(form: str) -> None:
    kept = results.kept(form)
    assert kept is not None
    assert f"<!-- {form} -->\n{results.markdown(kept)}\n<!-- /{form} -->" in results.PAGE.read_text(
        encoding="utf-8"
    )


@pytest.mark.soak
def test_everything_is_measured_and_finds_what_changes() -> None:
    def cannot(accounts: object) -> Callable[[], Run]:
        raise CannotRunError("it is not on this machine")

    large, missing = (
        Process("large", "Large", cannot, most=10),
        Process("missing", "Missing", cannot),
    )
    found = measured(40, 1, [PARSING, *LICSYNCS, large, missing], share=0.1)["processes"]
    assert list(found) == ["parse", *(one.name for one in LICSYNCS), "large", "missing"]
    assert found["large"] == {"title": "Large", "not_run": "at most 10 users"}
    assert found["missing"] == {"title": "Missing", "not_run": "it is not on this machine"}
    shown = results.markdown(
        joined(
            {"40": {"date": "2026-11-24", "load_before": 0, "rounds": 1, "processes": found}},
            **MORE,
        )
    )
    assert re.search(r"edited, in terms of nothing edited: \d\.\d\d with 40 users\.", shown)
    for name in results.PHASED:
        assert "planning" in found[name]["phases"]


# --- the guard ------------------------------------------------------------------------------------


def watched(cold: float, warm: float = 1.0) -> dict[str, list[Run]]:
    return {
        "parse": runs(1.0, 3.0),
        "cold": runs(9.0, cold),
        "warm": runs(warm),
        "everybody": runs(1.0),
    }


KEPT = {"cold": 1.0, "warm": 1.0, "everybody": 1.0}


@pytest.mark.parametrize(
    ("measurements", "worse"),
    [
        ([watched(1.29)], []),
        ([watched(1.31), watched(1.29)], []),
        ([watched(1.31), watched(1.4)], ["cold"]),
        ([watched(1.31, 1.5), watched(1.2, 1.4)], ["warm"]),
    ],
    ids=["as it was", "slower once", "slower twice", "something else is slower"],
)
def test_the_guard_fails_where_something_is_slower_twice(
    measurements: list[dict[str, list[Run]]], worse: list[str]
) -> None:
    left = iter(measurements)
    found, slower = guard.judged(lambda: next(left), KEPT)
    assert slower == worse
    assert next(left, None) is None, "measured more often than that"
    assert found["everybody"] == 1.0


def test_the_guard_has_a_ratio_for_everything_it_watches() -> None:
    kept = json.loads(guard.KEPT.read_text(encoding="utf-8"))
    assert kept.keys() == set(guard.WATCHED)
    assert all(one > 0 for one in kept.values())
