"""The JSON documents and the columns of commands that have no schema, as facts.

They are those of acme after an apply and one more edit of its files.
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.command_line import run
from tests.support.paths import ROOT

_NOW = "2026-11-24T09:00:00Z"
_USER = "ada.lopez@acme.example"
_DOCUMENTS: dict[str, tuple[str, ...]] = {
    "users": ("users", "DIR"),
    "users of one": ("users", "DIR", _USER),
    "licenses": ("licenses", "DIR"),
    "costs": ("costs", "DIR"),
    "drift": ("drift", "DIR"),
    "history list": ("history", "list", "DIR"),
    "history verify": ("history", "verify", "DIR"),
    "doctor": ("doctor", "DIR"),
    "export": ("export", "DIR"),
    "validate": ("validate", "FAULTY"),
}
_TABLES = ("users", "pool", "unassigned", "suspended", "licenses", "sites", "service_addresses")
_COLUMNS: dict[str, tuple[str, ...]] = {
    "users": ("users", "DIR"),
    "licenses": ("licenses", "DIR"),
    "costs": ("costs", "DIR"),
    "plan": ("plan", "DIR"),
    **{f"export {table}": ("export", "DIR", "--table", table) for table in _TABLES},
}
_UNDATED = ("history", "validate")
_NAMED_BY_USERS = ("settings", "summary")
"""Keys of these are names or actions, not fields."""


def facts_of_documents() -> Iterator[str]:
    """Name every key that commands write as JSON, and every column by its place."""
    with tempfile.TemporaryDirectory() as folder:
        acme, faulty = Path(folder) / "acme", Path(folder) / "faulty"
        ignored = shutil.ignore_patterns(".licsync")
        shutil.copytree(ROOT / "examples" / "accounts" / "acme", acme, ignore=ignored)
        environment = {"LICSYNC_TEST_CLOCK": "1", "LICSYNC_CACHE_DIR": f"{folder}/cache"}
        run("apply", acme, "--auto-approve", "--now", _NOW, **environment)
        sales = acme / "users" / "sales.yaml"
        edited = f"  {_USER}:\n    first_name: Adah"
        sales.write_text(sales.read_text("utf-8").replace(f"  {_USER}:", edited), "utf-8")
        faulty.mkdir()
        (faulty / "account.yaml").write_text("account: {name: acme, nmae: acme}\n", "utf-8")

        def written(words: tuple[str, ...], format_: str) -> str:
            places = {"DIR": str(acme), "FAULTY": str(faulty)}
            dated = () if words[0] in _UNDATED else ("--now", _NOW)
            filled = [places.get(word, word) for word in words]
            return run(*filled, "--format", format_, *dated, code=None, **environment).stdout

        for name, words in _DOCUMENTS.items():
            keys = set(_paths(json.loads(written(words, "json"))))
            assert keys, name
            yield from (f"document {name} {key}" for key in keys)
        for name, words in _COLUMNS.items():
            [head, *_] = csv.reader(written(words, "csv").splitlines())
            yield from (f"column {name} {place} {key}" for place, key in enumerate(head, 1))


def _paths(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _paths(item, f"{path}[]")
    elif isinstance(value, dict) and path.rpartition(".")[2] not in _NAMED_BY_USERS:
        for key, item in value.items():
            yield from _paths(item, f"{path}.{key}" if path else key)
    else:
        yield path
