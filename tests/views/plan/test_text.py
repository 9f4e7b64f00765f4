"""A plan at a terminal."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from licsync.diagnostics import Code, info
from licsync.planning.actions import Action, Change, UnitRef
from licsync.planning.plan_document import LedgerRow
from licsync.views.plan.text import plan_text
from licsync.views.terminal import RenderOptions
from tests.support import sample_plans as samples

Golden = Callable[[str, str], None]


def text(plan, color=False, width=110, **more):
    options = RenderOptions(color, width)
    return plan_text(plan, samples.CATALOG, options=options, **more)


@pytest.mark.parametrize(
    ("name", "make", "options"),
    [
        ("plan-small.txt", samples.small, {}),
        ("plan-small-color.txt", samples.small, {"color": True}),
        ("plan-tour.txt", samples.tour, {}),
        ("plan-tour-narrow.txt", samples.tour, {"width": 80}),
        ("plan-tour-verbose.txt", samples.tour, {"verbose": True}),
        ("plan-short.txt", samples.short, {}),
        ("plan-large.txt", samples.large, {}),
        ("plan-empty.txt", samples.plan, {}),
    ],
)
def test_golden(golden: Golden, name, make, options):
    golden(name, text(make(), **options))


def test_an_empty_undo_says_nothing_of_the_files():
    left = info(Code.NOT_UNDONE, "L152 was reinstated, and stays so.")
    assert "No changes. There is nothing to undo." in text(samples.plan(undoes="r1"))
    told = text(samples.plan(undoes="r1", diagnostics=[left]))
    assert "No changes. There is nothing else to undo." in told


def test_colour_adds_nothing_but_colour():
    plain, coloured = text(samples.tour()), text(samples.tour(), color=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]+m", "", coloured) == plain


def test_removals_come_first():
    symbols = [
        line[0]
        for line in text(samples.tour()).splitlines()
        if line[:1] in "+-~→↑↓‖▶↺" and line[1:2] == " "
    ]
    takes = [position for position, symbol in enumerate(symbols) if symbol in "-↓‖"]
    assert takes == list(range(len(takes)))


def test_the_order_of_display_does_not_depend_on_unrelated_harmless_actions():
    plan = samples.tour()
    reordered = replace(plan, actions=[*plan.actions[4:], *plan.actions[:4]])
    assert text(reordered).splitlines()[2] == text(plan).splitlines()[2]


def test_who_is_created_without_a_license_is_a_contact():
    new = [Action("user", "create", f"users/n{n}@acme.example", id=f"a{n}") for n in range(2)]
    given = Action("license", "assign", "users/n1@acme.example", UnitRef("L1", "x2", "US"), id="a3")
    plan = replace(samples.plan(), actions=[*new, given])
    shown = text(plan)
    assert "n0@acme.example   create as contact (no license)" in shown
    assert "n1@acme.example   create, assign X2 · US" in shown
    assert "create as contact (no license)" in text(plan, verbose=True)


def test_one_line_a_user_until_verbose():
    heads = [line for line in text(samples.tour()).splitlines() if "new.hire@acme.example" in line]
    assert heads == [
        "+ new.hire@acme.example        create, assign X2 · US · New York → Seattle"
        "               users/sales.yaml:31"
    ]
    assert text(samples.tour(), verbose=True).count("new.hire@acme.example") == 2


def test_verbose_says_everything():
    output = text(samples.tour(), verbose=True)
    for expected in (
        "a8 after a7",
        "Yealink T54W (0a1b2c3d4e5f)",
        "L0408",
        "+12065550199",
        "within r1",
        "step 3",
    ):
        assert expected in output


def test_a_refused_plan_does_not_say_how_to_apply_it():
    output = text(samples.short())
    assert "licsync apply" not in output
    assert "Apply refuses this plan" in output
    assert "none available" in output


def test_the_closing_line_applies_exactly_this_plan():
    plan = replace(samples.small(), directory="some where/it's")
    assert text(plan).endswith(f"licsync apply 'some where/it'\"'\"'s' --digest {plan.digest}\n")


@pytest.mark.slow
def test_long_plans_count_what_they_do_not_show_and_hide_harmless_entries_first():
    harmless = [
        Action(
            "user",
            "update",
            f"users/u{n}@acme.example",
            changes=[Change(f"field_{n}", "a", "b"), Change(f"other_{n}", "a", "b")],
        )
        for n in range(500)
    ]
    unit = UnitRef("L1", "x4", "US")
    losses = [
        Action("license", "unassign", f"users/gone{n}@acme.example", origin=unit, why=f"reason {n}")
        for n in range(40)
    ]
    plan = samples.plan(actions=[*harmless, *losses])
    output = text(plan)
    assert "40 users" in output
    assert re.search(r"… and 4\d\d more: 4\d\d to update; --verbose shows all", output)
    assert output.count("\n") < 250
    assert text(plan, verbose=True).count("unassign X4 · US") == 40


@pytest.mark.slow
def test_many_equal_changes_are_grouped_with_their_count():
    output = text(samples.large())
    assert "990 users" in output
    assert "30 users" in output
    assert output.count("\n") < 30


def test_a_suspended_user_does_not_keep_what_it_gives_up():
    unit = UnitRef("L7", "x2", "US")
    plan = samples.plan(
        actions=[
            Action("license", "unassign", "users/a@x.example", origin=unit),
            Action("user", "suspend", "users/a@x.example", units=["L7", "L8"]),
        ]
    )
    assert "unassign X2 · US · unit L7, suspend · keeps L8, unusable until reactivated" in text(
        plan
    )


def test_a_rename_says_the_other_name():
    for resource, expected in (
        ("users/new@x.example", "rename from old@x.example"),
        ("users/old@x.example", "rename to new@"),
    ):
        action = Action(
            "user", "rename", resource, changes=[Change("name", "old@x.example", "new@x.example")]
        )
        assert expected in text(samples.plan(actions=[action]))


def test_changes_to_two_licenses_say_which():
    changes = [
        Change("extension.number", "1001", "1009", license="L1"),
        Change("extension.number", "6001", "6009", license="L2"),
    ]
    output = text(
        samples.plan(actions=[Action("user", "update", "users/a@x.example", changes=changes)])
    )
    assert re.search(r"1001 → 1009 +unit L1", output)
    assert re.search(r"6001 → 6009 +unit L2", output)


def test_an_action_that_loses_settings_takes_away_whatever_its_verb():
    unit = UnitRef("L1", "x2", "US")
    actions = [
        Action("license", "assign", "users/a@x.example", license=unit),
        Action(
            "license",
            "upgrade",
            "users/b@x.example",
            license=UnitRef("L2", "x4", "US"),
            origin=unit,
            lost=["voicemail"],
        ),
    ]
    first = text(samples.plan(actions=actions)).splitlines()[2]
    assert first.startswith("↑ b@x.example")


def test_a_site_that_moves_says_from_where_to_where():
    moved = Action(
        "site", "update", "sites/HQ", changes=[Change("service_address", "new-york", "seattle")]
    )
    assert "update service address New York → Seattle" in text(samples.plan(actions=[moved]))


def test_a_user_that_opens_a_swap_gives_up_its_own_first():
    def change(name: str, mine: str, other: str, split: bool) -> Action:
        old, new = UnitRef(mine, "x4", "US"), UnitRef(other, "x4", "GB")
        return Action(
            "license",
            "change",
            f"users/{name}@x.example",
            license=new,
            origin=old,
            ring="r1",
            split=split,
        )

    output = text(
        samples.plan(actions=[change("a", "L1", "L2", True), change("b", "L2", "L1", False)])
    )
    assert "swap   with b@x.example   releases its license first" in output
    assert output.count("releases its license first") == 1
    numbers = Action("user", "update", "users/a@x.example", ring="r1", split=True)
    ring = [numbers, replace(numbers, resource="users/b@x.example", split=False)]
    assert "with b@x.example   releases its number first" in text(samples.plan(actions=ring))


# --- what it costs --------------------------------------------------------------------------------

USD = {"amount": "28.00", "currency": "USD"}


def costs(*rows: LedgerRow, actions: list[Action] | None = None) -> str:
    change = Action("user", "update", "users/a@x.example", changes=[Change("department", "a", "b")])
    return text(samples.plan(actions=[change] if actions is None else actions, licenses=list(rows)))


def test_a_downgrade_does_not_change_the_bill():
    output = costs(LedgerRow("x4", "US", 10, 9, 8, 0, 0, 1, 2, price=USD))
    assert (
        "The monthly bill does not change. Unassigned licenses cost 28.00 → 56.00 USD per month."
        in output
    )


def test_a_reinstatement_is_billed():
    unit = UnitRef("L1", "x4", "US")
    back = [Action("license", "reinstate", "licenses/L1", license=unit)]
    output = costs(LedgerRow("x4", "US", 11, 9, 9, 1, 0, 1, 2, price=USD), actions=back)
    assert "The monthly bill grows by 28.00 USD for 1 reinstated license." in output
    assert "10 → 11" in output


def test_currencies_are_not_mixed():
    output = costs(
        LedgerRow("x4", "US", 1, 1, 0, 0, 0, 0, 1, price=USD),
        LedgerRow("x4", "GB", 1, 1, 0, 0, 0, 0, 1, price={"amount": "24.50", "currency": "GBP"}),
        LedgerRow("x2", "GB", 1, 1, 1, price={"amount": "10", "currency": "EUR"}),
    )
    assert "0.00 → 24.50 GBP and 0.00 → 28.00 USD per month" in output


def test_no_price_no_word_about_money():
    assert "month" not in costs(LedgerRow("x4", "US", 10, 9, 8, 0, 0, 1, 2))
    assert "month" not in costs(LedgerRow("x4", "US", 10, 9, 9, price=USD), actions=[])


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e999999", "x", None, {}])
def test_an_invalid_price_is_ignored(amount):
    row = LedgerRow("x4", "US", 10, 9, 8, 0, 0, 1, 2, price={"amount": amount, "currency": "USD"})
    assert "month" not in costs(row)


def test_only_rows_that_matter_unless_verbose():
    rows = [LedgerRow("x4", "US", 5, 5, 5), LedgerRow("x2", "US", 5, 4, 5, 0, 0, 1, 0)]
    plan = samples.plan(licenses=rows, actions=samples.small().actions)
    assert "X4 · US   " not in text(plan).split("licenses  ")[1]
    assert "X4 · US" in text(plan, verbose=True).split("licenses  ")[1]


def test_faulty_files_are_not_called_a_match():
    plan = samples.plan(diagnostics=samples.short().diagnostics)
    assert "No plan. Fix the errors first." in text(plan)
    assert "matches" not in text(plan)


def test_a_plan_file_with_unknown_resources_is_shown():
    action = Action("planet", "explode", "planets/earth", id="a1")
    assert "planet earth" in text(samples.plan(actions=[action]))
