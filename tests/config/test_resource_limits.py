"""No small file takes much time or memory: what is counted here is the work, not the seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from licsync.config import templates
from licsync.config.files import MAX_TOTAL, lists_only_users, read_files
from licsync.config.loader import load
from licsync.config.parallel import read_documents
from licsync.config.yaml.document import Document
from licsync.config.yaml.entries import split_entries
from licsync.config.yaml.parser import MAX_ENTRIES, read
from licsync.diagnostics import (
    MAX_FAULTS,
    Code,
    Diagnostic,
    InputInvalid,
    Span,
    Suggestions,
    cap_diagnostics,
    error,
)
from licsync.model.secret_keys import cut_before_secret
from licsync.views.diagnostics import diagnostics_text
from tests.support.accounts import write_account

ACCOUNT = "account: {name: acme}\n"


def loaded(directory: Path, text: str) -> Any:
    write_account(directory, ACCOUNT + text)
    return load(directory)


def with_template(devices: int, users: int, own: str = "") -> str:
    models = "".join(f"{{model: m{i}}}, " for i in range(devices))
    template = (
        f"templates:\n  t: {{licenses: [{{type: x4, extension: {{devices: [{models}]}}}}]}}\n"
    )
    return template + "users:\n" + "".join(f"  u{i}: {{template: t{own}}}\n" for i in range(users))


def test_templates_may_not_stand_for_more_than_a_machine_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MAX_EXPANSION", 1000)
    fits = loaded(tmp_path, with_template(45, 10))
    assert fits.desired is not None
    too_much = loaded(tmp_path, with_template(100, 10))
    (fault,) = too_much.diagnostics
    assert too_much.desired is None
    assert str(fault.span) == "account.yaml:9:3"
    assert fault.message.startswith(
        "From this user on, templates expand to more than 1,000 values in all users together"
    )
    assert fault.hint
    overridden = loaded(tmp_path, with_template(100, 10, ", licenses: []"))
    assert overridden.diagnostics == []


def test_many_users_may_have_their_share_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MAX_EXPANSION", 100)
    assert loaded(tmp_path, with_template(20, 50)).desired is not None
    assert loaded(tmp_path, with_template(30, 50)).desired is None


@pytest.mark.parametrize("section", ["templates", "users"])
@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ("{licenses: [%s]}", "x2"),
        ("{licenses: [{type: x4, extension: {devices: [%s]}}]}", "{model: m}"),
        ("{licenses: [{type: x4, extension: {call_forwarding: [%s]}}]}", "{when: busy, to: '1'}"),
        ("{licenses: [{type: x4, extension: {phone_numbers: [%s]}}]}", "'+12065550101'"),
    ],
)
def test_a_list_of_one_user_has_few_entries(
    tmp_path: Path, section: str, entry: str, field: str
) -> None:
    assert (
        loaded(tmp_path, f"{section}:\n  a: {entry % ', '.join([field] * 250)}\n").diagnostics == []
    )
    (fault,) = loaded(
        tmp_path, f"{section}:\n  a: {entry % ', '.join([field] * 251)}\n"
    ).diagnostics
    assert "must have at most 250 entries" in fault.message


def test_an_excerpt_is_cut_before_it_is_made_harmless() -> None:
    line = "\x1b" * 1_000_000
    shown = diagnostics_text(
        [error(Code.INVALID_VALUE, "no", Span("a.yaml", 1, column)) for column in range(1, 2000)],
        source_line=lambda span: line,
    )
    assert len(shown) < 500_000


def test_names_of_secrets_in_a_long_line_are_looked_for_in_its_beginning_only() -> None:
    seen: list[int] = []

    class Line(str):
        __slots__ = ()

        def __getitem__(self, key: Any) -> str:
            part = str(self)[key]
            seen.append(len(part))
            return part

    diagnostics_text(
        [error(Code.INVALID_VALUE, "no", Span("a", 1, 1))],
        source_line=lambda s: Line("key " * 10_000),
    )
    assert max(seen) <= 1000
    assert cut_before_secret("key: x") == "key:"


@pytest.mark.parametrize("filler", ["#\n", "\n", " \n", "# users:\n", "---\n"])
def test_files_that_begin_with_many_empty_lines_are_read_once(filler: str) -> None:
    data = (filler * 100_000 + "sites: {}\n").encode()
    assert not lists_only_users(data)
    assert split_entries(data) is None
    assert lists_only_users((filler * 1000 + "users:\n").encode())


def test_faults_beyond_a_limit_are_not_even_made() -> None:
    made = []

    def endless() -> Any:
        while True:
            made.append(error(Code.INVALID_VALUE, f"{len(made)}"))
            yield made[-1]

    found = cap_diagnostics(endless())
    assert len(found) == len(made) == MAX_FAULTS + 1
    assert found[-1].message == "There are more than 10,000 faults; the check stopped here."
    assert cap_diagnostics(iter(made[:3])) == made[:3]


def files_of(root: Path, **files: bytes) -> Path:
    for name, data in {"account": ACCOUNT.encode(), **files}.items():
        (root / f"{name}.yaml").write_bytes(data)
    return root


def test_files_that_are_too_large_together_are_not_read(tmp_path: Path) -> None:
    for number in range(21):
        with (files_of(tmp_path) / f"{number}.yaml").open("wb") as stream:
            stream.truncate(20_000_000)  # takes no room on disk
    loaded = load(tmp_path)
    assert loaded.desired is None
    (fault,) = loaded.diagnostics
    assert (
        fault.message
        == "The YAML files of the account directory total 420 MB; the limit is 400 MB."
    )
    with pytest.raises(InputInvalid):
        read_files(tmp_path)


def test_the_limit_of_all_files_leaves_room_for_a_million_users() -> None:
    of_a_user = 355  # bytes, as `bench/generate.py` writes one
    assert 1_000_000 * of_a_user < MAX_TOTAL


@pytest.mark.slow
def test_reading_stops_where_other_files_have_very_many_faults(tmp_path: Path) -> None:
    faulty = b"a: {" + b"b, " * (MAX_FAULTS + 2) + b"c}"
    documents = read_documents({f"{name}.yaml": faulty for name in "abc"}, jobs=1)
    assert [len(document.faults) for document in documents] == [MAX_FAULTS + 1, 0, 0]
    assert not any(document.is_complete for document in documents)


@pytest.mark.slow
@pytest.mark.parametrize(("opening", "entry", "closing"), [("{", "k{}, ", "}"), ("[", "{}, ", "]")])
def test_the_entries_of_one_place_are_limited(opening: str, entry: str, closing: str) -> None:
    def document(count: int) -> Document:
        entries = "".join(entry.format(number) for number in range(count))
        return read(f"sites: {opening}{entries}{closing}\n".encode(), "a.yaml")

    assert document(MAX_ENTRIES).faults == []
    (fault,) = document(MAX_ENTRIES + 1).faults
    assert fault.message == (
        "This mapping or list has more than 100,000 entries; "
        "licsync does not read the rest of the file."
    )


@pytest.mark.slow
def test_checking_stops_at_very_many_faults_and_asks_nothing_else(tmp_path: Path) -> None:
    """What is left out would be missing elsewhere, and that is not a fault of its own."""
    wrong = "".join(f"  u{number}: 5\n" for number in range(MAX_FAULTS + 1_500))
    loaded = load(files_of(tmp_path, a=f"users:\n{wrong}".encode()))
    assert loaded.desired is None
    assert {fault.message[:6] for fault in loaded.diagnostics[:-1]} == {"User '"}
    assert (
        loaded.diagnostics[-1].message
        == "There are more than 10,000 faults; the check stopped here."
    )


@pytest.mark.slow
def test_of_very_many_faults_at_once_enough_are_listed(tmp_path: Path) -> None:
    many = "".join(f"    x{number}: 1\n" for number in range(MAX_FAULTS + 1))
    loaded = load(files_of(tmp_path, a=f"users:\n  u0: {{}}\n  u1:\n{many}".encode()))
    assert loaded.desired is None
    assert len(loaded.diagnostics) == MAX_FAULTS + 1
    pools = "- 5\n" * (MAX_FAULTS + 1)
    loaded = load(files_of(tmp_path, a=f"licenses:\n{pools}".encode()))
    first, *others = loaded.diagnostics
    assert first.message == (
        "The section licenses has at least 10,001 faults; validation stopped here."
    )
    assert 1_000 <= len(others) < MAX_FAULTS


def test_the_nearest_word_is_looked_for_as_long_as_that_is_worth_the_time() -> None:
    nearest = Suggestions(effort=25)
    known = [f"site{i}" for i in range(10)]
    hints = [nearest(f"siet{i}", known) for i in (1, 1, 2, 3, 4)]
    words = ["site1", "site1", "site2", "site3"]
    assert hints == [*(f"Did you mean '{word}'?" for word in words), None]
    assert nearest("x", ["x1"], "other") is None


@pytest.mark.slow
def test_unknown_sections_are_limited(tmp_path: Path) -> None:
    found: list[Diagnostic] = loaded(
        tmp_path, "".join(f"section{i}: 1\n" for i in range(MAX_FAULTS + 5))
    ).diagnostics
    assert len(found) == MAX_FAULTS + 1
