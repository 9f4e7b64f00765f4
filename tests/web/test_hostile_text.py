"""Hostile text in every field of account and plan, in every page: it stays text."""

from __future__ import annotations

import unicodedata
from functools import cache

import pytest

from licsync.views.escaping import escape_terminal
from licsync.web.query_params import CostsQuery, LicensesQuery, OverviewQuery, PlanQuery, UsersQuery
from licsync.web.report import OURS, plan_html, report
from tests.support import sample_plans as samples
from tests.support.hostile_pages import hostile
from tests.support.hostile_text import TEXTS, hostile_plan
from tests.support.samples import sampled
from tests.support.web_pages import WHOLE, Page, pages


@cache
def known_tags() -> frozenset[str]:
    made = [
        pages().licenses(LicensesQuery(every=True, to="seattle"), WHOLE),
        pages().plan(PlanQuery(), WHOLE),
    ]
    made += [pages().overview(OverviewQuery(), WHOLE), pages().costs(CostsQuery(), WHOLE)]
    made += [pages().users(UsersQuery(user=name), WHOLE) for name in pages().index.inventory.users]
    return frozenset(tag for source in made for tag in Page(source).tags) | {"small"}


@sampled("text", TEXTS, lambda index: index % 2 == 0, pytest.mark.slow)
def test_it_stays_text(text: str) -> None:
    made = hostile(text)
    units = tuple(made.index.unit)
    sources = [
        made.licenses(LicensesQuery(), WHOLE),
        made.licenses(LicensesQuery(unit=(*units, text), to=text, q=""), WHOLE),
        made.licenses(
            LicensesQuery(
                q=text, type=text, country=text, address=text, status=(text,), to=text, unit=(text,)
            ),
            WHOLE,
        ),
        made.users(
            UsersQuery(q=text, site=text, department=text, license=text, status=text, user=text),
            WHOLE,
        ),
        made.overview(OverviewQuery(), WHOLE),
        made.costs(CostsQuery(), WHOLE),
        made.plan(PlanQuery(), WHOLE),
        made.plan(PlanQuery(q=text, verb=text, site=text), WHOLE),
        *(made.users(UsersQuery(user=name), WHOLE) for name in made.index.inventory.users),
    ]
    tags = known_tags()
    for source in sources:
        for char in source.replace("\n", ""):
            assert unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"), hex(
                ord(char)
            )
        page = Page(source)
        assert page.tags <= tags, page.tags - tags
        for tag, name, value in page.attributes:
            assert not name.startswith("on")
            assert name not in ("style", "srcdoc")
            if name in ("href", "src", "action", "formaction"):
                assert value.startswith(("/", "#")), (tag, name, value)
                assert not value.startswith("//")
        assert (
            escape_terminal(text) in page.words
            or not escape_terminal(text).strip()
            or "  " in text
            or text != text.strip()
        )
        assert "49" not in page.text


@sampled("text", TEXTS, lambda index: index % 3 == 0)
def test_it_stays_text_in_files(text: str) -> None:
    tags = known_tags() - {"link"} | {"style"}
    for name, source in report(hostile(text)):
        page = Page(source)
        assert page.tags <= tags, page.tags - tags
        for _, key, value in page.attributes:
            assert not key.startswith("on")
            assert key not in ("style", "srcdoc", "formaction", "src")
            if key == "href":
                assert OURS.fullmatch(value.partition("#")[0]) or value.startswith("#"), (
                    name,
                    value,
                )


@pytest.mark.parametrize("text", TEXTS)
def test_it_stays_text_on_the_page_of_a_plan_alone(text: str) -> None:
    page = Page(plan_html(hostile_plan(text), samples.CATALOG))
    assert page.tags <= known_tags() | {"style"}
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    if shown := escape_terminal(text):
        assert any(data == shown for data in page.text)
    assert not any(data.strip() == "49" for data in page.text if "{{" in text)
