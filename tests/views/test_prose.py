"""Long sentences at a terminal: broken at words, never within what a reader copies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from licsync.cli.main import COMMANDS
from licsync.views.prose import fill, fold

COMMAND = "licsync apply accounts/acme --due"
ROOT = Path(__file__).resolve().parents[2]


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


@pytest.mark.parametrize(
    "command",
    [
        "licsync apply 'my accounts/acme co, Ltd.' --resume",
        'licsync apply acme --state "$LICSYNC_STATE" --resume',
        "licsync plan . --out ../plan.json --target users/ada.lopez@acme.example",
        "licsync import acme --from EXPORT... --country US --overwrite",
        "licsync undo 2026-1a acme --out undo.json && licsync apply undo.json",
        "LICSYNC_READ_ONLY=1 licsync licenses acme",
        "licsync onboard accounts/of/a/customer/whose/name/is/long/acme some-lists/new-hires.csv",
        "licsync users",
    ],
)
@pytest.mark.parametrize("end", [".", ", then plan again.", "; or leave it as it is"])
@pytest.mark.parametrize("marks", ["", "`", "()"])
def test_a_command_stays_whole_up_to_its_punctuation(command: str, end: str, marks: str) -> None:
    written = marks[:1] + command + marks[-1:]
    if written.endswith("..."):
        pytest.skip("an ellipsis ends no sentence")
    text = f"Where all of the steps are done by now, write {written}{end} Nothing else is needed."
    folded = fill(text, 40, 2)
    assert any(written + end[0] in line for line in folded)
    assert folded[-1].endswith("needed.")
    assert len(folded) >= 3


def _printed() -> Iterator[str]:
    """Give the lines that name licsync in printed plans and on pages, which explain the codes."""
    pages = [path for path in ROOT.glob("docs/**/*.md") if "decisions" not in path.parts]
    for page in (*pages, *ROOT.glob("tests/views/plan/golden/*.[tm]*")):
        lines = page.read_text(encoding="utf-8").splitlines()
        yield from (line for line in lines if not line.startswith("|"))  # no rows of Markdown


def test_no_printed_command_is_ever_broken() -> None:
    begins = re.compile(rf"licsync (?:{'|'.join(COMMANDS)})\b")
    ends = re.compile(r"""(?<=\w)[.,;:)'"]+(?: |$)|`|  """)
    count = 0
    for line in _printed():
        for found in begins.finditer(line):
            command = ends.split(line[found.start() :])[0]
            assert all(command in fold(line, columns) for columns in (40, 60, 80)), line
            count += 1
    assert count > 500


@pytest.mark.parametrize("verb", ["reads", "cannot read", "then reads", "and 8x8 read", "on DIR:"])
def test_a_sentence_about_licsync_is_no_command(verb: str) -> None:
    text = f"licsync {verb} the files of the account and of every directory below it without end"
    assert max(map(len, fill(text, 40, 2))) <= 40


def test_a_quotation_that_is_wider_than_the_terminal_breaks_and_an_open_one_is_none() -> None:
    text = "It says 'this is far too long for a line of forty columns, and is none to copy', 'so"
    assert max(map(len, fill(text, 40))) <= 40
