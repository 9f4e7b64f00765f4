"""A plan as one HTML file."""

import re
from html.parser import HTMLParser

import pytest
import view_samples as samples

from licsync.views.plan_html import plan_html

VOID = {"meta", "rect"}


class Page(HTMLParser):
    """Collects text, tags and attributes, and holds that every tag is closed."""

    def __init__(self, source: str):
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("make", [samples.tour, samples.short, samples.large, samples.plan, samples.small])
def test_it_is_well_formed_and_self_contained(make):
    source = plan_html(make(), samples.CATALOG)
    page = Page(source)
    assert page.open == []
    assert not page.tags & {"script", "img", "link", "iframe", "form", "object", "base"}
    for name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in ("style", "src", "srcset")
        if name == "href":
            assert re.fullmatch(r"#[a-z]+", value or "")
    assert "url(" not in source
    assert "@import" not in source
    assert "default-src 'none'" in source


def test_everything_of_the_plan_is_in_it():
    page = Page(plan_html(samples.tour(), samples.CATALOG))
    said = " ".join(" ".join(page.text).split())
    for expected in (
        "acme",
        "new.hire@acme.example create, assign X2 · US · New York → Seattle",
        "supervisor → essentials changes by itself",
        "lost extension number 6001, 2 phone numbers",
        "Unassigned licenses cost 484.00 → 540.00 USD a month.",
        "users/sales.yaml:31",
        "9 licenses of type X4 · US stay unassigned.",
        "10 → 9",
        samples.tour().digest,
        "L0408",
        "25 Nov 2026 09:12 UTC",
    ):
        assert expected in said


def test_what_takes_away_comes_first():
    source = plan_html(samples.tour(), samples.CATALOG)
    places = [source.index(f'<h2 id="{tone}"') for tone in ("takes", "changes", "gives")]
    assert places == sorted(places)


def test_a_refused_plan_says_so_and_not_how_to_apply_it():
    said = " ".join(Page(plan_html(samples.short(), samples.CATALOG)).text)
    assert "Apply refuses this plan" in said
    assert "licsync apply" not in said


def test_bars_are_as_long_as_the_numbers_are_large():
    source = plan_html(samples.short(), samples.CATALOG)
    bars = re.findall(r'<rect class="(\w+)" x="([0-9.]+)%" width="([0-9.]+)%"', source)
    assert [kind for kind, _, _ in bars] == ["assigned", "suspended", "assigned", "suspended", "missing"]
    assert sum(float(share) for _, _, share in bars[2:]) == pytest.approx(100, abs=0.05)
    assert float(bars[4][2]) == pytest.approx(100 / 43, abs=0.01)


def test_nothing_to_do():
    said = " ".join(" ".join(Page(plan_html(samples.plan(), samples.CATALOG)).text).split())
    assert "No changes. The inventory matches the files." in said
    assert "To apply" not in said
