"""The kept JSON of what was measured, and the tables of docs/benchmarks.md made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.measuring import Rounds, exponent, middle, ratios

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
HANDS, ONE_FORM = "hands", "one-form"
"""What is kept: of accounts that several people write, and of users in one form."""
PHASED = ("cold", "warm", "migration")
"""Processes whose phases are told."""

Results = dict[str, Any]


def of_size(rounds: Rounds, not_run: Mapping[str, str], titles: Mapping[str, str]) -> Results:
    """Sum up what was measured with one number of users.

    Args:
        rounds: the runs by process, those of `parse` and `cold` among them.
        not_run: why the others were not run.
        titles: what the table calls each, in its order.
    """
    processes: Results = {}
    for name, title in titles.items():
        processes[name] = {"title": title}
        if name not in rounds:
            processes[name]["not_run"] = not_run[name]
            continue
        runs = rounds[name]
        one = middle(runs)
        processes[name] |= {
            "wall": round(one.wall, 3),
            "cpu": round(one.cpu, 3),
            "peak_mib": round(one.peak),
        }
        for base in ("parse", "cold", "warm"):
            if base in rounds:
                wall, cpu = ratios(runs, rounds[base])
                processes[name][f"of_{base}"] = {"wall": round(wall, 3), "cpu": round(cpu, 3)}
        if name in PHASED:
            processes[name]["phases"] = {
                phase: round(seconds, 3) for phase, seconds in one.phases.items()
            }
    return processes


def growth(sizes: Mapping[str, Results]) -> Results:
    """Say how the time of each process grows from one size to the next larger one."""
    found: Results = {}
    for small, large in pairwise(sorted(sizes, key=int)):
        for name, more in sizes[large]["processes"].items():
            less = sizes[small]["processes"].get(name, {})
            if "wall" in more and "wall" in less:
                power = exponent((int(small), less["wall"]), (int(large), more["wall"]))
                step = {
                    "from": int(small),
                    "factor": round(more["wall"] / less["wall"], 2),
                    "exponent": round(power, 2),
                }
                found.setdefault(name, {})[large] = step
    return found


def joined(machine: Results, sizes: Results, startup: Results, kept: Results | None) -> Results:
    """Join what was measured now and what was measured before on the same machine, by the same
    programs.
    """
    versions = machine["versions"]
    if kept is not None:
        same = all(kept["machine"][key] == machine[key] for key in machine if key != "versions")
        older = kept["machine"]["versions"]
        if same and all(older[name] == versions[name] for name in older.keys() & versions.keys()):
            sizes = {**kept["sizes"], **sizes}
            machine = {**machine, "versions": {**older, **versions}}
    sizes = {size: sizes[size] for size in sorted(sizes, key=int)}
    return {"machine": machine, "sizes": sizes, "growth": growth(sizes), "startup": startup}


def markdown(results: Results) -> str:
    """Write the results as tables and the sentences below them."""
    parts = (_table, _edited, _phases, _startup, _machine)
    return "\n\n".join(text for part in parts if (text := "\n".join(part(results))))


def _table(results: Results) -> Iterator[str]:
    yield (
        "| users | process | time | of parsing | of cold | CPU | of parsing | peak memory | "
        "grows with |"
    )
    yield "|---:|---|" + "---:|" * 7
    for size, measured in results["sizes"].items():
        for name, one in measured["processes"].items():
            head = f"| {int(size):,} | {one['title']} |"
            if "not_run" in one:
                yield f"{head} not run: {one['not_run']} | | | | | | |"
                continue
            step = results["growth"].get(name, {}).get(size)
            cells = (
                _seconds(one["wall"]),
                _times(one["of_parse"]["wall"]),
                _times(one["of_cold"]["wall"]),
                _seconds(one["cpu"]),
                _times(one["of_parse"]["cpu"]),
                f"{one['peak_mib']} MiB",
                f"users^{step['exponent']:.2f}" if step else "",
            )
            yield f"{head} {' | '.join(cells)} |"


def _edited(results: Results) -> Iterator[str]:
    parts = [
        f"{one['of_warm']['wall']:.2f} with {int(size):,} users"
        for size, measured in results["sizes"].items()
        if "of_warm" in (one := measured["processes"].get("edited", {}))
    ]
    if parts:
        yield (
            "With one user in every hundredth file edited, in terms of nothing edited: "
            f"{', '.join(parts)}."
        )


def _phases(results: Results) -> Iterator[str]:
    yield "| users | process | seconds of each phase |"
    yield "|---:|---|---|"
    for size, measured in results["sizes"].items():
        for one in measured["processes"].values():
            if one.get("phases"):
                some = sorted(one["phases"].items(), key=lambda phase: -phase[1])
                parts = ", ".join(
                    f"{name} {seconds:.2f}" for name, seconds in some if seconds >= 0.005
                )
                yield f"| {int(size):,} | {one['title']} | {parts} |"


def _startup(results: Results) -> Iterator[str]:
    yield "| command | CPU | more than `python -c pass` |"
    yield "|---|---:|---:|"
    bare = results["startup"]["python -c pass"]
    for command, seconds in results["startup"].items():
        if command != "python -c pass":
            yield f"| {command} | {1000 * seconds:.0f} ms | {1000 * (seconds - bare):.0f} ms |"


def _machine(results: Results) -> Iterator[str]:
    machine = results["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    yield (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}."
    )
    yield f"Python {machine['python']}; {versions}."
    for size, measured in results["sizes"].items():
        rounds = "one round" if measured["rounds"] == 1 else f"{measured['rounds']} rounds"
        yield (
            f"{int(size):,} users: {rounds}, {measured['date']}, "
            f"load {measured['load_before']} before."
        )


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 100 else f"{value:.0f} s"


def _times(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def kept(form: str) -> Results | None:
    """Read what is kept of accounts in a form."""
    path = HERE / f"{form}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def keep(results: Results, form: str) -> None:
    """Write the JSON, and the table into the page."""
    text = json.dumps(results, indent=2, ensure_ascii=False) + "\n"
    (HERE / f"{form}.json").write_text(text, encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    new = re.sub(
        rf"(<!-- {form} -->\n).*(<!-- /{form} -->)",
        lambda m: f"{m[1]}{markdown(results)}\n{m[2]}",
        text,
        flags=re.DOTALL,
    )
    PAGE.write_text(new, encoding="utf-8")
