"""Runs one job of a fleet: a process `licsync …` that has the secrets of its account alone.

The process gets only the variables of the environment that licsync and its libraries read. So a
token that opens the secrets of all accounts, which this process may have, is not among them.
"""

from __future__ import annotations

import asyncio
import json
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from shlex import join, quote
from typing import Any, cast

from licsync.backends.api.credentials import API_KEY
from licsync.backends.audit.transport import AUDIT_KEY
from licsync.backends.http.credentials import Secret, SecretSource, find_secret
from licsync.backends.scim.transport import SCIM_TOKEN
from licsync.backends.usage.feed import USER
from licsync.backends.usage.transport import USAGE_KEY, USAGE_PASSWORD
from licsync.diagnostics import Code, CredentialsMissing, error
from licsync.diagnostics.exit_codes import Exit
from licsync.engine.fleet import AccountJob, AccountResult
from licsync.model.environment import CEILINGS, FLEET_CHANNELS, FLEET_SECRETS
from licsync.model.fleet_declarations import SecretReference
from licsync.model.license import format_instant
from licsync.telemetry import trace_context
from licsync.views.escaping import escape_terminal
from licsync.workflows.fleet.processes import JobProcess, Processes

_SOURCES = {source.variable: source for source in (API_KEY, SCIM_TOKEN, AUDIT_KEY)}
"""The secrets of one account, by the variable that its command reads."""

_UNNAMED = (
    "The fleet file names no secret of '{}', and the command of an account gets no other. "
    "Add one to its entry: key, scim_token or audit_key\n"
)

_INTERRUPTED = "Interrupted.\n"

_STORE = SecretSource("LICSYNC_STATE", "URL of the store")

_SINGLE = {
    *("PATH", "HOME", "USER", "LOGNAME", "USERPROFILE", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP"),
    *("LANG", "TZ", "TERM", "COLUMNS", "NO_COLOR", "VIRTUAL_ENV"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_WORKSPACE"),
    *("CI_JOB_URL", "CI_PROJECT_DIR", "CI_PROJECT_URL", "BUILD_URL"),
}
_PREFIXES = ("LICSYNC_", "LC_", "XDG_", "PYTHON", "PYDANTIC_", "SSL_", "PG", "OTEL_", "GIT_CONFIG_")
_WITHHELD = {"LICSYNC_WEB_TOKEN", FLEET_CHANNELS, USER} | {
    f"{name}{suffix}"
    for name in (*_SOURCES, USAGE_KEY.variable, USAGE_PASSWORD.variable)
    for suffix in ("", "_FILE", "_COMMAND")
}

_REVIEW_VARIABLES = (
    "CI_MERGE_REQUEST_IID",
    "CHANGE_ID",
    "BITBUCKET_PR_ID",
    "SYSTEM_PULLREQUEST_PULLREQUESTID",
)
"""What GitLab, Jenkins, Bitbucket and Azure set in the job of a proposed change."""


@dataclass(slots=True)
class Interruption:
    """Ends the processes that run, after the steps that are in flight.

    Attributes:
        requested: whether they were asked to end.
        processes: the processes that run.
    """

    requested: bool = False
    processes: set[JobProcess] = field(default_factory=set)

    def request(self) -> None:
        """Ask every process to end. Asked again, they end without finishing their steps."""
        self.requested = True
        for process in self.processes:
            process.terminate()


async def run_job(
    job: AccountJob,
    environ: Mapping[str, str],
    interruption: Interruption,
    processes: Processes,
) -> AccountResult:
    """Run a job. Whatever goes wrong is in its result.

    Args:
        job: the job.
        environ: the environment variables, in which the secrets of the job are looked up.
        interruption: ends the process.
        processes: starts the process.
    """
    started_at = _now()
    try:
        found = await asyncio.to_thread(_secrets, job, environ, interruption)
    except CredentialsMissing as fault:
        await asyncio.sleep(0)  # the Ctrl-C that ended the command of a key may be noticed later
        code, message = _without_secrets(job, fault, interruption)
        return AccountResult(job.account, job.verb, code, started_at, _now(), error=message)
    with tempfile.TemporaryDirectory(prefix="licsync-fleet-") as folder:
        file = Path(folder, "summary.json")
        words = (job.verb, job.directory, *job.arguments, "--no-color", "--summary", str(file))
        environment = _environment(job, environ, found)
        try:
            code, text, error = await _run(processes, words, environment, interruption)
        except OSError as fault:
            code, text, error = Exit.FAILED, "", f"licsync cannot be started: {fault.strerror}.\n"
        found_out = _read(file)
    for secret in found.values():
        text, error = secret.redact(text), secret.redact(error)
    if code == Exit.CREDENTIALS and not job.secrets.keys() & _SOURCES.keys():
        error += _UNNAMED.format(job.account)
    text, error = _escaped(text), _escaped(error)
    code, error = _exit_code(job, code, error, interruption)
    return AccountResult(
        job.account,
        job.verb,
        code,
        started_at,
        _now(),
        found_out.get("summary"),
        text,
        error,
        found_out.get("document"),
        tuple(found_out.get("errors", ())),
        tuple(found_out.get("messages", ())),
    )


async def _run(
    processes: Processes,
    words: Sequence[str],
    environment: Mapping[str, str],
    interruption: Interruption,
) -> tuple[int, str, str]:
    """Run a command.

    Raises:
        OSError: it cannot be started.
    """
    if interruption.requested:
        return -signal.SIGTERM, "", ""
    process = await processes.start(words, environment)
    interruption.processes.add(process)
    if interruption.requested:  # while it started
        process.terminate()
    try:
        ended = await process.wait()
    finally:
        interruption.processes.discard(process)
    return (
        ended.code,
        ended.output.decode("utf-8", "replace"),
        ended.errors.decode("utf-8", "replace"),
    )


def _exit_code(
    job: AccountJob, code: int, error: str, interruption: Interruption
) -> tuple[int, str]:
    """Translate the end of a process that died into an exit code, and say so."""
    if code >= 0:
        return code, error
    if interruption.requested and code in (-signal.SIGTERM, -signal.SIGINT):
        return Exit.INTERRUPTED, error or _INTERRUPTED
    message = f"The process was ended by {_signal_name(-code)}."
    if job.verb == "apply":
        message += f" To finish what it began: licsync apply {quote(str(job.directory))} --resume"
        return Exit.PARTLY, f"{error}{message}\n"
    return Exit.FAILED, f"{error}{message}\n"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _environment(
    job: AccountJob, environ: Mapping[str, str], found: Mapping[str, Secret]
) -> dict[str, str]:
    hidden = _WITHHELD | set(job.withheld)
    passed = {
        name: value
        for name, value in environ.items()
        if name not in hidden and (name.upper() in _SINGLE or name.startswith(_PREFIXES))
    }
    own = " ".join(f"{verb}={most}" for verb, most in job.limits.items())
    limits = f"{passed.get(CEILINGS, '')} {own}".strip()
    return {
        **passed,
        "PYTHONIOENCODING": "utf-8",
        **trace_context(environ),
        **({CEILINGS: limits} if limits else {}),
        FLEET_CHANNELS: json.dumps(job.channels),
        **{name: secret.reveal() for name, secret in found.items()},
    }


def _secrets(
    job: AccountJob, environ: Mapping[str, str], interruption: Interruption
) -> dict[str, Secret]:
    """Find the secrets of a job. To validate files, no secret and no store has to be there.

    Raises:
        CredentialsMissing: one of them cannot be found, or the operator does not allow it.
    """
    for variable in job.secrets.keys() & _SOURCES.keys():
        _require_allowed(job.secrets[variable], environ)
    return {
        variable: find_secret(
            _SOURCES.get(variable, _STORE),
            dict(_places(variable, reference, environ)),
            lambda: not interruption.requested,
        )
        for variable, reference in job.secrets.items()
        if job.verb != "validate" or environ.get(reference.get("env", ""))
    }


def _require_allowed(reference: SecretReference, environ: Mapping[str, str]) -> None:
    """Refuse a secret that the operator does not allow the fleet file to name.

    Whoever may change the fleet file could name any command or secret of the machine. So the
    operator can list patterns, such as `command:op read *; env:KEY_*; file:/run/secrets/*`. In the
    job of a pull request, where somebody proposes the fleet file, a command needs a pattern.

    Raises:
        CredentialsMissing: no pattern matches, and there are patterns or one is needed.
    """
    ((kind, place),) = reference.items()
    if FLEET_SECRETS not in environ and not (kind == "command" and is_review_job(environ)):
        return
    named = f"{kind}:{join(place) if isinstance(place, list) else place}"
    patterns = [pattern.strip() for pattern in environ.get(FLEET_SECRETS, "").split(";")]
    if not any(fnmatchcase(named, pattern) for pattern in patterns):
        message = f"{FLEET_SECRETS} does not allow the fleet file to name this secret."
        hint = f"If you trust it, add a pattern to {FLEET_SECRETS}: {named}"
        raise CredentialsMissing(error(Code.CREDENTIALS, message, hint=hint))


def is_review_job(environ: Mapping[str, str]) -> bool:
    """Tell whether this is the job of a pull request or merge request of a CI system."""
    is_github = environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request")
    return is_github or any(environ.get(name) for name in _REVIEW_VARIABLES)


def _places(
    variable: str, reference: SecretReference, environ: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Say where a secret is in the terms of `find_secret`."""
    if "command" in reference:
        yield f"{variable}_COMMAND", join(reference["command"])
    elif "file" in reference:
        yield f"{variable}_FILE", reference["file"]
    elif value := environ.get(reference.get("env", "")):
        yield variable, value


def _without_secrets(
    job: AccountJob, fault: CredentialsMissing, interruption: Interruption
) -> tuple[int, str]:
    """Give the exit code and the message of a job whose secrets were not found."""
    if interruption.requested:
        return Exit.INTERRUPTED, _INTERRUPTED
    return Exit.CREDENTIALS, _escaped(_unavailable(job, fault))


def _unavailable(job: AccountJob, fault: CredentialsMissing) -> str:
    """Say which secret of a job cannot be found, and where the fleet file says that it is."""
    lines = [f"{one.message}\n" for one in fault.diagnostics]
    for variable, reference in job.secrets.items():
        ((kind, place),) = reference.items()
        shown = join(cast(Sequence[str], place)) if isinstance(place, list) else place
        lines.append(f"  {variable} of {job.account}: {kind} {shown}\n")
    return "".join(lines)


def _escaped(text: str) -> str:
    """Escape what a command printed: names of directories can hold anything."""
    return "\n".join(map(escape_terminal, text.split("\n")))


def _read(file: Path) -> dict[str, Any]:
    """Read what the command found, and the errors that ended it, as far as it came."""
    try:
        found: dict[str, Any] = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found


def _now() -> str:
    return format_instant(datetime.now(UTC))
