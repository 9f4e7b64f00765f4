"""`licsync completion`."""

from __future__ import annotations

import click

from licsync.cli import output as console
from licsync.cli.completing import SHELLS, script
from licsync.cli.help import Command


@click.command(
    "completion",
    cls=Command,
    examples={
        "licsync completion bash > ~/.local/share/bash-completion/completions/licsync": "For bash.",
        "licsync completion zsh > ~/.zfunc/_licsync": "For zsh, if fpath has ~/.zfunc.",
        "licsync completion fish > ~/.config/fish/completions/licsync.fish": "For fish.",
        "licsync completion powershell >> $PROFILE": "For PowerShell.",
    },
)
@click.argument("shell", type=click.Choice(SHELLS), help="The shell.")
def command(shell: str) -> None:
    """Print the script that completes licsync in a shell.

    It completes commands, options, choices and files, and names of the account: users, sites,
    departments, types of licenses and runs. It reads only what was last seen, without network.
    """
    root = click.get_current_context().find_root().command
    console.print_result(script(shell, root), "script")
