"""An inventory document takes bounded memory; its faults have places, and are bounded, too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from licsync.workflows import inventory_files as documents
from tests.support.accounts import EMPTY, write_account
from tests.support.command_line import run


@pytest.fixture
def account(tmp_path: Path) -> Path:
    text = "account:\n  name: a\n  backend: {seed: inventory.json}\n"
    return write_account(tmp_path, text)


def faults(account: Path, content: bytes) -> list[str]:
    (account / "inventory.json").write_bytes(content)
    loaded = run("inventory", "load", account, account / "inventory.json", code=1)
    validated = run("validate", account, "--format", "json", code=1)
    assert loaded.stderr.count("error[") == len(json.loads(validated.stdout)["diagnostics"])
    return [found["message"] for found in json.loads(validated.stdout)["diagnostics"]]


@pytest.mark.parametrize("values", [b"[],", b"{},", b"0,"])
def test_many_small_values_are_refused_before_they_are_made(account: Path, values: bytes) -> None:
    content = b'{"users": [' + values * documents.MAX_VALUES + b"0]}"
    assert faults(account, content) == [
        "The inventory 'inventory.json' has more than 10 million values."
    ]


def test_a_document_has_a_bounded_length(account: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_BYTES", 2_000_000)
    content = b'{"users": "' + b"x" * 2_000_000 + b'"}'
    assert faults(account, content) == ["The inventory 'inventory.json' is larger than 2 MB."]


@pytest.mark.slow
def test_faults_are_listed_up_to_a_limit(account: Path) -> None:
    users = {f"u{number}@a.example": {"id": number} for number in range(11_000)}
    document = {**EMPTY, "account": "a", "users": users}
    found = faults(account, json.dumps(document).encode())
    assert len(found) == 10_001
    assert [message for message in found if ", but must be text" not in message] == [
        "There are more than 10,000 faults; the check stopped here."
    ]


@pytest.mark.parametrize(
    ("content", "place", "what"),
    [
        (
            '{"account": "a",\n "users": {"u\u0308": {"id": 4}}}',
            "2:25",
            "'id' is 4, but must be text",
        ),
        ('{"account": "a",\n "users": {"b": 1, "b": 2}}', "2:20", "key 'b' stands twice"),
        ('{"users": {"\u00fc": 1,\n "u\u0308": 2}}', "2:2", "accents apart"),
        ('{"users":\n NaN}', "2:2", "NaN is not a number"),
        ('{"users":\n 1' + "0" * 5_000 + "}", "2:2", "has 5,001 digits"),
        ('{"account": "a",\n "users": x}', "2:11", "is not JSON"),
        ('{"account": "a",\n "users": {"\udcfc": {}}}', "2:13", "is not UTF-8 from here on"),
        ("[" * 100_000, "1:1", "too many lists and objects inside each other"),
    ],
    ids=["value", "key", "accents", "NaN", "digits", "syntax", "encoding", "depth"],
)
def test_a_fault_of_a_document_has_line_and_column(
    account: Path, content: str, place: str, what: str
) -> None:
    (account / "inventory.json").write_bytes(content.encode(errors="surrogateescape"))
    output = run("inventory", "load", account, account / "inventory.json", code=1).stderr
    assert f"inventory.json:{place}: " in output
    assert what in output


def test_a_misspelled_key_of_a_document_is_reported_with_its_place(account: Path) -> None:
    users = {"u@a.example": {"status": "active", "frist_name": "Ada"}}
    document = {**EMPTY, "account": "a", "users": users}
    (account / "inventory.json").write_text(json.dumps(document, indent=1))
    line = 1 + json.dumps(document, indent=1).partition("frist_name")[0].count("\n")
    for words in (
        ("inventory", "load", account, account / "inventory.json"),
        ("import", account.parent / "new", "--from", account / "inventory.json"),
    ):
        output = run(*words).stderr
        assert "warning[inventory-invalid]" in output
        assert f"inventory.json:{line}:18: 'frist_name' is not a key of an inventory" in output
        assert "Did you mean 'first_name'?" in output


@pytest.mark.parametrize(
    "words", [("plan",), ("import",), ("apply", "--auto-approve")], ids=lambda words: words[0]
)
def test_a_command_warns_of_a_misspelled_key_of_the_seed_once(
    account: Path, words: tuple[str, ...]
) -> None:
    users = {"u@a.example": {"status": "active", "frist_name": "Ada"}}
    document = {**EMPTY, "account": "a", "users": users}
    (account / "inventory.json").write_text(json.dumps(document))
    command, *options = words
    assert run(command, account, *options).stderr.count("'frist_name' is not a key") == 1
