"""The grammar of filters, by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licsync.simulator.problems import Problem
from licsync.simulator.rsql import (
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    fields_of,
    parse,
    required_value,
)
from licsync.simulator.user_bodies import User

A, B, C = (Comparison(field, "==", value) for field, value in ("a1", "b2", "c3"))


@pytest.mark.parametrize(
    ("text", "filter_"),
    [
        ("a==b", Comparison("a", "==", "b")),
        ("a.b!=c*", Comparison("a.b", "!=", "c*")),
        ("t>2025-11-01T00:00:00Z", Comparison("t", ">", "2025-11-01T00:00:00Z")),
        ("n>=1000", Comparison("n", ">=", "1000")),
        ("d=='Research and Development'", Comparison("d", "==", "Research and Development")),
        ('d=="VP, \\"Eng\\""', Comparison("d", "==", 'VP, "Eng"')),
        ("d=='it\\'s'", Comparison("d", "==", "it's")),
        ("a==1;b==2", AllOf((A, B))),
        ("a==1,b==2;c==3", AnyOf((A, AllOf((B, C))))),
        ("(a==1,b==2);c==3", AllOf((AnyOf((A, B)), C))),
        ("((a==1))", Comparison("a", "==", "1")),
    ],
)
def test_it_reads_what_the_guide_shows(text: str, filter_: Filter) -> None:
    assert parse(text) == filter_


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a=b",
        "a==",
        "==b",
        "a==b;",
        "(a==b",
        "a==b)",
        "a == b",
        "a==b c",
        "a=in=(b)",
        "a=='b",
        "a~b",
    ],
)
def test_an_invalid_filter_is_refused(text: str) -> None:
    with pytest.raises(Problem) as fault:
        parse(text)
    assert fault.value.errors[0].field == "filter"


def test_deep_filters_do_no_harm() -> None:
    assert parse("(" * 900 + "a==b" + ")" * 900) == Comparison("a", "==", "b")
    with pytest.raises(Problem):
        parse("(" * 1990 + "a==b")


_words = st.text("abcXYZ019.@+-_*:", min_size=1, max_size=8)
_values = _words | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_comparisons = st.builds(
    Comparison, _words, st.sampled_from(["==", "!=", ">", "<", ">=", "<="]), _values
)


def _several(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    parts = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.builds(AllOf, parts) | st.builds(AnyOf, parts)


_filters: st.SearchStrategy[Filter] = st.recursive(_comparisons, _several, max_leaves=8)


def written(filter_: Filter) -> str:
    if isinstance(filter_, Comparison):
        plain = filter_.value and all(
            c.isascii() and (c.isalnum() or c in ".@+-_*:") for c in filter_.value
        )
        quoted = "'" + filter_.value.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return f"{filter_.field}{filter_.operator}{filter_.value if plain else quoted}"
    separator = ";" if isinstance(filter_, AllOf) else ","
    return separator.join(
        written(p) if isinstance(p, Comparison) else f"({written(p)})" for p in filter_.parts
    )


@given(_filters)
def test_what_is_written_is_read(filter_: Filter) -> None:
    text = written(filter_)
    if len(text) <= 2000:
        assert parse(text) == filter_


@given(_filters, st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text("ab*", max_size=2)))
def test_a_demanded_value_is_one_without_which_nothing_passes(
    filter_: Filter, document: dict[str, str]
) -> None:
    for field in ("a", "b", "c"):
        value = required_value(filter_, field)
        if value is not None and filter_.matches(document):
            assert document[field].casefold() == value.casefold()


@pytest.mark.parametrize(
    ("operator", "value", "passes"),
    [
        ("==", "jane", True), ("==", "JANE", True), ("==", "*an*", True), ("==", "j*", True),
        ("==", "*x*", False), ("!=", "jane", False), ("!=", "x", True), (">", "ja", True),
        ("<", "k", True), ("<=", "jane", True),
    ],
)  # fmt: skip
def test_text_is_compared_without_case(operator: str, value: str, passes: bool) -> None:
    assert Comparison("name", operator, value).matches({"name": "Jane"}) is passes


def test_numbers_are_compared_as_numbers_and_what_is_absent_equals_nothing() -> None:
    assert Comparison("n", ">", "9").matches({"n": "10"})
    assert Comparison("n", "<=", "15").matches({"n": 15})
    assert not Comparison("n", "==", "*").matches({"n": None})
    assert Comparison("n", "!=", "x").matches({})
    assert Comparison("l.n", "==", "2").matches({"l": [{"n": 1}, {"n": 2}]})
    assert not Comparison("l.n", "!=", "2").matches({"l": [{"n": 1}, {"n": 2}]})


def test_the_fields_of_a_body_are_its_paths() -> None:
    fields = fields_of(User)
    assert {
        "basicInfo.status",
        "serviceInfo.licenses.name",
        "serviceInfo.extensions.devices.baseDevice.id",
    } <= fields
    assert "basicInfo" not in fields
