"""The argument and the options of the commands on a fleet."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from licsync.cli import options
from licsync.cli.at_hand import fleet_at_hand

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Option = Callable[[Callable[..., int]], Callable[..., int]]

_WORKERS = "licsync workers"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What every command says that runs the accounts of a fleet.

    Attributes:
        path: the fleet file, or its directory.
        select: labels and patterns of the accounts.
        changed_since: the commit after which an account's files must have changed.
        jobs: how many accounts run at once; None for what the fleet file says.
        format: the format of the result.
        out_dir: the directory of the reports for CI systems.
        state: the URL of the store.
        now: the instant to plan and act by; None for the current one.
    """

    path: Path
    select: tuple[str, ...]
    changed_since: str | None
    jobs: int | None
    format: str
    out_dir: Path | None
    state: str | None
    now: datetime | None

    @property
    def is_text_only(self) -> bool:
        """Tell whether nothing but text is shown, and no report is written."""
        return self.format == "text" and self.out_dir is None

    def command_line(self, scope: Sequence[str]) -> str:
        """Write the fleet and the selection of accounts for another command line."""
        words = [str(self.path), *scope]
        for one in self.select:
            words += ["--select", one]
        words += [] if self.changed_since is None else ["--changed-since", self.changed_since]
        return shlex.join(words)


def _or_at_hand(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    return value if value is not None or ctx.resilient_parsing else fleet_at_hand()


fleet_path = click.argument(
    "path",
    metavar="[FLEET]",
    required=False,
    type=click.Path(path_type=Path),
    callback=_or_at_hand,
    help="A fleet.yaml, or its directory.  [default: the nearest fleet.yaml, from here up]",
)


state = click.option(
    "--state",
    metavar="URL",
    envvar="LICSYNC_STATE",
    callback=options.remember_state,
    help="The store of the fleet and of all its accounts.  [default: state of the fleet file, else "
    "SQLite beside it and in each account]",
)

select = click.option(
    "--select",
    multiple=True,
    metavar="LABEL=VALUE|GLOB",
    help="Only accounts with this label, or that match this pattern; A,B selects those with both.",
)

_jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Accounts at once.  [default: concurrency.accounts of the fleet file]",
)

_changed_since = click.option(
    "--changed-since",
    metavar="REF",
    help="Only accounts whose files the commits since REF touch (git).",
)


def _remember_workers(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta[_WORKERS] = value


workers = click.option(
    "--workers",
    is_flag=True,
    expose_value=False,
    callback=_remember_workers,
    help="Let the fleet's workers run the accounts (licsync fleet worker).",
)


def is_for_workers() -> bool:
    """Tell whether the command has `--workers`."""
    return bool(click.get_current_context().meta.get(_WORKERS))


def run_options(
    formats: Sequence[str], *own: Option
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add the argument and the options of a command that runs accounts.

    The command gets them as its first argument, a `RunOptions`.

    Args:
        formats: the formats of the result; the first one is the default.
        own: further options of the command.
    """
    every: list[Option] = [
        *(fleet_path, select, _changed_since, _jobs, options.formats(*formats), options.out_dir),
        *own,
        *(options.redact, state, options.now, options.no_color),
    ]

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        @wraps(function)
        def command(
            *,
            path: Path,
            select: tuple[str, ...],
            changed_since: str | None,
            jobs: int | None,
            format_: str,
            out_dir: Path | None,
            state: str | None,
            now: datetime | None,
            **own: Any,
        ) -> int:
            common = RunOptions(path, select, changed_since, jobs, format_, out_dir, state, now)
            return function(common, **own)

        decorated: Callable[..., int] = command
        for option in reversed(every):
            decorated = option(decorated)
        return decorated

    return decorate


def scope(function: Decorated) -> Decorated:
    """Add the options that the plans of all accounts take."""
    for option in (
        click.option(
            "--require-fresh",
            is_flag=True,
            help="Refuse accounts whose exported inventory is older than inventory_max_age.",
        ),
        click.option("--due", is_flag=True, help="Plan only changes that are due by date."),
    ):
        function = option(function)
    return function


def scope_words(*, due: bool, require_fresh: bool) -> list[str]:
    """Write the options of `scope` for the command line of an account."""
    return [*(["--due"] if due else []), *(["--require-fresh"] if require_fresh else [])]
