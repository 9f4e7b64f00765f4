"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from licsync.cli import output as console
from licsync.cli import sessions
from licsync.model.license import parse_day_or_instant
from licsync.model.text_normalization import compose

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_FIRST_YEAR, _LAST_YEAR = 1970, 9000
"""Between these, days can be counted on from any day without coming to the end of the calendar."""


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant or day."""

    name = "ISO8601"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read the instant; without an offset it is UTC."""
        if isinstance(value, datetime):
            return value
        try:
            instant = parse_day_or_instant(value)
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is no ISO 8601 instant, such as 2026-11-24T09:00:00Z.", param, ctx
            )
        if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
            self.fail(f"{value!r} is out of the years {_FIRST_YEAR} to {_LAST_YEAR}.", param, ctx)
        return instant


class Text(click.ParamType[str]):
    """A name or a text to look for, in the form in which texts are compared."""

    name = "TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Compose the text."""
        return compose(value)


class Allowance(click.ParamType[tuple[str, int]]):
    """A limit for one run: VERB=N."""

    name = "VERB=N"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Read verb and number."""
        if isinstance(value, tuple):
            return value
        from licsync.diagnostics import did_you_mean
        from licsync.planning.plan import VERBS

        verb, _, number = value.partition("=")
        verbs = [v for kind in ("user", "license") for v in VERBS[kind]]
        if verb not in verbs:
            self.fail(
                f"{verb!r} is no verb of a plan. {did_you_mean(verb, verbs) or ''}".rstrip(),
                param,
                ctx,
            )
        if not (number.isascii() and number.isdigit()):
            self.fail(f"{value!r}: a whole number is wanted after '='.", param, ctx)
        return verb, int(number)


def _no_color(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    console.use_color(False if value else None)


directory = click.argument(
    "directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False)
)

now = click.option(
    "--now",
    type=Instant(),
    metavar="ISO8601",
    help="The instant, or the day, to plan for.  [default: the clock's]",
)

state = click.option(
    "--state",
    metavar="URL",
    envvar="LICSYNC_STATE",
    help="Where the store is: sqlite:///PATH or postgresql://….  [default: SQLite below DIR/.licsync/]",
)

jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many processes read the files and plan; the result is the same.  [default: one for each core]",
)

cache = click.option(
    "--no-cache",
    "cache",
    flag_value=False,
    default=True,
    type=bool,
    help="Read and compare everybody anew; the plan is the same.",
)

no_color = click.option(
    "--no-color",
    is_flag=True,
    expose_value=False,
    callback=_no_color,
    is_eager=True,
    help="No colour (as NO_COLOR).",
)


def _redact(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    console.use_redaction(value)


redact = click.option(
    "--redact",
    is_flag=True,
    expose_value=False,
    callback=_redact,
    is_eager=True,
    help="Mask phone numbers and addresses, for logs that everybody can read.",
)


def _read_only(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    sessions.use_read_only(value)


read_only = click.option(
    "--read-only",
    is_flag=True,
    expose_value=False,
    callback=_read_only,
    is_eager=True,
    help="Write nothing to the store or the cache (as LICSYNC_READ_ONLY=1).",
)

out_dir = click.option(
    "--out-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the reports of all CI formats into this folder as well.",
)


def formats(*names: str) -> Callable[[Decorated], Decorated]:
    """Offer `--format`; the first is the default."""
    return click.option(
        "--format", "format_", type=click.Choice(names), default=names[0], show_default=True
    )


def scope(function: Decorated) -> Decorated:
    """Offer what narrows a plan, what raises its limits, and what allows its losses."""
    for option in (
        click.option(
            "--base",
            metavar="REF",
            help="Refuse where the branch lacks commits of REF to these files (git).",
        ),
        click.option(
            "--allow-loss",
            is_flag=True,
            help="Let changes of license lose what the vendor's API cannot keep.",
        ),
        click.option(
            "--allow",
            type=Allowance(),
            multiple=True,
            metavar="VERB=N",
            help="Raise one limit for this run.",
        ),
        click.option(
            "--exclude",
            type=Text(),
            multiple=True,
            metavar="RESOURCE",
            help="Leave a resource out, such as users/NAME.",
        ),
        click.option(
            "--target",
            type=Text(),
            multiple=True,
            metavar="RESOURCE",
            help="Only this resource and what it needs.",
        ),
        click.option(
            "--due",
            is_flag=True,
            help="Only what a date asks for, today or earlier, such as leavers.",
        ),
    ):
        function = option(function)
    return function
