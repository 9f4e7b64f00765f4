"""Standard output that is not UTF-8: every command writes, documents stay what they are, nothing is
a traceback.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from licsync.cli.encoding import as_portable, ascii_spelling, lost_characters
from licsync.cli.output import print_result
from tests.support.samples import sampled
from tests.support.warm_command import licsync_program

pytestmark = pytest.mark.untraced
NOW = ["--now", "2026-11-24T09:00:00Z"]
NAME = "Łukasz → 漢 Müller"


def licsync(encoding: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [licsync_program(), *words]
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    environment |= {"PYTHONIOENCODING": encoding, "NO_COLOR": "1"}
    found = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert b"Traceback" not in found.stderr
    return found


@pytest.fixture
def named(acme: Path) -> Path:
    """acme, with a name that no code page of Windows can write whole."""
    path = acme / "inventory.json"
    document = json.loads(path.read_text("utf-8"))
    document["users"]["ada.lopez@acme.example"]["first_name"] = NAME
    path.write_text(json.dumps(document), "utf-8")
    return acme


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "latin-1", "ascii"])
@sampled("command", ["", "plan", "apply", "inventory"], lambda index: index == 0, pytest.mark.slow)
def test_help_is_written_in_any_encoding(encoding: str, command: str) -> None:
    found = licsync(encoding, *command.split(), "--help")
    assert found.returncode == 0
    assert "Usage: licsync" in found.stdout.decode(encoding)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "latin-1", "ascii"])
@pytest.mark.parametrize(
    "words",
    [ ["plan", "ACME", *NOW], ["plan", "ACME", "--format", "markdown", *NOW],
        ["plan", "ACME", "--format", "github", *NOW], ["users", "ACME"], ["licenses", "ACME"],
    ],
)  # fmt: skip
def test_text_is_written_in_any_encoding(named: Path, encoding: str, words: list[str]) -> None:
    found = licsync(encoding, *(str(named) if word == "ACME" else word for word in words))
    assert found.returncode == 0, found.stderr
    text = found.stdout.decode(encoding)
    if words[0] == "users":
        assert "\\u0141ukasz -> \\u6f22 M" in text


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_json_means_the_same_in_any_encoding(named: Path, encoding: str) -> None:
    for words in (["users", str(named), "--format", "json"], ["inventory", "dump", str(named)]):
        found = licsync(encoding, *words)
        assert json.loads(found.stdout.decode("utf-8")) == json.loads(
            licsync("utf-8", *words).stdout
        )
        assert NAME in json.dumps(json.loads(found.stdout), ensure_ascii=False)


@pytest.mark.slow
def test_html_and_junit_mean_the_same_in_any_encoding(named: Path) -> None:
    page = licsync("cp1252", "plan", str(named), "--format", "html", *NOW)
    assert page.returncode == 0
    assert page.stdout.isascii()
    junit = licsync("cp1252", "validate", str(named), "--format", "junit")
    assert ET.fromstring(junit.stdout).tag == "testsuites"


@pytest.mark.slow
def test_a_table_that_loses_characters_says_so(named: Path) -> None:
    found = licsync("cp1252", "export", str(named), "--table", "users")
    assert found.returncode == 0
    assert "\\u0141ukasz" in found.stdout.decode("cp1252")
    assert b"lacks" in found.stderr
    assert b"--out" in found.stderr
    whole = licsync("utf-8", "export", str(named), "--table", "users")
    assert NAME.encode() in whole.stdout
    assert b"lacks" not in whole.stderr


def test_wrong_words_are_repeated_in_the_encoding_of_the_stream() -> None:
    for words in (["pla\u0141"], ["plan", "--now", "\u0141"], ["plan", "\u0141"]):
        found = licsync("ascii", *words)
        assert found.returncode == 1
        assert b"\\u0141" in found.stderr
        assert found.stderr.isascii()


def test_tables_keep_their_line_ends_where_the_stream_writes_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on Windows, where a line feed becomes the line end of the system."""
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, "utf-8", newline="\r\n")
    monkeypatch.setattr(os, "linesep", "\r\n")
    monkeypatch.setattr(sys, "stdout", stream)
    print_result("a,b\r\n1,2\r\n", "csv")
    stream.flush()
    assert written.getvalue() == b"a,b\r\n1,2\r\n"


def test_every_character_is_spelled_escaped_or_kept() -> None:
    text = "→ ‖ … Ł \U0001f600 \udcff é"
    fault = UnicodeEncodeError("ascii", text, 0, len(text) - 1, "")
    assert ascii_spelling(fault)[0] == "-> = ... \\u0141 \\U0001f600 \\udcff "
    with pytest.raises(UnicodeDecodeError):
        ascii_spelling(UnicodeDecodeError("ascii", b"", 0, 1, ""))
    assert json.loads(as_portable(json.dumps(text, ensure_ascii=False), "json", "cp1252")) == text
    assert as_portable("é", "json", "utf-8") == "é"
    assert as_portable("é", "html", "cp1252") == "&#233;"
    assert lost_characters("é Ł", "csv", "cp1252") == ["Ł"]
    assert lost_characters("é Ł", "json", "cp1252") == []
