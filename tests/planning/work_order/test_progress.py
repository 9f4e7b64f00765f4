"""Where items stand: what is offered, what waits, what is left, what a later plan does."""

from __future__ import annotations

from licsync.planning.work_order.progress import Fact, ItemRecord, Progress
from licsync.planning.work_order.records import WorkItem
from tests.support.work_orders import an_item, an_order, item_record


def progress(*records: ItemRecord, waiting: tuple[str, ...] = (), **items: str) -> Progress:
    """Items, each with what it waits for, separated by spaces; by default i3 waits for i1."""
    made: list[WorkItem] = [an_item(k, after=tuple(v.split())) for k, v in items.items()]
    return Progress(an_order(*made), records, frozenset(waiting))


def ids(items: list[WorkItem]) -> str:
    return " ".join(item.id for item in items)


def test_what_waits_for_another_item_is_not_offered() -> None:
    begun = progress()
    assert (ids(begun.offered()), begun.count("open")) == ("i1 i2", 3)
    assert begun.waits_for(begun.items["i3"]) == ["i1"]
    assert ids(progress(item_record("i1", "done")).offered()) == "i2 i3"


def test_what_was_shown_and_not_answered_is_offered_first_of_all_that_are_open() -> None:
    shown = progress(item_record("i1", "begun"))
    assert shown.standing("i1") == "begun"
    assert ids(shown.offered()) == "i1 i2"


def test_what_was_skipped_or_failed_is_offered_on_request() -> None:
    some = progress(item_record("i1", "skipped"), item_record("i2", "failed"))
    assert ids(some.offered()) == ""
    assert ids(some.offered(again=True)) == "i1 i2"
    assert ids(some.left) == "i1 i2 i3"
    assert some.waits_for(some.items["i3"]) == ["i1"]


def test_the_last_answer_counts() -> None:
    assert progress(item_record("i1", "failed"), item_record("i1", "done")).standing("i1") == "done"
    again = progress(
        item_record("i1", "done"), item_record("i1", "begun"), item_record("i1", "skipped")
    )
    assert again.standing("i1") == "skipped"
    assert again.answers["i1"].state == "skipped"


def test_what_an_inventory_shows_counts_more_than_an_answer() -> None:
    found = progress(
        item_record("i1", "done"), item_record("i1", "not_done"), item_record("i2", "verified")
    )
    assert (found.standing("i1"), found.standing("i2")) == ("open", "done")
    assert ids(found.unsettled) == "i1 i3"
    for state in ("different", "partly"):
        assert (
            progress(item_record("i1", "done"), item_record("i1", state)).standing("i1") == "open"
        )


def test_what_no_export_shows_stands_as_it_was_answered() -> None:
    hidden = item_record("i1", "not_visible")
    assert progress(hidden).standing("i1") == "open"
    assert progress(item_record("i1", "done"), hidden).standing("i1") == "done"
    assert progress(item_record("i1", "failed"), hidden).standing("i1") == "failed"
    assert not progress(item_record("i1", "done"), hidden).is_settled("i1")
    assert progress(item_record("i1", "confirmed")).is_settled("i1")
    assert not progress().is_settled("i1")


def test_what_waits_for_licsync_belongs_to_a_later_plan() -> None:
    late = progress(waiting=("a1",), i1="i2", i2="a1", i3="")
    assert late.deferred == {"i1", "i2"}
    assert (ids(late.offered()), ids(late.left), ids(late.unsettled)) == ("i3", "i3", "i3")
    assert late.waits_for(late.items["i2"]) == ["a1"]
    done = progress(item_record("i2", "done"), waiting=("a1",), i1="i2", i2="a1")
    assert done.deferred == frozenset()


def test_an_action_that_is_done_holds_nothing_up() -> None:
    assert ids(progress(i1="a1").offered()) == "i1"
    resumed = progress(item_record("a1", "done"), waiting=("a1", "a2"), i1="a1", i2="a2")
    assert (ids(resumed.offered()), resumed.deferred) == ("i1", {"i2"})


def test_items_in_a_circle_are_never_offered_and_never_lost() -> None:
    circle = progress(i1="i2", i2="i1")
    assert (ids(circle.offered()), ids(circle.left), circle.deferred) == ("", "i1 i2", frozenset())


def test_a_fact_is_read_back() -> None:
    fact = Fact("users/ada", "licenses", ["x2:US"], [], "different")
    assert Fact.from_json(fact.to_json()) == fact


def test_answers_are_recorded_as_given() -> None:
    assert [item_record("i1", state).is_answer for state in ("done", "begun", "verified")] == [
        True,
        False,
        False,
    ]


def test_an_order_is_done_before_it_is_verified() -> None:
    some = [an_item("i1"), an_item("i2")]

    def state(*records: ItemRecord) -> str:
        return Progress(an_order(*some), records).state

    assert state() == state(item_record("i1", "verified")) == "open"
    assert state(item_record("i1", "done"), item_record("i2", "done")) == "done"
    assert state(item_record("i1", "verified"), item_record("i2", "done")) == "done"
    assert state(item_record("i1", "verified"), item_record("i2", "confirmed")) == "verified"


def test_what_nothing_showed_is_hidden_until_its_item_is_settled() -> None:
    fact = Fact("users/ada", "policy", "Sales", None, "not_visible")
    seen = Fact("users/ada", "site", "HQ", "Leeds", "different")
    found = item_record("i1", "different", fact, seen)
    assert progress(found).hidden == {("users/ada", "policy")}
    assert progress(found, item_record("i1", "confirmed")).hidden == frozenset()
