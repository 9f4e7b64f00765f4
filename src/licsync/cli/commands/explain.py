"""`licsync explain`."""

from __future__ import annotations

import re

import click
from click.shell_completion import CompletionItem

from licsync.cli import options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.diagnostics import Code, InputInvalid, did_you_mean, error
from licsync.views.explanations import codes_text, explanation_text


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(code) for code in Code if code.startswith(incomplete)]


@click.command(
    "explain",
    cls=Command,
    examples={
        "licsync explain license-shortage": "Say what it means, its causes, and what to do.",
        "licsync explain": "List all codes.",
    },
)
@click.argument(
    "code",
    required=False,
    shell_complete=_complete,
    help="A diagnostic code.  [default: list all codes]",
)
@options.no_color
def command(code: str | None) -> None:
    """Explain a diagnostic code, such as license-shortage. Without CODE, list all codes.

    Says what the code means, what causes it, what to do, and which exit code it leads to. CODE may
    be copied from a message: `error[license-shortage]` is fine, too.
    """
    rendering = console.render_options(widest=100)
    if code is None:
        console.print_result(codes_text(rendering))
    else:
        console.print_result(explanation_text(_known(code), rendering))


def _known(text: str) -> Code:
    """Read a code as people write it.

    Raises:
        InputInvalid: there is no such code.
    """
    pasted = re.search(r"\[(.+)\]", text)
    word = (pasted[1] if pasted else text).strip().casefold().replace("_", "-")
    try:
        return Code(word)
    except ValueError:
        hint = did_you_mean(word, Code) or "All of them: licsync explain"
        message = f"There is no diagnostic code '{text}'."
        raise InputInvalid(error(Code.UNKNOWN_REFERENCE, message, hint=hint)) from None
