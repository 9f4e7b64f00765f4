"""`licsync simulate`."""

from __future__ import annotations

import gc
import json
import math
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from pydantic import ValidationError

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import Code, InputInvalid, Span, error
from licsync.diagnostics.exit_codes import Exit
from licsync.server import HOST, OwnHost, listen, serve
from licsync.simulator.app import create_app
from licsync.simulator.audit import Audit
from licsync.simulator.faults import read_rules
from licsync.simulator.scim import scim_path
from licsync.simulator.server import Entry
from licsync.simulator.settings import Settings
from licsync.version import address_of
from licsync.workflows.inventory import local_backend

KEY, TOKEN, AUDIT_KEY = "LICSYNC_API_KEY", "LICSYNC_SCIM_TOKEN", "LICSYNC_AUDIT_KEY"
SCIM_URL, AUDIT_URL = "LICSYNC_SCIM_URL", "LICSYNC_AUDIT_URL"


@click.command(
    "simulate",
    cls=Command,
    examples={
        "licsync simulate": "Simulate the 8x8 API for the account in the current directory.",
        "licsync simulate --port 0 --speed 0": "Use a free port, and do not wait.",
    },
)
@options.directory
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8008,
    show_default=True,
    help="0: any free port.",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="JSON list of faults.",
)
@click.option(
    "--speed",
    type=click.FloatRange(0),
    default=1,
    show_default=True,
    metavar="N",
    help="N times faster than 8x8; 0: operations complete at once, without rate limits.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Seed of completion times, ids and faults.",
)
@options.state
@options.no_color
def command(
    directory: Path, port: int, faults: Path | None, speed: float, seed: int, state: str | None
) -> Exit:
    """Simulate 8x8's Administration API, SCIM service and audit log for the account in DIR.

    It serves them on loopback. The API key is LICSYNC_API_KEY, the SCIM token LICSYNC_SCIM_TOKEN,
    and the key of the audit log LICSYNC_AUDIT_KEY, each `simulator` by default. Prints the address
    and the export lines that connect licsync to it. Logs requests and responses without bodies to
    standard error. Ctrl-C stops the server.
    """
    if not math.isfinite(speed):
        raise click.BadParameter(f"{speed} is not a speed.", param_hint="--speed")
    rules = _read_faults(faults) if faults else ()
    account = open_for_command(make_session(directory, state))
    if account.is_stored and not account.is_sandbox:
        message = (
            "The simulator would change the inventory that exports of the real account showed."
        )
        hint = "Simulate a copy with `backend: {type: local}`."
        place = account.desired.where("account", "backend", "type")
        raise InputInvalid(error(Code.INVALID_VALUE, message, place, hint))
    settings = Settings(
        account.desired.catalog,
        key=os.environ.get(KEY) or "simulator",
        scim_token=os.environ.get(TOKEN) or "simulator",
        audit_key=os.environ.get(AUDIT_KEY) or "simulator",
        speed=speed,
        faults=rules,
        seed=seed,
        now=account.session.now,
    )
    app = create_app(local_backend(account), settings, _report)
    try:
        listener = listen(port)
    except OSError as fault:
        raise InputInvalid(
            error(
                Code.INVALID_VALUE,
                f"Port {port} of {HOST} cannot be used: {fault.strerror or fault}.",
                hint="Choose another one with --port, or 0 for any that is free.",
            )
        ) from fault
    gc.enable()  # it runs for long, unlike other commands
    number = listener.getsockname()[1]
    origin = f"http://{HOST}:{number}"
    ready = (
        f"{account.name} is served at {origin}/admin-provisioning\n"
        f"export LICSYNC_API_URLS={origin}\n"
        f"export {SCIM_URL}={origin}{scim_path(settings)}\n"
        f"export {AUDIT_URL}={origin}{Audit.base}"
    )
    serve(OwnHost(app, number), listener, lambda: console.print_result(ready))
    return Exit.DONE


def _report(entry: Entry) -> None:
    status = "no answer" if entry.status is None else str(entry.status)
    # no character of it can begin a line, or move a cursor
    path = quote(entry.path, safe="/:@!$&'()*+,;=~")
    words = (entry.time, entry.method, path, status, entry.operation, *entry.faults)
    console.print_message(" ".join(word for word in words if word))


def _read_faults(path: Path) -> list[dict[str, Any]]:
    """Read and check a file of faults.

    Raises:
        InputInvalid: it has faults. All of them are named.
    """
    shown = str(path)
    try:
        rules = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as fault:
        raise InputInvalid(
            error(Code.INVALID_VALUE, f"'{shown}' cannot be read: {fault.strerror or fault}.")
        ) from fault
    except json.JSONDecodeError as fault:
        place = Span(shown, fault.lineno, fault.colno)
        raise InputInvalid(
            error(Code.INVALID_VALUE, f"'{shown}' is not JSON: {fault.msg}.", place)
        ) from fault
    except (ValueError, RecursionError) as fault:
        raise InputInvalid(
            error(Code.INVALID_VALUE, f"'{shown}' is not JSON that licsync can use.", Span(shown))
        ) from fault
    if not isinstance(rules, list):
        raise InputInvalid(
            error(Code.INVALID_VALUE, f"'{shown}' must be a list of faults.", Span(shown))
        )
    try:
        read_rules(rules)
    except ValidationError as fault:
        raise InputInvalid(
            *(
                error(
                    Code.INVALID_VALUE,
                    f"Fault {'/'.join(str(step) for step in detail['loc'])}: {detail['msg']}.",
                    Span(shown),
                    hint=f"The kinds of faults and their keys: {address_of('reference/simulator')}",
                )
                for detail in fault.errors(include_url=False)
            )
        ) from fault
    return rules
