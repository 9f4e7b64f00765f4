"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from licsync.cli import output as console
from licsync.cli import settings
from licsync.cli.dates import Instant
from licsync.diagnostics.deprecations import DEPRECATED, warn_of
from licsync.model.text_normalization import compose

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Text(click.ParamType[str]):
    """A name or a search text, in the normal form in which texts are compared."""

    name = "TEXT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Normalize the text."""
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
        from licsync.model.capabilities import VERBS

        verb, _, number = value.partition("=")
        verbs = [v for kind in ("user", "license") for v in VERBS[kind]]
        if verb not in verbs:
            self.fail(
                f"Unknown action {verb!r}; choose {', '.join(verbs)}. "
                f"{did_you_mean(verb, verbs) or ''}".rstrip(),
                param,
                ctx,
            )
        if not (number.isascii() and number.isdigit()):
            self.fail(f"{value!r}: write a whole number after '='.", param, ctx)
        return verb, int(number)


def remember_state(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Repeat the store in printed commands, unless the environment names it for them, too."""
    is_named = ctx.get_parameter_source("state") is ParameterSource.COMMANDLINE
    settings.current.state = value if is_named else None
    return value


def _no_color(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    settings.current.color = False if value else None


def completing(kind: str) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """Complete names of the account (`cli.completing`)."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from licsync.cli.completing import candidates

        return candidates(kind, ctx, incomplete)

    return complete


def or_at_hand(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    """Find the account at hand, or with `--fleet` the fleet, if no directory is named.

    Raises:
        InputInvalid: there is no account or fleet here, or it belongs to another user.
    """
    if value is not None or ctx.resilient_parsing:
        return value
    from licsync.cli.at_hand import account_at_hand, fleet_at_hand

    return fleet_at_hand() if ctx.params.get("fleet") else account_at_hand()


AT_HAND = "The directory of the account.  [default: the nearest with an account.yaml, from here up]"
AT_HAND_LATER = AT_HAND[:1].lower() + AT_HAND[1:]
"""The same within a sentence."""

directory = click.argument(
    "directory",
    metavar="[DIR]",
    required=False,
    type=click.Path(path_type=Path, file_okay=False),
    callback=or_at_hand,
    help=AT_HAND,
)


def _one_or_at_hand(
    ctx: click.Context, param: click.Parameter, value: tuple[Path, ...]
) -> Path | None:
    if len(value) > 1:
        ctx.fail(f"One DIR is enough: got {' and '.join(map(repr, map(str, value)))}.")
    return or_at_hand(ctx, param, value[0] if value else None)


directory_before = click.argument(
    "directory",
    metavar="[DIR]",
    nargs=-1,
    type=click.Path(path_type=Path, file_okay=False),
    callback=_one_or_at_hand,
    help=AT_HAND,
)
"""The directory before another argument that is required."""

new_directory = click.argument(
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="The directory of the account.",
)


directory_or_word = click.argument(
    "first",
    metavar="[DIR]",
    required=False,
    type=click.Path(),
    shell_complete=completing("word"),
    help=f"{AT_HAND[:-1]}, unless it is a word]",
)
"""The directory before words, which may be left out (`at_hand.split_words`)."""

words = click.argument(
    "words",
    metavar="[WORD]...",
    nargs=-1,
    type=Text(),
    shell_complete=completing("word"),
    help="A part of what to find.",
)


def by_place(what: str) -> Callable[[Decorated], Decorated]:
    """Add the options that find users, or their licenses, by the place in the company.

    Args:
        what: what the options find, such as `users`.
    """

    def add(function: Decorated) -> Decorated:
        for place in ("department", "site"):
            function = click.option(
                f"--{place}",
                metavar="NAME",
                shell_complete=completing(place),
                help=f"Only {what} of this {place}.",
            )(function)
        return function

    return add


now = click.option(
    "--now",
    type=Instant(),
    metavar="ISO8601",
    help="The instant or day to use as now.  [default: the current time]",
)

state = click.option(
    "--state",
    metavar="URL",
    envvar="LICSYNC_STATE",
    callback=remember_state,
    help="The store: sqlite:///PATH or postgresql://….  [default: SQLite in DIR/.licsync/]",
)

jobs = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes that read the files and plan; the result is the same.  [default: one per core]",
)

cache = click.option(
    "--no-cache",
    "cache",
    flag_value=False,
    default=True,
    type=bool,
    help="Read and compare all users again; the plan is the same.",
)

no_color = click.option(
    "--no-color",
    is_flag=True,
    expose_value=False,
    callback=_no_color,
    is_eager=True,
    help="Disable color (like NO_COLOR).",
)


def _redact(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    settings.current.redact = value


redact = click.option(
    "--redact",
    is_flag=True,
    expose_value=False,
    callback=_redact,
    is_eager=True,
    help="Mask phone numbers and addresses, for public logs.",
)


def _read_only(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    settings.current.read_only = value


def _summary(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    settings.current.summary = value


summary = click.option(
    "--summary",
    type=click.Path(path_type=Path, dir_okay=False),
    expose_value=False,
    callback=_summary,
    help="Also write a summary as JSON to this file.",
)

read_only = click.option(
    "--read-only",
    is_flag=True,
    expose_value=False,
    callback=_read_only,
    is_eager=True,
    help="Do not write to the store or the cache (like LICSYNC_READ_ONLY=1).",
)

out_dir = click.option(
    "--out-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write the reports of all CI formats into this folder.",
)


class Format(click.Choice[str]):
    """Formats, of which some have a deprecated name."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Accept a deprecated name with a warning."""
        old = DEPRECATED.get(f"--format {value}")
        name = old.instead.removeprefix("--format ") if old else value
        if old and name in self.choices:
            console.show_diagnostics([warn_of(f"--format {value}")])
            value = name
        return str(super().convert(value, param, ctx))


def formats(*names: str) -> Callable[[Decorated], Decorated]:
    """Add the option `--format`; the first name is the default."""
    return click.option(
        "--format",
        "format_",
        type=Format(names),
        metavar="FORMAT",
        default=names[0],
        show_default=True,
        help=f"The output: {', '.join(names[:-1])} or {names[-1]}.",
    )


def tables(function: Decorated) -> Decorated:
    """Add the options that say how to read tables of an account."""
    for option in (
        click.option(
            "--country", metavar="CC", help="Country of licenses without a country in the tables."
        ),
        click.option(
            "--ignore-column",
            "ignored",
            multiple=True,
            metavar="HEADING",
            help="Ignore this column, or this sheet or file, by name.",
        ),
        click.option("--encoding", help="CSV encoding if not UTF-8/16, e.g. cp1252."),
    ):
        function = option(function)
    return function


def scope(function: Decorated) -> Decorated:
    """Add the options that limit a plan to targets, raise its limits and allow losses."""
    for option in (
        click.option(
            "--base",
            metavar="REF",
            help="Refuse if the branch lacks commits of REF to these files (git).",
        ),
        click.option(
            "--allow-loss",
            is_flag=True,
            help="Allow license changes to lose settings that the 8x8 API cannot keep.",
        ),
        click.option(
            "--allow",
            type=Allowance(),
            multiple=True,
            metavar="VERB=N",
            shell_complete=completing("allowance"),
            help="Raise one limit for this run.",
        ),
        click.option(
            "--exclude",
            type=Text(),
            multiple=True,
            metavar="RESOURCE",
            shell_complete=completing("resource"),
            help="Exclude this resource, such as users/NAME.",
        ),
        click.option(
            "--target",
            type=Text(),
            multiple=True,
            metavar="RESOURCE",
            shell_complete=completing("resource"),
            help="Plan only this resource and its dependencies.",
        ),
        click.option(
            "--require-fresh",
            is_flag=True,
            help="Refuse if the exported inventory is older than inventory_max_age.",
        ),
        click.option(
            "--due",
            is_flag=True,
            help="Plan only changes that are due by date, such as leavers.",
        ),
    ):
        function = option(function)
    return function
