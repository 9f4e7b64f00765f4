"""What is asked for by a URL, and what the pages find for it."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.web.layout import paginate
from licsync.web.lists import chosen_people, chosen_units
from licsync.web.plan_page import chosen_entries
from licsync.web.query_params import (
    NOWHERE,
    LicensesQuery,
    PlanQuery,
    UsersQuery,
    changed,
    encoded,
    read_query,
)
from tests.support.web_pages import WHOLE, Page, index, pages

WORDS = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    st.builds(
        LicensesQuery,
        type=WORDS,
        country=WORDS,
        q=WORDS,
        status=st.lists(WORDS.filter(bool), max_size=3).map(tuple),
        unit=st.lists(WORDS.filter(bool), max_size=4).map(tuple),
        every=st.booleans(),
        page=st.integers(1, 9_999_999),
    )
)
def test_a_url_says_the_whole_state(query: LicensesQuery) -> None:
    assert (
        read_query(
            LicensesQuery, parse_qsl(encoded(query).removeprefix("?"), keep_blank_values=True)
        )
        == query
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["q", "page", "unit", "every", "status", "evil"]), st.text(max_size=400)
        )
    )
)
def test_any_url_is_a_valid_query(parameters: list[tuple[str, str]]) -> None:
    query = read_query(LicensesQuery, parameters)
    assert query.page >= 1
    encoded(query)


def test_default_values_are_not_in_the_url() -> None:
    assert encoded(LicensesQuery()) == ""
    assert encoded(UsersQuery(q="ada", page=2)) == "?q=ada&page=2"
    assert encoded(changed(UsersQuery(q="ada", page=2), site="New York")) == "?q=ada&site=New+York"
    assert encoded(changed(UsersQuery(page=2), user="x", page=2)) == "?page=2&user=x"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (UsersQuery(q="ADA"), ["ada.lopez@acme.example"]),
        (UsersQuery(q="lopez 1001"), ["ada.lopez@acme.example"]),
        (UsersQuery(q="l102"), ["ada.lopez@acme.example"]),
        (UsersQuery(q="+12065550111"), ["ada.lopez@acme.example"]),
        (UsersQuery(q="(206) 555-0111"), ["ada.lopez@acme.example"]),
        (UsersQuery(q="Lópéz"), ["ada.lopez@acme.example"]),
        (UsersQuery(site="London"), ["gus.hill@acme.example", "hari.iyer@acme.example"]),
        (UsersQuery(license="x8"), ["di.evans@acme.example"]),
        (UsersQuery(license=NOWHERE, site="London"), ["hari.iyer@acme.example"]),
        (UsersQuery(status="inactive"), ["fay.green@acme.example", "kit.lane@acme.example"]),
        (
            UsersQuery(department="Sales", planned=True),
            ["ada.lopez@acme.example", "cy.diaz@acme.example"],
        ),
        (UsersQuery(q="nobody at all"), []),
    ],
)
def test_users_are_found(query: UsersQuery, expected: list[str]) -> None:
    assert [person.name for person in chosen_people(index(), query)] == expected


def test_users_without_a_department_are_found() -> None:
    found = chosen_people(index(), UsersQuery(department=NOWHERE))
    assert found
    assert all(not person.cells["department"] for person in found)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (LicensesQuery(type="x2"), ["L201", "L202", "L203", "L204", "L205", "L206"]),
        (LicensesQuery(type="x4", country="GB"), ["L151", "L152"]),
        (LicensesQuery(type="x2", status=("unassigned",)), ["L202", "L205", "L206"]),
        (
            LicensesQuery(type="x2", status=("unassigned", "suspended")),
            ["L202", "L204", "L205", "L206"],
        ),
        (LicensesQuery(q="l10", status=("assigned",)), ["L101", "L102"]),
        (LicensesQuery(type="x2", address="A2"), ["L201", "L203", "L205"]),
        (LicensesQuery(type="x2", address=NOWHERE), []),
    ],
)
def test_licenses_are_found(query: LicensesQuery, expected: list[str]) -> None:
    page = Page(pages().licenses(query, WHOLE))
    ids = [text for text in page.text if text in index().unit]
    assert ids == expected


def test_a_status_is_not_part_of_another() -> None:
    assert chosen_units(LicensesQuery(status=("unassigned",))).statuses == {"unassigned"}
    assert (
        "L201"
        not in Page(pages().licenses(LicensesQuery(type="x2", status=("unassigned",)), WHOLE)).text
    )


def test_entries_of_the_plan_are_found() -> None:
    whole = chosen_entries(index().plan_content, PlanQuery())
    assert [
        entry.subject
        for entry in chosen_entries(index().plan_content, PlanQuery(verb="license.downgrade"))
    ] == [
        "ada.lopez@acme.example",
        "di.evans@acme.example",
    ]
    assert [
        entry.subject
        for entry in chosen_entries(index().plan_content, PlanQuery(q="sales.yaml ada"))
    ] == ["ada.lopez@acme.example"]
    at_places = [
        entry.subject
        for site in {*index().sites, "Denver", NOWHERE}
        for entry in chosen_entries(index().plan_content, PlanQuery(site=site))
    ]
    assert sorted(at_places) == sorted(entry.subject for entry in whole)


def test_users_with_equal_changes_are_grouped_or_listed_one_by_one() -> None:
    grouped, separate = (
        chosen_entries(index("globex").plan_content, PlanQuery()),
        chosen_entries(index("globex").plan_content, PlanQuery(ungrouped=True)),
    )
    assert sum(max(1, len(entry.members)) for entry in grouped) == len(separate)
    assert len(grouped) <= len(separate)


def test_pages_cover_all_rows_once() -> None:
    rows = list(range(250))
    found = [paginate(rows, page, 100) for page in (1, 2, 3)]
    assert [row for page in found for row in page.rows] == rows
    assert found[2].shown_range == "201-250 of 250"
    assert paginate(rows, 99, 100).page == 3
    assert paginate([], 5, 100).rows == []
