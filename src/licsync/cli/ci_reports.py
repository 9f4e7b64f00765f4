"""Reports of plans and of faults for CI systems, and where each is written.

Standard output gets the main report of the chosen format. `--format github` also writes annotations
to standard error, where the runner finds them, the summary of the job to the file that
GITHUB_STEP_SUMMARY names, and outputs of the step to the file that GITHUB_OUTPUT names. `--out-dir`
writes every report there is into a folder, from the same plan, and `licsync.env`, which GitLab
takes as a report of variables.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from licsync.cli import output as console
from licsync.diagnostics import Code, Diagnostic, InputInvalid, LicsyncError, Span, error
from licsync.diagnostics.exit_codes import Exit, of_error
from licsync.profiling import phase
from licsync.workflows.session import run_link

if TYPE_CHECKING:
    from licsync.model.catalog import Catalog
    from licsync.planning.plan import Plan

WORK_ORDER_FORMATS = ("runbook", "runbook-html", "csv")
"""What people have to do, instead of the plan itself."""

PLAN_FORMATS = (
    "text",
    "json",
    "markdown",
    "html",
    *WORK_ORDER_FORMATS,
    "github",
    "gitlab",
    "sarif",
    "junit",
)
FAULT_FORMATS = ("text", "json", "github", "gitlab", "sarif", "junit")

_WITHOUT_FAULTS = {
    "github": "github",
    "gitlab": "text",
    **dict.fromkeys(WORK_ORDER_FORMATS, "text"),
}
"""Plan formats without diagnostics, and the format in which standard error gets them."""

_ROOTS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""Where the repository lies; what CI systems show is named from there."""


class Reports(Struct, frozen=True):
    """What a command was asked to report.

    Attributes:
        command: its name.
        directory: the account's.
        format: a name of `PLAN_FORMATS` or `FAULT_FORMATS`.
        out_dir: where every report is written to.
    """

    command: str
    directory: Path
    format: str
    out_dir: Path | None = None

    @contextmanager
    def reporting_errors(self) -> Iterator[None]:
        """Report what stops the command as well, before it does.

        Raises:
            LicsyncError: what stopped the command.
            InputInvalid: the report of it cannot be written.
        """
        try:
            yield
        except LicsyncError as fault:
            if self.format in FAULT_FORMATS and self.format != "text":
                console.print_result(self.of_faults(fault.diagnostics), self.format)
            self.publish_faults(fault.diagnostics, of_error(fault))
            raise

    def from_repository_root(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Name the files of diagnostics from the root of the repository."""
        root = next((os.environ[name] for name in _ROOTS if os.environ.get(name)), os.curdir)
        try:
            prefix = Path(os.path.relpath(self.directory.resolve(), Path(root).resolve()))
        except ValueError:  # on another drive
            prefix = Path()
        if prefix.parts[:1] == (os.pardir,):
            prefix = Path()

        def at(span: Span) -> Span:
            return replace(span, file=(prefix / span.file).as_posix())

        return [
            replace(d, span=at(d.span) if d.span else None, related=tuple(map(at, d.related)))
            for d in console.redacted(diagnostics)
        ]

    def of_faults(self, diagnostics: Iterable[Diagnostic], format_: str = "") -> str:
        """Write faults in a format of `FAULT_FORMATS`, or as text for any other format."""
        from licsync.views.diagnostics import diagnostics_github, diagnostics_text

        format_ = format_ or self.format
        if format_ == "json":
            from licsync.views.json_documents import diagnostics_json

            masked = console.redacted(diagnostics)
            return diagnostics_json(
                replace(d, hint=d.hint and console.complete(d.hint)) for d in masked
            )
        found = self.from_repository_root(diagnostics)
        if format_ == "github":
            return diagnostics_github(found)
        if format_ == "gitlab":
            from licsync.views.ci.gitlab import code_quality

            (nowhere,) = self.from_repository_root(
                [error(Code.INVALID_VALUE, "", Span("account.yaml"))]
            )
            return code_quality(found, nowhere.span.file if nowhere.span else "")
        if format_ == "sarif":
            from licsync.views.ci.sarif import sarif

            return sarif(found)
        if format_ == "junit":
            from licsync.views.ci.junit import diagnostic_checks, junit

            whole = (
                "the files are valid" if self.command == "validate" else "the plan can be applied"
            )
            return junit(f"licsync {self.command}", diagnostic_checks(found, whole))
        return diagnostics_text(found)

    def of_plan(self, plan: Plan, catalog: Catalog, format_: str = "") -> str:
        """Write a plan in a format that is made for CI systems."""
        format_ = format_ or self.format
        if format_ == "github":
            from licsync.views.ci.github import comment

            return console.complete(comment(plan, catalog, link=_link()), format_)
        if format_ == "gitlab":
            from licsync.views.ci.gitlab import terraform_report

            return terraform_report(plan)
        return self.of_faults(plan.diagnostics, format_)

    def publish_faults(self, diagnostics: Iterable[Diagnostic], code: int) -> None:
        """Write what belongs to no stream, of faults.

        Raises:
            InputInvalid: a file cannot be written.
        """
        self._write_faults(list(diagnostics))
        self._set({"exit-code": int(code)})

    @phase("writing reports")
    def publish_plan(self, plan: Plan, catalog: Catalog, code: Exit) -> None:
        """Write what belongs to no stream, of a plan.

        Raises:
            InputInvalid: a file cannot be written.
        """
        self._write_faults(plan.diagnostics)
        if self.out_dir is not None:
            self.write("comment.md", self.of_plan(plan, catalog, "github"))
            self.write("terraform.json", self.of_plan(plan, catalog, "gitlab"))
            self.write(
                "licsync.env",
                f"LICSYNC_CHANGES={len(plan.actions)}\nLICSYNC_DIGEST={plan.digest}\n",
            )
        if self.format in _WITHOUT_FAULTS and plan.diagnostics:
            console.print_message(self.of_faults(plan.diagnostics, _WITHOUT_FAULTS[self.format]))
        if self.format == "github":
            from licsync.views.ci.github import job_summary

            summary = console.complete(job_summary(plan, catalog), self.format)
            _append("GITHUB_STEP_SUMMARY", summary)
        if self.format == "github":
            self._set({"changes": len(plan.actions), "digest": plan.digest, "exit-code": int(code)})

    def publish_fleet(self, summary: str, values: dict[str, object]) -> None:
        """Add the summary of a fleet to that of the job, and set outputs of the step.

        Raises:
            InputInvalid: a file cannot be written.
        """
        _append("GITHUB_STEP_SUMMARY", summary)
        self._set(values)

    def _write_faults(self, diagnostics: list[Diagnostic]) -> None:
        if self.out_dir is not None:
            for name, format_ in (
                ("codequality.json", "gitlab"),
                ("licsync.sarif", "sarif"),
                ("junit.xml", "junit"),
            ):
                self.write(name, self.of_faults(diagnostics, format_))

    def _set(self, values: dict[str, object]) -> None:
        """Set outputs of the step."""
        if self.format == "github":
            from licsync.views.ci.github import outputs

            _append("GITHUB_OUTPUT", outputs(values))

    def write(self, name: str, text: str) -> None:
        """Write a report into the folder of the reports.

        Raises:
            InputInvalid: it cannot be written.
        """
        from licsync.workflows.files import write_new

        assert self.out_dir is not None
        write_new(self.out_dir / name, text, overwrite=True)


def _append(variable: str, text: str) -> None:
    """Append to the file that a variable of the CI runner names, if it is set."""
    path = os.environ.get(variable)
    if not path:
        return
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
    except OSError as fault:
        message = f"The file that {variable} names cannot be written: {fault.strerror or fault}."
        raise InputInvalid(error(Code.INVALID_VALUE, message)) from fault


def _link() -> str:
    """Give the address of the CI job, whose page has the whole summary."""
    return run_link(os.environ) or ""
