"""`licsync report`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from licsync.cli import dates, options
from licsync.cli import output as console
from licsync.cli.help import Command
from licsync.cli.sessions import make_session, open_for_command
from licsync.diagnostics import Code, InputInvalid, error
from licsync.diagnostics.exit_codes import Exit
from licsync.planning.period.days import LONGEST, Period
from licsync.planning.period.report import PeriodReport
from licsync.spreadsheets.writer import xlsx_bytes
from licsync.views.period.tables import period_sheets
from licsync.views.period.texts import period_json, period_markdown, period_text, redact_period
from licsync.views.phrases import count
from licsync.web.account_index import AccountIndex
from licsync.web.downloads import account_sheets
from licsync.web.pages import Pages
from licsync.web.redacted_account import redact_account
from licsync.web.report import OURS, WORKBOOK, report
from licsync.workflows.files import write_new
from licsync.workflows.period_report import load_period_report, today_of
from licsync.workflows.review import Review
from licsync.workflows.session import Session


@click.command(
    "report",
    cls=Command,
    examples={
        "licsync report --out report": "Write the pages of the account into a folder.",
        "licsync report --out report --plan plan.json": "Write them with a saved plan.",
        "licsync report --month 2026-11": "Show who came, moved and left, licenses and cost.",
        "licsync report --month 2026-11 --out report": "Write that as pages and an Excel file.",
        "licsync report --format xlsx --out acme.xlsx": "Write the Excel file alone.",
    },
)
@options.directory
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="A new or empty folder, or one with an earlier report to replace; for xlsx a file.",
)
@click.option(
    "--plan",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Show this saved plan.",
)
@click.option("--month", type=dates.Month(), help="Report what happened in this month.")
@click.option("--from", "first", type=dates.Day(), help="Report from this day on.")
@click.option(
    "--until",
    "last",
    type=dates.Day(),
    help="The last day of the report.  [default: today]",
)
@options.formats("text", "json", "markdown", "xlsx")
@options.redact
@options.read_only
@options.state
@options.now
@options.no_color
def command(
    directory: Path,
    out: Path | None,
    plan: Path | None,
    month: date | None,
    first: date | None,
    last: date | None,
    format_: str,
    state: str | None,
    now: datetime | None,
) -> Exit:
    """Write the pages of the account in DIR as files: overview, licenses, users and plan.

    Each file is self-contained; filters need a script, reading does not. Beside them is an Excel
    file, report.xlsx, with a sheet for each list; --format xlsx writes it alone. Only the owner can
    read the files, because they show who has which number.

    With --month, or --from and --until, it shows what happened in that period: who came, moved and
    left, with the day and the run; the licenses on each recorded day; and the cost of each month.
    With --out, it also writes that as a page, and the Excel file has a sheet for each part.
    """
    session = make_session(directory, state, now)
    period = _period(month, first, last, session)
    _check_options(period, out, plan, format_)
    found = load_period_report(open_for_command(session), period) if period is not None else None
    if out is not None and format_ == "xlsx":
        _write_workbook(session, plan, out, found)
        return Exit.DONE
    if out is not None:
        _write(session, plan, out, found)
    if found is not None:
        _show(redact_period(found) if console.is_redacting() else found, format_)
    return Exit.DONE


def _check_options(found: Period | None, out: Path | None, plan: Path | None, format_: str) -> None:
    """Refuse options that would do nothing.

    Raises:
        InputInvalid: there is one.
    """
    if out is None and format_ == "xlsx":
        raise _invalid("No destination for the file.", "Name the Excel file: --out FILE.xlsx")
    if found is None and out is None:
        raise _invalid(
            "No destination for the pages, and no period to report.",
            "Name a folder: --out FOLDER. Or a period: --month 2026-11",
        )
    if plan is not None and (out is None or (found is not None and format_ == "xlsx")):
        raise _invalid("--plan is for the pages.", "Name their folder: --out FOLDER")
    if out is not None and format_ != "xlsx" and out.is_file():
        hint = "Name a folder for the pages. For an Excel file: --format xlsx"
        raise _invalid(f"'{out}' is a file.", hint)
    if found is None and format_ not in ("text", "xlsx"):
        raise _invalid(f"--format {format_} is for a period.", "Name the period: --month 2026-11")


def _period(
    month: date | None, first: date | None, last: date | None, session: Session
) -> Period | None:
    """Read the period of the options; None without one.

    Raises:
        InputInvalid: the options contradict each other, or the period is too long.
    """
    if month is not None:
        if first is not None or last is not None:
            hint = "Leave out --month, or --from and --until."
            raise _invalid("--month is a period already.", hint)
        return Period.of_month(month)
    if first is None:
        if last is not None:
            raise _invalid(f"--until {last} has no beginning.", "Name the first day: --from DAY")
        return None
    if last is None:
        last = today_of(session)
        if first > last:
            message = f"--from {first} is after today, {last}."
            raise _invalid(message, "Name the last day, too: --until DAY")
    if first > last:
        raise _invalid(f"--from {first} is after --until {last}.", "Exchange them.")
    if (days := (last - first).days + 1) > LONGEST:
        hint = f"Choose at most {LONGEST} days."
        raise _invalid(f"--from {first} to --until {last} are {days:,} days.", hint)
    return Period(first, last)


def _invalid(message: str, hint: str) -> InputInvalid:
    return InputInvalid(error(Code.INVALID_VALUE, message, hint=hint))


def _show(found: PeriodReport, format_: str) -> None:
    """Print the report of a period."""
    if format_ == "json":
        text = period_json(found)
    elif format_ == "markdown":
        text = period_markdown(found)
    else:
        text = period_text(found, options=console.render_options())
    console.print_result(text, format_)


def _write(session: Session, plan: Path | None, out: Path, found: PeriodReport | None) -> None:
    """Write the pages and the Excel file into a folder."""
    before = _earlier_files(out)
    index, found = _read(session, plan, found)
    files: dict[str, str | bytes] = dict(report(Pages(index), found.period if found else None))
    number, start = len(files), next(iter(files))
    files[WORKBOOK] = xlsx_bytes(period_sheets(found) if found else account_sheets(index))
    for name, content in files.items():
        write_new(out / name, content, overwrite=True, private=True)
    for path in before:
        if path.name not in files:
            path.unlink(missing_ok=True)
    wrote = f"{count(number, 'page')} and {WORKBOOK}"
    console.print_message(f"Wrote {wrote}. The first is {out / start}.")


def _write_workbook(
    session: Session, plan: Path | None, file: Path, found: PeriodReport | None
) -> None:
    """Write the Excel file alone."""
    if found is None:
        sheets = account_sheets(_read(session, plan, None)[0])
    else:
        sheets = period_sheets(redact_period(found) if console.is_redacting() else found)
    write_new(file, xlsx_bytes(sheets), overwrite=True, private=True)
    console.print_message(f"Wrote {file}")


def _read(
    session: Session, plan: Path | None, found: PeriodReport | None
) -> tuple[AccountIndex, PeriodReport | None]:
    """Read the account, and mask it and the period if the options say so."""
    seen = Review(session, plan).load()
    if console.is_redacting():
        seen, found = redact_account(seen), found and redact_period(found)
    return AccountIndex(seen), found


def _earlier_files(out: Path) -> list[Path]:
    """List the files of an earlier report.

    Raises:
        InputInvalid: anything else is in the folder.
    """
    try:
        found = sorted(out.iterdir()) if out.exists() else []
    except OSError as fault:
        message = f"'{out}' cannot be read: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault
    others = [path.name for path in found if not OURS.fullmatch(path.name)]
    if others:
        message = f"'{out}' contains other files, such as '{others[0]}'; nothing was written."
        raise _invalid(message, "Use a separate folder for the report.")
    return found
