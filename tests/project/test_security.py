"""SECURITY.md names tests and pages that are there."""

from __future__ import annotations

import re

from tests.support.paths import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_everything_it_refers_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#([^)]+))?\)", TEXT)
    assert len(links) > 20
    for file, section in links:
        assert (ROOT / file).exists(), file
        if section:
            headings = re.findall(
                r"^#+ (.*)$", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE
            )
            assert section in {heading.lower().replace(" ", "-") for heading in headings}, section


def test_each_party_has_its_part() -> None:
    headings = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    for words in (
        "report",
        "branch",
        "operator",
        "user of the machine",
        "tenant of the store",
        "network",
    ):
        assert any(words in heading for heading in headings), words
