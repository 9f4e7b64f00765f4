"""Diagnostics for people, programs and GitHub."""

import json
from collections.abc import Callable

import pytest

from licsync.diagnostics import Code, Span, error, info, warning
from licsync.views.diagnostics import diagnostics_github, diagnostics_text, with_fingerprints
from licsync.views.json_documents import diagnostics_json, inventory_json
from licsync.views.terminal import RenderOptions

FAULTS = [
    warning(Code.SPARE_LICENSES, "3 licenses stay unassigned.", Span("licenses.yaml", 3, 5)),
    info(Code.UNLISTED_USER, "1 user is in no file."),
    error(
        Code.UNKNOWN_KEY,
        "'frist_name' is unknown.",
        Span("users/a.yaml", 4, 5),
        "Did you mean 'first_name'?",
    ),
    error(
        Code.DUPLICATE_NAME,
        "'ada@acme.example' is declared twice.",
        Span("users/b.yaml", 2, 3),
        related=[Span("users/a.yaml", 2, 3)],
    ),
]


def line_of(span: Span) -> str | None:
    return {"users/a.yaml": "    frist_name: Ada", "users/b.yaml": "  ada@acme.example:\n"}.get(
        span.file
    )


@pytest.mark.parametrize(
    ("name", "color"), [("diagnostics.txt", False), ("diagnostics-color.txt", True)]
)
def test_golden(golden: Callable[[str, str], None], name: str, color: bool):
    golden(name, diagnostics_text(FAULTS, options=RenderOptions(color), source_line=line_of))


def test_errors_come_first_and_are_counted():
    output = diagnostics_text(FAULTS)
    assert output.index("error[") < output.index("warning[") < output.index("info[")
    assert output.endswith("\n\n2 errors, 1 warning, 1 note\n")


def test_nothing_to_say():
    assert diagnostics_text([]) == ""
    assert diagnostics_github([]) == ""


def test_the_caret_stands_below_the_column():
    _, excerpt, caret, *_ = diagnostics_text([FAULTS[2]], source_line=line_of).splitlines()
    assert caret.index("^") == excerpt.index("frist_name")


@pytest.mark.parametrize("line", ["日本語: x", "\u202e\tab: x"])
def test_the_caret_stands_below_the_column_whatever_stands_before_it(line: str):
    fault = error(Code.INVALID_VALUE, "no", Span("a.yaml", 1, line.index("x") + 1))
    _, excerpt, caret, *_ = diagnostics_text([fault], source_line=lambda span: line).splitlines()
    wide = sum(char in "日本語" for char in excerpt)
    assert caret.index("^") == excerpt.index("x", excerpt.index(":")) + wide


def test_long_lines_are_cut_and_places_far_to_the_right_get_no_excerpt():
    near = error(Code.INVALID_VALUE, "no", Span("a.yaml", 1, 3))
    assert (
        max(map(len, diagnostics_text([near], source_line=lambda span: "x" * 9999).splitlines()))
        < 200
    )
    far = error(Code.INVALID_VALUE, "no", Span("a.yaml", 1, 5000))
    assert "|" not in diagnostics_text([far], source_line=lambda span: "x" * 9999)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("api_key: CANARY", "api_key: …"),
        ('{"type": 1, "access token" : "CANARY", "x": 2}', '{"type": 1, "access token" : …'),
        ("- pin: CANARY", "- pin: …"),
        ("voicemail_pin: CANARY", "voicemail_pin: …"),
        ("{template: key-accounts, site: Seattle}", "{template: key-accounts, site: Seattle}"),
        ("spinning: 1", "spinning: 1"),
        ("base_url: https://ada:CANARY@h/x", "base_url: https:// …"),
        ("{base_url: 'https://ada:CAN@ARY@h/x'}", "{base_url: 'https:// …"),
        ("base_url: https://h/x?token=CANARY", "base_url: https:// …"),
        ("base_url: https://h/x#CANARY", "base_url: https:// …"),
        ("base_url: https://ada:CANARY", "base_url: https:// …"),
        ("base_url: http:\\\\ada:CANARY", "base_url: http:\\\\ …"),
        ("- https://h:8008/x", "- https://h:8008/x"),
        ("{base_url: 'https://h:8008'}", "{base_url: 'https://h:8008'}"),
    ],
)
def test_the_value_of_a_secret_is_not_shown(line: str, shown: str):
    first, last = (
        error(Code.UNKNOWN_KEY, "no", Span("a.yaml", 1, column)) for column in (1, len(line))
    )
    assert (
        diagnostics_text([first], source_line=lambda span: line).splitlines()[1] == f"  1 | {shown}"
    )
    assert "CANARY" not in diagnostics_text([last], source_line=lambda span: line)


def test_json_is_sorted_as_text_is():
    document = json.loads(diagnostics_json(FAULTS))
    assert [d["severity"] for d in document["diagnostics"]] == ["error", "error", "warning", "info"]


def test_an_inventory_reads_back():
    document = {"account": "Zoë\u202e", "users": {}}
    assert json.loads(inventory_json(document)) == document


def test_github_gets_ten_annotations_a_level_and_a_count_of_the_rest():
    many = [
        error(Code.INVALID_VALUE, f"number {n:03}", Span("a.yaml", n + 1, 2)) for n in range(25)
    ]
    lines = diagnostics_github([*many, FAULTS[0]]).splitlines()
    assert lines[0] == "::error file=a.yaml,line=1,col=2,title=invalid-value::number 000"
    assert lines[9].startswith("::error file=a.yaml,line=10,")
    assert lines[10].startswith("::warning file=licenses.yaml,line=3,col=5,")
    assert lines[11] == "::notice::and 15 more errors; see the log of this step"
    assert lines[12] == "::group::15 errors without an annotation"
    assert lines[13] == "error[invalid-value] a.yaml:11:2: number 010"
    assert lines[-1] == "::endgroup::"
    assert len(lines) == 12 + 15 + 2


def test_github_gets_no_more_than_ten_notices_with_what_is_counted():
    remarks = [info(Code.UNLISTED_USER, f"number {n:03}") for n in range(11)]
    faults = [error(Code.INVALID_VALUE, f"number {n:03}") for n in range(11)]
    lines = diagnostics_github([*remarks, *faults]).splitlines()
    assert sum(line.startswith("::notice") for line in lines) == 10
    assert lines[-8:] == [
        "::notice::and 1 more error; see the log of this step",
        "::notice::and 3 more notices; see the log of this step",
        "::group::1 error, 3 notes without an annotation",
        "error[invalid-value] number 010",
        *(f"info[unlisted-user] number {n:03}" for n in (8, 9, 10)),
        "::endgroup::",
    ]


def test_fingerprints_do_not_depend_on_the_line_and_are_never_equal():
    def named(line: int) -> list[str]:
        one, other = (error(Code.INVALID_VALUE, "no", Span("a.yaml", line + n)) for n in (0, 5))
        return [name for _, name in with_fingerprints([other, one])]

    assert named(1) == named(100)
    assert len(set(named(1))) == 2
