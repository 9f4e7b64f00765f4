"""`licsync serve`."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import click
from starlette.types import ASGIApp

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.sessions import make_session
from licsync.diagnostics import Code, Diagnostic, InputInvalid, LicsyncError, error
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.fleet_status import FleetStatus
from licsync.server import listen, serve
from licsync.web.access import LEAST, Access, open_access
from licsync.web.account_index import ReviewedAccount
from licsync.web.app import Source, create_app
from licsync.web.redacted_account import redact_account
from licsync.workflows.review import Review

TOKEN = "LICSYNC_WEB_TOKEN"


@click.command(
    "serve",
    cls=Command,
    examples={
        "licsync serve": "Show the account in a browser, on a free port of this machine.",
        "licsync serve --plan plan.json --port 8080": "Let somebody review a saved plan.",
        "licsync serve --fleet": "Show all accounts of the nearest fleet.yaml.",
    },
)
@options.directory
@click.option(
    "--plan",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Show this saved plan.",
)
@click.option(
    "--fleet",
    is_flag=True,
    is_eager=True,
    help="DIR is a fleet: show all its accounts on one page.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="[default: any free port]")
@click.option(
    "--bind",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on.",
)
@click.option(
    "--allow-remote",
    is_flag=True,
    help=f"Allow --bind to other machines; needs a token in {TOKEN}.",
)
@click.option(
    "--hostname",
    multiple=True,
    metavar="NAME",
    help="A host name under which browsers reach the server.",
)
@options.redact
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    directory: Path,
    plan: Path | None,
    fleet: bool,
    port: int,
    bind: str,
    allow_remote: bool,
    hostname: tuple[str, ...],
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Show the account in DIR as read-only pages in a browser: licenses, users and plan.

    With --fleet, show the records of all accounts of a fleet, with links to their pages.

    With --redact, e-mail addresses, phone numbers and addresses are masked on all pages and in all
    downloads.

    The printed link works once, in one browser. The pages follow changes of the files and the
    store, and show the last read inventory. Ctrl-C stops the server.
    """
    token = os.environ.get(TOKEN) or None
    if faults := _unsafe(bind, allow_remote, token, hostname):
        raise InputInvalid(*faults)
    make_app = (
        _fleet_app(directory, plan, state, now) if fleet else _app(directory, plan, state, now)
    )
    try:
        listener = listen(port, bind)
    except OSError as fault:
        message = f"Port {port} of {bind} cannot be used: {fault.strerror or fault}."
        raise InputInvalid(
            error(Code.INVALID_VALUE, message, hint="Omit --port to use any free port.")
        ) from fault
    number = listener.getsockname()[1]
    address = ip_address(bind)
    names = [
        *hostname,
        *([] if address.is_unspecified else [bind]),
        *(["localhost"] if address.is_loopback else []),
    ]
    allowed = open_access(names, number, token)
    app = make_app(allowed)
    gc.enable()  # it runs for long, unlike other commands
    gc.freeze()  # and what it has read stays
    first = f"[{names[0]}]" if ":" in names[0] else names[0]
    serve(
        app,
        listener,
        lambda: console.print_result(f"http://{first}:{number}/?token={allowed.token}"),
    )
    return Exit.DONE


def _app(
    directory: Path, plan: Path | None, state: str | None, now: datetime | None
) -> Callable[[Access], ASGIApp]:
    """Make the pages of an account."""
    review = Review(make_session(directory, state, now), plan)
    return partial(create_app, _source(review))


def _source(review: Review) -> Source:
    complete = partial(console.complete, format_="html", argument=review.session.directory)
    return Source(_loading(review), review.stamp, complete=complete)


def _loading(review: Review) -> Callable[[], ReviewedAccount]:
    """Give the function that reads the account, masked with `--redact`."""
    if not console.is_redacting():
        return review.load

    def load() -> ReviewedAccount:
        try:
            return redact_account(review.load())
        except LicsyncError as fault:
            raise type(fault)(*console.redacted(fault.diagnostics)) from None

    return load


def _fleet_app(
    directory: Path, plan: Path | None, state: str | None, now: datetime | None
) -> Callable[[Access], ASGIApp]:
    """Make the pages of a fleet and of its accounts."""
    from licsync.cli.fleet_sessions import status_for_command
    from licsync.config.catalog import load_catalog
    from licsync.views.redacted_records import RecordMask
    from licsync.web.fleet_app import FleetSource, create_fleet_app
    from licsync.workflows.fleet.fleet import open_fleet
    from licsync.workflows.fleet.results import state_of

    if plan is not None:
        message = "--plan shows the plan of one account, and cannot be used with --fleet."
        raise InputInvalid(error(Code.INVALID_VALUE, message))

    def open_account(account: str) -> Source:
        opened = open_fleet(directory, is_complete=False)
        session = make_session(opened.directory / account, state_of(opened, state), now)
        review = Review(session, asks_who=False)  # a key in the environment is another account's
        return _source(review)

    def look() -> FleetStatus:
        status = status_for_command(directory, (), state, now)
        return RecordMask().record(status) if console.is_redacting() else status

    return partial(
        create_fleet_app, FleetSource(look, open_account, str(directory), load_catalog())
    )


def _unsafe(
    bind: str, allow_remote: bool, token: str | None, hostname: tuple[str, ...]
) -> list[Diagnostic]:
    """Report why the pages cannot be served there: anyone who reaches them can read them."""
    try:
        address = ip_address(bind)
    except ValueError:
        return [
            error(
                Code.INVALID_VALUE,
                f"--bind: '{bind}' is not an IP address.",
                hint="Set names with --hostname.",
            )
        ]
    faults = []
    if token is not None and len(token) < LEAST:
        faults.append(
            error(Code.INVALID_VALUE, f"The token in {TOKEN} is shorter than {LEAST} characters.")
        )
    if address.is_loopback:
        return faults
    if not allow_remote:
        message = f"--bind {bind} lets others on the network see who has which number."
        hint = f"To allow it, use --allow-remote, set a token in {TOKEN} and add a TLS proxy."
        faults.append(error(Code.INVALID_VALUE, message, hint=hint))
    elif token is None:
        hint = "Choose at least 16 random characters. The link that you share contains it."
        faults.append(
            error(Code.INVALID_VALUE, f"--allow-remote needs a token in {TOKEN}.", hint=hint)
        )
    if address.is_unspecified and not hostname:
        message = f"--bind {bind} is every address of this machine. Set its name with --hostname."
        faults.append(error(Code.INVALID_VALUE, message))
    return faults
