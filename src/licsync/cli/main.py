"""The group of commands. A command's module is imported only when the command runs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from importlib import import_module
from keyword import iskeyword
from typing import Any, NoReturn

import click

from licsync import profiling as phases
from licsync.cli import output as console
from licsync.cli import settings
from licsync.cli.help import Group
from licsync.diagnostics import Diagnostic, LicsyncError
from licsync.diagnostics.exit_codes import Exit, of_error
from licsync.version import version_text
from licsync.workflows.store_damage import find_damage

TASKS: Mapping[str, Mapping[str, str]] = {
    "Everyday": {
        "init": "Create a small example account.",
        "validate": "Check the files of an account, without planning and without network.",
        "plan": "Show the changes that make the account match the files.",
        "apply": "Apply a plan: of a directory, or from a saved plan file.",
        "show": "Show a saved plan.",
        "fmt": "Format the files of an account; comments are kept.",
    },
    "Look": {
        "users": "List or find users, or show the details of one.",
        "licenses": "List or find licenses, with holder and service address.",
        "costs": "Show what the licenses cost per month, and who pays.",
        "history": "List the applied runs, or verify that the history is unaltered.",
        "drift": "Show drift since the last apply.",
        "serve": "Show licenses, users and the plan as read-only pages in a browser.",
        "report": "Write the same pages as files.",
        "export": "Write users, pool and licenses as CSV, Excel or JSON.",
    },
    "Bring in": {
        "import": "Write the files of an existing account.",
        "onboard": "Add the people of a CSV or Excel list to the files.",
        "people": "Propose joiners, movers and leavers from a list of people.",
        "refresh": "Update the inventory from exports of the console.",
        "inventory": "Load or dump the inventory, or confirm manual steps.",
    },
    "Operate": {
        "explain": "Explain a diagnostic code: what it means, its causes, and what to do.",
        "doctor": "Check everything that a run depends on, and suggest fixes.",
        "undo": "Plan the undo of a run, and list what cannot be restored.",
        "unlock": "Remove the lock of a run on an account.",
        "fleet": "Plan, apply and watch many accounts together.",
        "notify": "Send a test message to the channels for notifications.",
        "store": "Maintain the store: adopt an account, or remove user data of old runs.",
    },
    "Develop": {
        "test": "Test the rules of the files on recorded plans.",
        "simulate": "Serve a simulation of the 8x8 API on loopback.",
        "schema": "Write the JSON Schemas of the files.",
        "completion": "Print the script that completes licsync in a shell.",
        "version": "Print the version.",
    },
}
"""The commands by task, each with its one-line help; its module is `licsync.cli.commands.NAME`."""

COMMANDS = {name: about for commands in TASKS.values() for name, about in commands.items()}
"""All commands, in the order in which help lists them."""

_BEGAN = "licsync began"
_COMPLETION = "_LICSYNC_COMPLETE"
_ENDLESS = ("serve", "simulate", "fleet worker")
"""Commands that are no span: each runs until it is ended."""


def _profile(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        phases.start(ctx.obj[_BEGAN])


def add_profile_option(command: click.Command) -> click.Command:
    """Add the `--profile` option to a command and its subcommands."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            add_profile_option(inner)
    elif all(parameter.name != "profile" for parameter in command.params):
        text = "Print the time of each phase and the memory to standard error."
        flag = click.Option(
            ["--profile"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_profile,
            help=text,
        )
        command.params.append(flag)
    return command


def print_phases(spent: Mapping[str, phases.PhaseCost]) -> None:
    """Print the wall seconds of each phase, and the peak memory at its end."""
    if not spent:
        return

    def line(name: str, seconds: float, peak: int) -> str:
        return f"{name:32} {seconds:9.3f} s {peak / 2**20:9.1f} MiB"

    total, peak = sum(one.seconds for one in spent.values()), phases.peak_bytes()
    lines = [line(name, one.seconds, one.peak_bytes) for name, one in spent.items()]
    largest = phases.peak_bytes(children=True) / 2**20
    lines += [line("all", total, peak), f"{'largest other process':32} {'':11} {largest:9.1f} MiB"]
    console.print_message("\n".join(lines))


class Commands(Group):
    """Loads commands when they are asked for, and turns errors into diagnostics and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command's module and give its command."""
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command = import_module(f"licsync.cli.commands.{module}").command
        assert isinstance(command, click.Command)
        return add_profile_option(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Add a did-you-mean to an unknown command."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from licsync.diagnostics import did_you_mean

            ctx.fail(
                f"No such command {args[0]!r}. {did_you_mean(args[0], COMMANDS) or ''}".rstrip()
            )
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete commands without importing them."""
        from click.shell_completion import CompletionItem

        begun = {name: about for name, about in COMMANDS.items() if name.startswith(incomplete)}
        options = [] if begun else click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=about) for name, about in begun.items()), *options]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by task, without importing them."""
        longest = max(map(len, COMMANDS))
        for task, commands in TASKS.items():
            with formatter.section(task):
                formatter.write_dl([(name.ljust(longest), commands[name]) for name in commands])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run, and exit with the code of the contract."""
        settings.current = settings.CommandSettings()
        name = _named(sys.argv[1:] if args is None else args)
        with _span(name) as note:
            try:
                code = self._run(args, prog_name, complete_var, extra)
            finally:
                print_phases(phases.stop())
            note("licsync.exit_code", int(code))
            if (session := settings.current.session) is not None:
                note("licsync.directory", str(session.directory))
        sys.exit(code)

    def _run(
        self,
        args: Sequence[str] | None,
        prog_name: str | None,
        complete_var: str | None,
        extra: dict[str, Any],
    ) -> int:
        if _COMPLETION in os.environ:
            import licsync.cli.completing  # noqa: F401 - registers the script of bash
        extra["obj"] = {_BEGAN: time.perf_counter()}
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            return int(code) if isinstance(code, int) else Exit.DONE
        except click.exceptions.Exit as done:
            return done.exit_code
        except SystemExit:  # click's, where whoever read the help has gone
            return Exit.DONE
        except click.ClickException as fault:
            with suppress(OSError):
                fault.show(file=sys.stderr)  # click's own writes UTF-8 where ASCII is asked for
            return Exit.FAILED
        except (click.Abort, KeyboardInterrupt):
            console.print_message("Interrupted.")
            return Exit.INTERRUPTED
        except LicsyncError as error:
            _report(error.diagnostics)
            return of_error(error)
        except OSError as fault:
            console.show_diagnostics([console.file_unusable(fault)])
            return Exit.FAILED
        except Exception:
            session = settings.current.session
            faults = find_damage(session.directory, session.state) if session else []
            if not faults:
                raise
            _report(faults)
            return Exit.FAILED


def _report(faults: Sequence[Diagnostic]) -> None:
    """Show the errors that end a command, and write them to the file of `--summary`."""
    console.show_diagnostics(faults)
    if settings.current.summary is not None:
        from licsync.cli.summaries import write_fault_summary

        with suppress(LicsyncError):
            write_fault_summary(faults)


def _span(name: str) -> AbstractContextManager[Callable[[str, str | int], None]]:
    """Record a command as a span of OpenTelemetry, if the environment asks for that."""
    asked = any(variable.startswith("OTEL_EXPORTER_OTLP_") for variable in os.environ)
    if not asked or name in _ENDLESS:
        return nullcontext(lambda key, value: None)
    from licsync.telemetry import span_of_command

    return span_of_command(name, os.environ, console.print_message)


def _named(words: Sequence[str]) -> str:
    """Name the command in its words, without anything that an argument says."""
    known = words[0] if words and words[0] in COMMANDS else ""
    return " ".join(words[:2]) if known == "fleet" else known


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 failed, 2 changes (--detailed-exitcode), 3 refused, "
    "4 partly applied, 5 locked, 6 credentials, 130 interrupted.",
)
@click.version_option(version_text(), message="%(version)s")
def cli() -> None:
    """Config-as-code for the licenses of an 8x8 cloud phone system."""


# --- the process of a command ---------------------------------------------------------------------


def run() -> int:
    """Run the command of `sys.argv`, and return its exit code."""
    _open_streams()
    console.skip_teardown()
    try:
        cli.main(prog_name="licsync")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else bool(end.code)


def leave(code: int) -> NoReturn:
    """End the process without freeing its objects: that takes a tenth of the time of a plan."""
    import atexit

    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # whoever wrote to the stream has reported the failure
            stream.flush()
    atexit._run_exitfuncs()
    os._exit(code)


def _open_streams() -> None:
    """Open the standard streams that are closed: otherwise the next opened file takes their place.

    Characters that an encoding lacks are written in ASCII.
    """
    from licsync.cli.encoding import tolerate

    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        tolerate(stream)
