"""Where the files say what the panel of a user shows."""

from __future__ import annotations

from pathlib import Path

from licsync.web.query_params import UsersQuery
from licsync.web.source_links import SourceLinks
from tests.support.web_pages import EXAMPLES, WHOLE, Page, index, pages

ADA = "ada.lopez@acme.example"


def line(place: str) -> str:
    file, _, number = place.rpartition(":")
    return (
        (EXAMPLES / "acme" / Path(file)).read_text(encoding="utf-8").splitlines()[int(number) - 1]
    )


def test_every_diagnostic_names_the_right_place() -> None:
    panel = pages().panel(ADA)
    assert ADA in line(panel["source"])
    assert "job_title" in line(panel["places"]["job_title"])
    ((_, place, settings),) = panel["services"]
    assert "x2" in line(place)  # which is to take the place of the X4 that she has
    for field, found in settings.items():
        assert field.rpartition(".")[2] in line(found)


def test_the_settings_of_a_license_have_places_of_their_own() -> None:
    found = {
        name: settings
        for name in index().inventory.users
        for _, _, settings in pages().panel(name)["services"]
        if settings
    }
    assert found
    for settings in found.values():
        for field, place in settings.items():
            assert field.rpartition(".")[2] in line(place), (field, place)


def test_values_that_only_the_files_have_are_shown() -> None:
    leavers = [name for name, user in index().desired.users.items() if "offboard_on" in user]
    links = list(SourceLinks(index(), leavers[0]).directives())
    assert [label for label, _, _ in links] == ["offboard on"]
    assert "offboard_on" in line(links[0][2])


def test_who_is_not_in_the_files_has_no_place() -> None:
    places = SourceLinks(index(), None)
    assert places.of() == places.of("site") == ""
    assert list(places.directives()) == []
    assert (
        "not declared in the files"
        in Page(pages().users(UsersQuery(user="scanner@acme.example"), WHOLE)).words
    )
