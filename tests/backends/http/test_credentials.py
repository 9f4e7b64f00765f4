"""A secret is found, and shown to nobody; the key and the token are found in the same way."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import pytest

from licsync.backends.api.credentials import API_KEY
from licsync.backends.http.credentials import Secret, find_secret
from licsync.diagnostics import CredentialsMissing

CANARY = "canary-7f3a9b"
VARIABLE, FILE, COMMAND = API_KEY.variable, API_KEY.file, API_KEY.command


def find_key(environment: dict[str, str]) -> Secret:
    return find_secret(API_KEY, environment)


def test_the_variable_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{CANARY}-file\n")
    everything = {VARIABLE: CANARY, FILE: str(file), COMMAND: "false"}
    assert find_key(everything).reveal() == CANARY
    assert find_key({**everything, VARIABLE: ""}).reveal() == f"{CANARY}-file"
    assert find_key({COMMAND: f"{sys.executable} -c \"print('{CANARY}')\""}).reveal() == CANARY


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "There is no API key."),
        ({VARIABLE: "  \n"}, "is empty"),
        ({VARIABLE: f"{CANARY} {CANARY}"}, "characters that no key has"),
        ({VARIABLE: f"{CANARY}\r\nx-evil: 1"}, "characters that no key has"),
        ({FILE: "/does/not/exist"}, "cannot be read: No such file"),
        ({COMMAND: "/does/not/exist"}, "No such file"),
        ({COMMAND: 'unbalanced "quote'}, "is not a command line"),
        (
            {COMMAND: f"{sys.executable} -c \"import sys; print('{CANARY}'); sys.exit(3)\""},
            "ended with exit code 3",
        ),
    ],
)
def test_without_a_key_the_hint_says_what_to_do(environment: dict[str, str], expected: str) -> None:
    with pytest.raises(CredentialsMissing) as caught:
        find_key(environment)
    (diagnostic,) = caught.value.diagnostics
    assert expected in diagnostic.message
    assert VARIABLE in (diagnostic.hint or "")
    assert CANARY not in f"{caught.value!r}{diagnostic}"


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CredentialsMissing, match="not UTF-8"):
        find_key({FILE: str(file)})


@pytest.mark.parametrize("length", range(4, len(CANARY) + 1))
def test_a_text_that_was_cut_within_a_secret_shows_no_part_of_it(length: int) -> None:
    assert Secret(CANARY).redact(f"bad key: {CANARY[:length]}") == "bad key: …"


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret(CANARY)
    assert CANARY not in f"{secret} {secret!r} {[secret]} {vars if False else ''}"
    assert secret.redact(f"the key {CANARY} in a text") == "the key … in a text"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
