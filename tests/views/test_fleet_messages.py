"""The message of a fleet: counts, the worst first, and as much as can be read at a glance."""

from __future__ import annotations

from typing import Any

from licsync.model.notify_declarations import EVENTS
from licsync.views.fleet_messages import AccountMessage, fleet_message
from licsync.views.notifications import Message

AT = "2026-11-24T00:00:00Z"


def part(account: str, event: Any, state: Any = "new", number: int = 1) -> AccountMessage:
    message = Message(event, state, account, AT, f"{account}: {event} {state}", ["- a detail"])
    return AccountMessage(f"customers/{account}", number, message)


def text_of(*parts: AccountMessage, not_run: str = "") -> str:
    return fleet_message("northwind", parts, AT, "https://ci/1", not_run).text


def test_the_worst_event_comes_first_and_what_is_over_last() -> None:
    found = [part(f"a{number}", event) for number, event in enumerate(reversed(EVENTS))]
    text = text_of(part("b", "apply", "over"), *found, part("c", "drift", number=9))
    names = [line.partition(":")[0] for line in text.splitlines() if line.startswith("customers/")]
    assert names == [f"customers/{name}" for name in ("a3", "a4", "c", "a5", "a2", "a1", "a0", "b")]
    assert text.startswith(
        "northwind: 7 accounts need attention\n\n1 incomplete apply, 1 shortage, 2 accounts with "
        "drift, 1 old inventory, 1 account with changes due, 1 renewal and 1 over.\n\n"
    )


def test_a_few_messages_are_shown_in_full_and_many_as_one_line_each() -> None:
    assert "\n\ncustomers/b: drift new\n- a detail\n\n" in text_of(
        part("a", "shortage"), part("b", "drift")
    )
    many = text_of(*(part(f"a{number:02}", "drift") for number in range(40)))
    assert "a detail" not in many
    assert "customers/a29: drift new\n… and 10 more\n" in many
    assert len(many.splitlines()) < 40


def test_the_same_event_of_an_account_is_said_once() -> None:
    text = text_of(part("a", "drift"), part("a", "drift"), part("b", "drift"))
    assert text.count("customers/a: drift new") == 1


def test_a_single_message_stays_as_it_is() -> None:
    only = part("a", "drift")
    assert fleet_message("northwind", [only], AT, "") is only.message


def test_the_state_is_that_of_the_newest_event() -> None:
    found = fleet_message("n", [part("a", "drift", "over"), part("b", "due", "reminder")], AT, "")
    assert found.state == "reminder"
    over = [part("a", "drift", "over"), part("b", "due", "over")]
    found = fleet_message("n", over, AT, "")
    assert (found.state, found.title) == ("over", "n: what was reported of 2 accounts is over")


def test_the_webhook_gets_the_message_of_each_event() -> None:
    found = fleet_message("n", [part("a", "drift"), part("b", "apply")], AT, "")
    document = found.documents()["webhook"]
    assert [(one["event"], one["account"]) for one in document["messages"]] == [
        ("apply", "b"), ("drift", "a"),
    ]  # fmt: skip


def test_accounts_of_which_nothing_is_known_are_named_below() -> None:
    text = text_of(part("a", "drift"), part("b", "drift"), not_run="Nothing is known of x.")
    assert "\nNothing is known of x.\nTo see all accounts: licsync fleet status\n" in text
