"""Long sentences at a terminal: broken at words, never within what a reader copies."""

from __future__ import annotations

import pytest

from licsync.views.prose import fill, fold

COMMAND = "licsync apply accounts/acme --due"


def test_a_sentence_breaks_at_words_and_keeps_every_word() -> None:
    text = "warning[overdue] a.yaml:9:5: " + "The licenses of ada have been due since then. " * 4
    folded = fold(text.rstrip(), 40)
    assert max(map(len, folded.split("\n"))) <= 40
    assert folded.split() == text.split()
    assert all(line.startswith("  ") for line in folded.split("\n")[1:])


def test_what_follows_a_hint_is_below_its_text() -> None:
    text = "  \x1b[36mhint:\x1b[0m Add the price to the pool in the files of the account."
    assert fold(text, 40) == (
        "  \x1b[36mhint:\x1b[0m Add the price to the pool in the\n        files of the account."
    )


@pytest.mark.parametrize("columns", range(40, 100, 7))
@pytest.mark.parametrize("kept", [COMMAND, "'previously: ada.lopez@acme.example'", "`a: {b: c}`"])
def test_commands_and_quotations_stay_on_one_line(kept: str, columns: int) -> None:
    text = (
        f"  hint: Whoever wants to, and has the time, writes {kept}. Else nothing at all happens."
    )
    assert kept in fold(text, columns)


@pytest.mark.parametrize(
    "line",
    [
        "  users/ada.lopez@acme.example   create, assign X2 · US   users/example.yaml:11",
        "  10 |         extension: {number: 1001, phone_numbers: [12065550101]}, and more",
        '{"severity": "error", "message": "all of this is one line of JSON for a program"}',
        f"To apply only this plan: {COMMAND} --digest sha256:0123456789abcdef0123456789abcdef",
        f"With this store: LICSYNC_STATE=postgresql://db.example/licsync {COMMAND} --read-only",
        "/a/very/long/path/without/any/space/that/is/longer/than/the/terminal/is/wide.yaml",
    ],
)
def test_what_is_laid_out_or_ends_with_a_command_stays_as_it_is(line: str) -> None:
    assert fold(line, 50) == line


def test_a_sentence_about_licsync_is_no_command() -> None:
    text = "licsync reads the files of the account and of every directory below it without end"
    assert fill(text, 40, 2)[0] == "licsync reads the files of the account"


def test_a_quotation_that_is_wider_than_the_terminal_breaks_and_an_open_one_is_none() -> None:
    text = "It says 'this is far too long for a line of forty columns, and is none to copy', 'so"
    assert max(map(len, fill(text, 40))) <= 40
