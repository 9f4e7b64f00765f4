"""What every runner of a fleet does (`licsync.engine.fleet.FleetRunner`)."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from licsync.engine.fleet import AccountJob, AccountResult
from licsync.store.address import default_url
from licsync.workflows.fleet.applying import ApplyRequest, apply_fleet
from licsync.workflows.fleet.fleet import open_fleet
from licsync.workflows.fleet.running import (
    FleetContext,
    check_drift,
    plan_fleet,
    sending_messages,
)
from licsync.workflows.storage import open_store
from tests.support.fake_fleet import write_fleet
from tests.support.fleet_runners import (
    PROGRAM,
    RUNNERS,
    SUMMARY,
    MakeRunner,
    a_job,
    a_message,
    log_of,
)
from tests.support.message_servers import webhook_server
from tests.support.patience import PATIENCE

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}


@pytest.fixture(params=[*RUNNERS, "queue"])
def make(request: pytest.FixtureRequest) -> MakeRunner:
    if request.param == "queue":
        pytest.importorskip("procrastinate")
        from tests.support.fleet_queue import RunnerWithWorker

        url = request.getfixturevalue("postgres").render_as_string()
        return lambda at_once, environ: RunnerWithWorker(url, at_once, environ, PROGRAM)
    return RUNNERS[request.param]


class Results(list[AccountResult]):
    """Takes the results, until there are as many as it wants."""

    def __init__(self, wanted: int = 1000):
        super().__init__()
        self.wanted, self.threads = wanted, set[int]()

    def __call__(self, result: AccountResult) -> bool:
        self.append(result)
        self.threads.add(threading.get_ident())
        return len(self) < self.wanted

    @property
    def codes(self) -> dict[str, int]:
        return {result.account: result.exit_code for result in self}


def _when(is_so: Callable[[], object]) -> threading.Thread:
    """Send this process a signal when something is so."""

    def interrupt() -> None:
        while not is_so():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=interrupt)
    thread.start()
    return thread


def test_every_job_has_one_result_in_the_thread_of_the_caller(
    make: MakeRunner, tmp_path: Path
) -> None:
    jobs = [a_job(tmp_path / f"a{n}", behavior={"exit": n % 3}) for n in range(5)]
    results = Results()
    assert make(2, ENVIRONMENT).run(jobs, results) == "done"
    assert results.codes == {f"a{n}": n % 3 for n in range(5)}
    assert len(results) == 5
    assert results.threads == {threading.get_ident()}


def test_no_job_at_all_is_done(make: MakeRunner) -> None:
    assert make(2, ENVIRONMENT).run([], Results()) == "done"


def test_the_command_gets_its_words_and_its_result_comes_back(
    make: MakeRunner, tmp_path: Path
) -> None:
    behavior = {"exit": 2, "text": "Ünï\x1b[31m", "error": "warning", "summary": SUMMARY}
    job = a_job(tmp_path / "a", behavior=behavior, verb="drift", arguments=("--now", "2026-11-24"))
    results = Results()
    make(1, ENVIRONMENT).run([job], results)
    [result] = results
    assert (result.verb, result.exit_code, result.text) == ("drift", 2, "Ünï\\x1b[31m\n")
    assert "warning" in result.error
    assert result.summary == SUMMARY
    assert result.document == {"of": str(tmp_path / "a")}
    assert result.started_at <= result.finished_at
    assert log_of(tmp_path / "a")[0]["words"][:3] == ["drift", "--now", "2026-11-24"]


@pytest.mark.slow
def test_no_two_jobs_of_one_organization_run_at_once(make: MakeRunner, tmp_path: Path) -> None:
    jobs = [a_job(tmp_path / f"a{n}", f"o{n % 2}", {"seconds": 0.1}) for n in range(6)]
    make(6, ENVIRONMENT).run(jobs, Results())
    for organization in range(2):
        spans = []
        for n in range(organization, 6, 2):
            began, ended = (entry["at"] for entry in log_of(tmp_path / f"a{n}"))
            spans.append((began, ended))
        spans.sort()
        assert all(spans[i][1] <= spans[i + 1][0] for i in range(2)), spans


def test_no_more_jobs_run_at_once_than_allowed(make: MakeRunner, tmp_path: Path) -> None:
    jobs = [a_job(tmp_path / f"a{n}", behavior={"seconds": 0.05}) for n in range(5)]
    make(2, ENVIRONMENT).run(jobs, Results())
    events = sorted(
        (entry["at"], 1 if entry["what"] == "began" else -1)
        for n in range(5)
        for entry in log_of(tmp_path / f"a{n}")
    )
    at_once = [sum(change for _, change in events[: i + 1]) for i in range(len(events))]
    assert max(at_once) <= 2


def test_a_job_that_dies_costs_no_other(make: MakeRunner, tmp_path: Path) -> None:
    jobs = [
        a_job(tmp_path / "dies", behavior={"dies": True}),
        a_job(tmp_path / "half", behavior={"dies": True}, verb="apply"),
        a_job(tmp_path / "fine"),
    ]
    results = Results()
    assert make(1, ENVIRONMENT).run(jobs, results) == "done"
    assert results.codes == {"dies": 1, "half": 4, "fine": 0}
    [died] = [r for r in results if r.account == "half"]
    assert f"licsync apply {tmp_path / 'half'} --resume" in died.error


def test_nothing_starts_after_the_caller_has_had_enough(make: MakeRunner, tmp_path: Path) -> None:
    jobs = [a_job(tmp_path / f"a{n}", "one") for n in range(4)]
    results = Results(wanted=2)
    assert make(1, ENVIRONMENT).run(jobs, results) == "stopped"
    assert [r.account for r in results] == ["a0", "a1"]
    assert not log_of(tmp_path / "a2")


def test_a_signal_ends_the_jobs_that_run_and_starts_no_other(
    make: MakeRunner, tmp_path: Path
) -> None:
    jobs = [a_job(tmp_path / f"a{n}", behavior={"seconds": PATIENCE}) for n in range(3)]

    thread = _when(lambda: log_of(tmp_path / "a0") and log_of(tmp_path / "a1"))
    results = Results()
    assert make(2, ENVIRONMENT).run(jobs, results) == "interrupted"
    thread.join()
    assert results.codes == {"a0": 130, "a1": 130}
    assert [entry["what"] for entry in log_of(tmp_path / "a0")] == ["began", "ended"]


def test_a_signal_ends_the_command_of_a_key_that_hangs(make: MakeRunner, tmp_path: Path) -> None:
    started = tmp_path / "started"
    script = f"echo $$ > {started}.new; mv {started}.new {started}; exec sleep {PATIENCE}"
    hanging = {"LICSYNC_API_KEY": {"command": ["sh", "-c", script]}}
    jobs = [a_job(tmp_path / "a", "one", secrets=hanging), a_job(tmp_path / "b", "one")]
    thread, results = _when(started.exists), Results()
    assert make(1, ENVIRONMENT).run(jobs, results) == "interrupted"
    thread.join()
    assert [(r.account, r.exit_code, r.error) for r in results] == [("a", 130, "Interrupted.\n")]
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def test_a_signal_ends_the_reading_of_a_key_from_a_pipe(make: MakeRunner, tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    job = a_job(tmp_path / "a", secrets={"LICSYNC_API_KEY": {"file": str(pipe)}})
    writers: list[int] = []

    def has_reader() -> bool:
        with suppress(OSError):
            writers.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(writers)

    thread, results = _when(has_reader), Results()
    assert make(1, ENVIRONMENT).run([job], results) == "interrupted"
    thread.join()
    assert results.codes == {"a": 130}
    os.close(*writers)


def _with_key(folder: Path, variable: str, **fields: object) -> AccountJob:
    secrets = {"LICSYNC_API_KEY": {"env": variable}}
    behavior = {"tells": ["LICSYNC_API_KEY"], "summary": SUMMARY}
    return a_job(folder, behavior=behavior, secrets=secrets, **fields)


def test_a_secret_reaches_its_command_alone(make: MakeRunner, tmp_path: Path) -> None:
    secrets = {
        "LICSYNC_KEY_OF_A": "secret-of-a-1234",
        "LICSYNC_KEY_OF_B": "secret-of-b-5678",
        "LICSYNC_API_KEY": "secret-of-nobody",
        "VAULT_TOKEN": "opens-everything",
    }
    withheld = ("LICSYNC_KEY_OF_A", "LICSYNC_KEY_OF_B")
    jobs = [
        _with_key(tmp_path / "a", "LICSYNC_KEY_OF_A", withheld=withheld),
        _with_key(tmp_path / "b", "LICSYNC_KEY_OF_B", withheld=withheld),
        a_job(tmp_path / "c", withheld=withheld),
    ]
    results = Results()
    make(3, {**ENVIRONMENT, **secrets}).run(jobs, results)
    seen = {name: log_of(tmp_path / name)[0]["environment"] for name in "abc"}
    assert seen["a"]["LICSYNC_API_KEY"] == secrets["LICSYNC_KEY_OF_A"]
    assert seen["b"]["LICSYNC_API_KEY"] == secrets["LICSYNC_KEY_OF_B"]
    for name, environment in seen.items():
        others = {value for value in environment.values() if value in secrets.values()}
        own = {"a": {"secret-of-a-1234"}, "b": {"secret-of-b-5678"}, "c": set[str]()}
        assert others == own[name]
    told = json.dumps([result.to_json() for result in results])
    assert not [value for value in secrets.values() if value in told]


def test_secrets_come_from_commands_and_files(make: MakeRunner, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("of-a-file\n")
    references = {"a": {"command": ["echo", "of-a-command"]}, "b": {"file": str(tmp_path / "key")}}
    jobs = [
        a_job(tmp_path / name, secrets={"LICSYNC_API_KEY": reference})
        for name, reference in references.items()
    ]
    make(2, ENVIRONMENT).run(jobs, Results())
    keys = [log_of(tmp_path / name)[0]["environment"]["LICSYNC_API_KEY"] for name in "ab"]
    assert keys == ["of-a-command", "of-a-file"]


def test_a_secret_that_is_missing_costs_only_its_account(make: MakeRunner, tmp_path: Path) -> None:
    jobs = [
        _with_key(tmp_path / "a", "KEY_OF_A"),
        a_job(tmp_path / "b", secrets={"LICSYNC_API_KEY": {"command": ["false"]}}),
        a_job(tmp_path / "c"),
        a_job(tmp_path / "d", behavior={"exit": 6}),
    ]
    results = Results()
    make(4, ENVIRONMENT).run(jobs, results)
    assert results.codes == {"a": 6, "b": 6, "c": 0, "d": 6}
    output = {result.account: result.error for result in results}
    assert "The fleet file names no secret of 'd'" in output["d"]
    assert "env KEY_OF_A" in output["a"]
    assert "exit code 1" in output["b"]
    assert not log_of(tmp_path / "a")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "codes"),
    [
        ({}, {"a": 0, "b": 0}),
        ({"LICSYNC_FLEET_SECRETS": "env:KEY_OF_*"}, {"a": 0, "b": 6}),
        ({"LICSYNC_FLEET_SECRETS": "command:echo *; file:/run/*"}, {"a": 6, "b": 0}),
        ({"LICSYNC_FLEET_SECRETS": ""}, {"a": 6, "b": 6}),
        ({"GITHUB_EVENT_NAME": "pull_request"}, {"a": 0, "b": 6}),
        ({"GITHUB_EVENT_NAME": "push"}, {"a": 0, "b": 0}),
        ({"CI_MERGE_REQUEST_IID": "7"}, {"a": 0, "b": 6}),
        ({"CHANGE_ID": "7", "LICSYNC_FLEET_SECRETS": "*"}, {"a": 0, "b": 0}),
    ],
)
def test_the_operator_says_which_secrets_may_be_named(
    make: MakeRunner, tmp_path: Path, variables: dict[str, str], codes: dict[str, int]
) -> None:
    jobs = [
        a_job(tmp_path / "a", secrets={"LICSYNC_API_KEY": {"env": "KEY_OF_A"}}),
        a_job(tmp_path / "b", secrets={"LICSYNC_API_KEY": {"command": ["echo", "of-b"]}}),
    ]
    results = Results()
    environment = {**ENVIRONMENT, "KEY_OF_A": "of-a", **variables}
    make(2, environment).run(jobs, results)
    assert results.codes == codes


def test_limits_reach_the_command(make: MakeRunner, tmp_path: Path) -> None:
    make(1, ENVIRONMENT).run(
        [a_job(tmp_path / "a", limits={"delete": 0, "suspend": "5%"})], Results()
    )
    environment = log_of(tmp_path / "a")[0]["environment"]
    assert environment["LICSYNC_LIMITS"] == "delete=0 suspend=5%"


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["plan", "apply", "drift"])
def test_what_the_commands_have_to_say_reaches_each_address_in_one_message(
    make: MakeRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    fleet = open_fleet(write_fleet(tmp_path, "a: {}\nb: {}"))
    for name in "ab":
        folder = tmp_path / name
        channels = (("ops", "webhook"), ("mine", "webhook"), ("others", "slack"))
        messages = [a_message(*channel, account=name) for channel in channels]
        open_store(default_url(folder)).dispose()
        behavior = {"summary": SUMMARY, "messages": messages}
        (folder / "behavior.json").write_text(json.dumps(behavior))
    with webhook_server() as inbox:
        monkeypatch.setenv("LICSYNC_NOTIFY_OPS", f"{inbox.address}/SECRET")
        context = FleetContext(fleet, make(2, ENVIRONMENT))
        for _ in range(2):  # the second says nothing new
            with sending_messages(context, None):
                if verb == "plan":
                    plan_fleet(context, fleet.members)
                elif verb == "drift":
                    check_drift(context, fleet.members)
                else:
                    request = ApplyRequest(confirm=lambda plans: True)
                    assert apply_fleet(context, fleet.members, request)
    slack, webhook = sorted(inbox.documents, key=len)
    assert [one["account"] for one in webhook["messages"]] == ["a", "b"]
    assert slack["text"].startswith("*n: 2 accounts need attention*")


def test_results_are_documents() -> None:
    result = AccountResult("a", "plan", 0, "2026-11-24T00:00:00Z", "2026-11-24T00:00:01Z", SUMMARY)
    assert AccountResult.from_json(json.loads(json.dumps(result.to_json()))) == result
