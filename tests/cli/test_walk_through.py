"""The walk through a work order from the shell, at a pseudo-terminal: every answer is kept."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.support.command_line import run
from tests.support.console_work import (
    ALL,
    ITEMS,
    NOW,
    begin,
    begun,
    document,
    export,
    make_account,
    order_of,
    resume,
    standings,
    work,
)
from tests.support.pseudo_terminal import Terminal


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """An account whose work order was made without a terminal."""
    return begun(tmp_path)


@pytest.mark.slow
def test_a_plan_is_approved_and_gone_through_in_one_command(tmp_path: Path) -> None:
    account = make_account(tmp_path)
    with Terminal("apply", str(account), *NOW) as terminal:
        terminal.expect("Enter a value:")
        terminal.type("yes")
        terminal.answer(*["d"] * ITEMS)
        code, text = terminal.wait(), terminal.text
    assert code == 0
    assert f"{ITEMS} of {ITEMS} items done." in text
    assert f"licsync refresh {account} --from EXPORT" in text
    assert standings(account) == ["done"] * ITEMS
    with resume(account) as terminal:
        assert terminal.wait() == 0
        assert "is done, and no inventory has verified it yet" in terminal.text
    told = export(account, work(document(), *ALL))
    assert f"{ITEMS} of {ITEMS} items verified." in told
    assert "The work order is closed." in told
    assert order_of(account)["state"] == "verified"
    assert "No drift" in run("drift", account, *NOW).stdout
    assert "No changes" in run("plan", account, *NOW).stdout
    run("history", "verify", account)


@pytest.mark.slow
def test_approval_in_advance_still_asks_for_the_answers(tmp_path: Path) -> None:
    account = make_account(tmp_path)
    with Terminal("apply", str(account), "--auto-approve", *NOW) as terminal:
        terminal.answer("q")
        assert terminal.wait() == 4
    run("apply", account, "--abandon")
    saved = tmp_path / "plan.json"
    later = ("--now", "2026-11-24T10:00:00Z")
    run("plan", account, *later, "--out", saved)
    with Terminal("apply", str(saved), *later) as terminal:
        terminal.answer(*["d"] * ITEMS)
        assert terminal.wait() == 0


@pytest.mark.slow
def test_every_answer_is_recorded_with_who_and_when(account: Path) -> None:
    with resume(account) as terminal:
        terminal.answer("d with a note", "f")
        terminal.expect("What happened?")
        terminal.type("the button is grey")
        terminal.answer("s", "q")
        assert terminal.wait() == 4
    journal = [item["journal"] for item in order_of(account)["items"]]
    states = [[record["state"] for record in records] for records in journal]
    assert states == [["begun", "done"], ["begun", "failed"], ["begun", "skipped"], ["begun"]]
    assert [records[-1]["note"] for records in journal[:2]] == [
        "with a note",
        "the button is grey",
    ]
    assert all(record["actor"] and record["at"] for records in journal for record in records)


@pytest.mark.slow
def test_items_that_wait_for_a_skipped_item_are_named_and_not_offered(account: Path) -> None:
    with resume(account) as terminal:
        terminal.answer("skip", "d", "d")
        assert terminal.wait() == 4
        assert "waits for item 1 (skipped)" in terminal.text
        assert "It offers 1 skipped or failed item again." in " ".join(terminal.text.split())
    with resume(account) as terminal:
        terminal.answer("done", "d")
        assert terminal.wait() == 0


@pytest.mark.slow
def test_back_shows_an_item_again(account: Path) -> None:
    with resume(account) as terminal:
        terminal.answer("b")
        terminal.expect("This is the first item.")
        terminal.answer("d", "s", "b")
        terminal.expect("Enter keeps this answer.")
        terminal.answer("d", "q")
        assert terminal.wait() == 4
    assert standings(account) == ["done", "done", "open", "open"] or standings(account) == [
        "done",
        "done",
        "begun",
        "open",
    ]
    with resume(account) as terminal:
        terminal.answer("b")
        terminal.expect("Enter keeps this answer.")
        terminal.answer("", "q")
        assert terminal.wait() == 4
    assert standings(account)[:2] == ["done", "done"]


@pytest.mark.slow
def test_what_was_not_understood_is_asked_again(account: Path) -> None:
    with resume(account) as terminal:
        terminal.answer("", "dunno", "?")
        terminal.expect("Skip it for now.")
        terminal.answer("q")
        assert terminal.wait() == 4
        assert "Answer with d done" in terminal.text
    assert "done" not in standings(account)


@pytest.mark.slow
def test_ctrl_c_and_the_end_of_the_input_lose_nothing(account: Path) -> None:
    with resume(account) as terminal:
        terminal.answer("d")
        terminal.expect("?]")
        terminal.press("C")
        assert terminal.wait() == 130
        output = " ".join(terminal.text.split())
        assert f"To continue: licsync apply {account} --resume" in output
    with resume(account) as terminal:
        terminal.expect("It was shown before without an answer")
        terminal.expect("?]")
        terminal.press("D")
        assert terminal.wait() == 4
    assert standings(account)[0] == "done"


@pytest.mark.slow
def test_a_second_person_learns_who_works_on_it(account: Path) -> None:
    with resume(account) as terminal:
        terminal.expect("?]")
        refused = run("apply", account, "--resume", *NOW, code=4)  # without a terminal: reads only
        assert "open" in refused.stderr
        with resume(account) as second:
            assert second.wait() == 5
            assert "is locked by" in second.text
        run("apply", account, "--abandon", code=5)


@pytest.mark.slow
def test_an_answer_after_the_lock_was_broken_is_refused(account: Path) -> None:
    with resume(account) as terminal:
        terminal.expect("?]")
        run("unlock", account)
        run("apply", account, "--abandon", *NOW)
        terminal.type("d")
        assert terminal.wait() == 5
        assert "was broken while the run went on" in terminal.text
    assert order_of(account)["state"] == "abandoned"


# --- without a terminal ---------------------------------------------------------------------------


def test_without_a_terminal_the_order_is_written(tmp_path: Path) -> None:
    account = make_account(tmp_path)
    told = begin(account)
    assert "Work by hand: 3 users one by one, 1 other item" in told
    files = [account / ".licsync" / f"work-order.{end}" for end in ("md", "csv")]
    for file in files:
        assert str(file) in told
        assert "ada.lopez@acme.example" in file.read_text()
        assert file.stat().st_mode & 0o077 == 0
    assert standings(account) == ["open"] * ITEMS


def test_without_anybody_to_answer_the_order_is_written_if_licsync_itself_does_nothing(
    tmp_path: Path,
) -> None:
    account = make_account(tmp_path)
    assert "Nothing was changed." in run("apply", account, *NOW, given="no\n", code=1).stderr
    assert run("apply", account, *NOW, code=4).stderr.count("--auto-approve") == 0
    assert (account / ".licsync" / "work-order.md").is_file()


@pytest.mark.slow
def test_while_an_order_is_unfinished_nothing_new_is_applied(account: Path) -> None:
    assert "work-order-open" in run("plan", account, *NOW).stdout
    refused = run("apply", account, "--auto-approve", *NOW, code=3)
    assert f"licsync apply {account} --resume" in refused.stderr
    assert f"licsync refresh {account} --from EXPORT" in refused.stderr
    saved = account.parent / "plan.json"
    run("plan", account, *NOW, "--out", saved)
    assert "work-order-open" in run("apply", saved, *NOW, code=3).stderr
    assert "0 of 4 items done, 4 open" in run("apply", account, "--abandon", *NOW).stderr
    assert "work-order-open" not in run("plan", account, *NOW).stdout
    run("apply", account, "--auto-approve", *NOW, code=4)


# --- kill -9 --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_killed_walk_through_can_be_resumed(tmp_path: Path) -> None:
    kill_and_resume(tmp_path, seed=1, kills=3)


@pytest.mark.soak
@pytest.mark.untraced
@pytest.mark.parametrize("seed", range(30))
def test_an_apply_killed_anywhere_can_be_resumed(tmp_path: Path, seed: int) -> None:
    kill_and_resume(tmp_path, seed=100 + seed, kills=6)


def kill_and_resume(folder: Path, seed: int, kills: int) -> None:
    """Kill the walk-through at random moments: nothing is asked twice, nothing is forgotten."""
    chance = random.Random(seed)
    account = make_account(folder)
    answered: list[str] = []
    for _ in range(kills):
        if not (account / ".licsync" / "state.db").exists() or not answered:
            words = ["apply", str(account), "--auto-approve", *NOW]
            if order_exists(account):
                words = ["apply", str(account), "--resume", *NOW]
        else:
            words = ["apply", str(account), "--resume", *NOW]
        with Terminal(*words) as terminal:
            for _ in range(chance.randrange(3)):
                before = len(answered)
                try:
                    terminal.expect("?]")
                    terminal.type("d")
                    answered.append("d")
                except AssertionError:
                    del answered[before:]
                    break
            time.sleep(chance.random() * 0.8)
            terminal.kill()
        if not order_exists(account):
            answered.clear()
            continue
        kept = standings(account)
        # an answer that was typed just before the kill may not have been read
        assert kept.count("done") in (len(answered), len(answered) - 1)
        answered = ["d"] * kept.count("done")
        assert all(state in ("done", "begun", "open") for state in kept)
        run("history", "verify", account)
    if not order_exists(account):
        run("apply", account, "--auto-approve", *NOW, code=4)
    left = ITEMS - standings(account).count("done")
    with resume(account) as terminal:
        terminal.answer(*["d"] * left)
        assert terminal.wait() == 0
        assert terminal.text.count("Done? [") == left
    assert standings(account) == ["done"] * ITEMS
    assert "is closed" in export(account, work(document(), *ALL))
    run("history", "verify", account)


def order_exists(account: Path) -> bool:
    """Tell whether the work order was made before the kill."""
    import json

    if not (account / ".licsync" / "state.db").exists():
        return False
    runs = json.loads(run("history", account, "--format", "json").stdout)["runs"]
    return bool(runs and runs[0]["work_order"])
