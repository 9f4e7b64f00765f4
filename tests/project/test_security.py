"""SECURITY.md names tests and pages that are there."""

from __future__ import annotations

import re

from tests.support.paths import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_everything_it_refers_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]*)(?:#([^)]+))?\)", TEXT)
    assert len(links) > 20
    for file, section in links:
        assert (ROOT / file).exists(), file
        if section:
            text = (ROOT / file).read_text(encoding="utf-8") if file else TEXT
            headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
            assert section in {_anchor(heading) for heading in headings}, section


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_each_party_has_its_part() -> None:
    headings = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    for words in (
        "report",
        "branch",
        "operator",
        "user of the machine",
        "tenant of the store",
        "network",
        "received files",
        "keys and tokens",
        "packages and releases",
    ):
        assert any(words in heading.lower() for heading in headings), words
