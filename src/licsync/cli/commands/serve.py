"""`licsync serve`."""

from __future__ import annotations

import gc
import os
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import click

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.exit_codes import Exit
from licsync.cli.sessions import make_session
from licsync.diagnostics import Code, Diagnostic, InputInvalid, error
from licsync.server import listen, serve
from licsync.web.access import LEAST, open_access
from licsync.web.app import Source, create_app
from licsync.workflows.review import Review

TOKEN = "LICSYNC_WEB_TOKEN"


@click.command("serve")
@options.directory
@click.option(
    "--plan",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Show this saved plan.",
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
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    directory: Path,
    plan: Path | None,
    port: int,
    bind: str,
    allow_remote: bool,
    hostname: tuple[str, ...],
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Show the account in DIR as read-only pages in a browser: licenses, users and plan.

    The printed link works once, in one browser. The pages follow changes of the files and the
    store, and show the last read inventory. Ctrl-C stops the server.
    """
    token = os.environ.get(TOKEN) or None
    if faults := _unsafe(bind, allow_remote, token, hostname):
        raise InputInvalid(*faults)
    review = Review(make_session(directory, state, now), plan)
    source = Source(review.load, review.stamp)
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
    app = create_app(source, allowed)
    gc.enable()  # it runs for long, unlike other commands
    gc.freeze()  # and what it has read stays
    first = f"[{names[0]}]" if ":" in names[0] else names[0]
    serve(
        app,
        listener,
        lambda: console.print_result(f"http://{first}:{number}/?token={allowed.token}"),
    )
    return Exit.DONE


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
