"""The pages of the runs: what became of each action, by the journal, and what is left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from licsync.cli.main import cli
from licsync.engine.ports import JournalEntry, Run
from licsync.engine.reporting import outcome_of
from licsync.model.console.step import Step
from licsync.planning.plan import Plan
from licsync.web.account_index import AccountIndex
from licsync.web.downloads import table_of
from licsync.web.lists import run_totals, shown_runs
from licsync.web.pages import Pages
from licsync.web.query_params import (
    LicensesQuery,
    OverviewQuery,
    RunsQuery,
    UseQuery,
    UsersQuery,
)
from licsync.web.run_page import recorded_changes, run_actions
from licsync.workflows.review import Review
from licsync.workflows.session import Session
from tests.support.shown_order import account, order
from tests.support.web_pages import NOW, WHOLE, Page, copy_of


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> AccountIndex:
    """The account of acme, after an apply of everything."""
    account: Path = copy_of("acme", tmp_path_factory.mktemp("runs"))
    words = ["apply", str(account), "--auto-approve", "--now", "2026-11-24T08:00:00Z"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    return AccountIndex(Review(Session(account, at=NOW)).load())


def read(known: AccountIndex) -> Run:
    run = known.reviewed.read_run(known.reviewed.runs[0].id)
    assert run is not None
    return run


def test_a_run_has_a_page_with_every_action_and_what_it_changed(applied: AccountIndex) -> None:
    run = read(applied)
    actions = run_actions(run, applied.catalog)
    assert len(actions) == len(run.plan["actions"])
    assert {action.ending for action in actions} == {"done"}
    changed = [change for action in actions for change in action.changes]
    assert all(before != after for _, before, after in changed)
    page = Page(Pages(applied).runs(RunsQuery(run=run.id), WHOLE))
    for action in actions[:20]:
        assert action.entry.subject in page.words
    for text in (run.id, run.actor, run.plan["digest"]):
        assert text in page.words
    assert f"/runs?run={run.id}" in {value for _, name, value in page.attributes if name == "href"}
    listed = Page(Pages(applied).runs(RunsQuery(state="done"), WHOLE))
    assert run.id in listed.text
    assert "No matching runs." in Pages(applied).runs(RunsQuery(state="failed"), WHOLE)
    assert "has no run" in Pages(applied).runs(RunsQuery(run="other"), WHOLE)


@pytest.mark.slow
def test_users_and_licenses_tell_which_runs_touched_them(applied: AccountIndex) -> None:
    run = read(applied)
    name = next(
        applied.user_of(action["resource"])
        for action in run.plan["actions"]
        if applied.user_of(action["resource"])
    )
    unit = next(a["license"]["id"] for a in run.plan["actions"] if a.get("license"))
    for source in (
        Pages(applied).users(UsersQuery(user=name), WHOLE),
        Pages(applied).licenses(LicensesQuery(id=unit), WHOLE),
    ):
        assert f'href="/runs?run={run.id}"' in source


def test_the_use_of_the_day_is_recorded_by_the_apply(applied: AccountIndex) -> None:
    (day,) = applied.reviewed.pool_use
    pools = {(pool.type, pool.country): pool for pool in day.pools}
    for group in applied.pools:
        pool = pools[group.type, group.country]
        assert (pool.owned, pool.unassigned) == (group.total, group.unassigned)
    assert "24 Nov 2026" in Page(Pages(applied).use(UseQuery(type="x2"), WHOLE)).words


def test_the_remaining_work_of_a_run_is_shown(applied: AccountIndex) -> None:
    run = read(applied)
    plan = Plan.from_json(run.plan)
    last = run.entries[-1]
    refused = replace(last, state="refused", after=None, reason="no such number")
    broken = replace(run, state="failed", entries=[*run.entries[:-1], refused])
    outcome = outcome_of(broken, plan, in_place=True)
    assert outcome.failed == {last.action: "no such number"}
    assert len(outcome.done) == len(plan.actions) - 1
    half = replace(run, state="open", entries=run.entries[:1])
    endings = {action.ending for action in run_actions(half, applied.catalog)}
    assert "not begun" in endings
    known = AccountIndex(replace(applied.reviewed, read_run=lambda _: broken))
    page = Page(Pages(known).runs(RunsQuery(run=run.id), WHOLE))
    assert "1 action left: it is not carried out." in page.words
    assert "no such number" in page.words


@pytest.mark.slow
def test_a_pruned_run_and_an_unreadable_one_say_so(applied: AccountIndex) -> None:
    run = read(applied)
    pruned = replace(run, plan={"digest": "sha256:0"}, pruned_at="2026-11-24T00:00:00Z")
    known = AccountIndex(replace(applied.reviewed, read_run=lambda _: pruned))
    assert "was removed" in Pages(known).runs(RunsQuery(run=run.id), WHOLE)


def test_secrets_of_records_are_never_shown() -> None:
    before = {"first_name": "Ada", "voicemail_pin": "1234", "services": []}
    after = {"first_name": "Bo", "voicemail_pin": "9876", "services": [{"license": "L1"}]}
    entry = JournalEntry(
        0, "a1", Step("user.update", "users/a"), "done", {"users/a": before}, {"users/a": after}
    )
    found = list(recorded_changes([entry]))
    assert ("users/a", "first name", "Ada", "Bo") in found
    assert not any("9876" in text or "1234" in text for change in found for text in change)
    assert any("L1" in path for _, path, _, _ in found)


def test_a_run_whose_work_order_is_unfinished_has_not_ended_on_any_page() -> None:
    ran = Run(str(order().run), "acme", {}, {}, "ada", "2026-11-24T09:00:00Z", state="done")
    earlier = replace(ran, id="20261101T090000-1a2b3c", state="failed")
    index = AccountIndex(replace(account(), runs=(ran, earlier), read_run=lambda _: ran))
    pages = Pages(index)
    listed = pages.runs(RunsQuery(), WHOLE)
    assert '<span class="ending open">work order open</span>' in listed
    assert '<option value="work order open">' in listed
    assert run_totals(index, [ran, earlier])[1:3] == ["1 failed", "1 work order open"]
    assert shown_runs(index, RunsQuery(state="work order open")) == [ran]
    assert not shown_runs(index, RunsQuery(state="done"))
    assert [*shown_runs(index, RunsQuery(sort="state"))] == [earlier, ran]
    assert [row["state"] for row in table_of(index, RunsQuery()).rows] == [
        "work order open",
        "failed",
    ]
    assert "<td>work order open</td>" in pages.overview(OverviewQuery(), WHOLE)
    assert "work order open" in pages.runs(RunsQuery(run=ran.id), WHOLE)
    verified = AccountIndex(replace(account(replace(order(), state="verified")), runs=(ran,)))
    assert verified.ending_of(ran) == "done"
