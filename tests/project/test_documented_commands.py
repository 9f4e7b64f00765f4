"""Every command of README and docs, taken from the page and run in order, in a copy of the
repository; and every output that a page shows, compared with what comes.

A page stands for itself: what its commands need, its earlier commands make.
`tests/support/documented_steps.py` says how a page shows commands, outputs and files. Two words
are filled in: `sha256:…` is the digest that was printed last, and `RUN` the run that a history
named last. A comment `exits N` says another exit code than 0; one that begins with `or:` an
alternative to the command before, which is run as if that had not been.

LICSYNC_UPDATE_GOLDEN=1 writes the outputs into the pages.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.documented_shell import Shell, follow
from tests.support.documented_steps import Command, commands_of, steps_of
from tests.support.paths import ROOT
from tests.support.samples import sampled

pytestmark = pytest.mark.untraced

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND_PAGES = [page for page in PAGES if commands_of(page)]
FIRST_PAGES = ("README.md", "get-started.md")
"""The pages that `make test` follows; `make test-all` follows the others too."""

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
NOT_RUN = {
    "make demo     ": "tests/examples runs examples/demo.sh",
    "make test     ": "it is what runs this",
    ". .venv/bin/activate ": "the environment of the tests stands for it",
}
"""Commands that are not run here, each with the reason."""


def blocks(page: Path, language: str) -> list[str]:
    found = BLOCK.findall(page.read_text("utf-8"))
    return [text for name, text in found if name == language]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    shell.close()


@sampled(
    "page",
    COMMAND_PAGES,
    lambda index: COMMAND_PAGES[index].name in FIRST_PAGES,
    pytest.mark.slow,
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_command_of_a_page_does_what_the_page_says(page: Path, shell: Shell) -> None:
    text = page.read_text("utf-8")
    left_out = tuple(NOT_RUN)
    steps = [
        s for s in steps_of(text) if not (isinstance(s, Command) and s.line.startswith(left_out))
    ]
    different: list[str] = []
    followed = follow(text, steps, shell, different.append)
    if different and os.environ.get("LICSYNC_UPDATE_GOLDEN"):
        page.write_text(followed, "utf-8")
    elif different:
        raise AssertionError("\n\n".join(["LICSYNC_UPDATE_GOLDEN=1 writes them:", *different]))


def test_what_is_not_run_stands_on_the_pages() -> None:
    every = [command.line for page in PAGES for command in commands_of(page)]
    assert all(any(line.startswith(start) for line in every) for start in NOT_RUN)


def test_outputs_are_shown_where_they_are_compared() -> None:
    """Only the examples of commands, which `docs/generate.py` lists, are in other blocks."""
    pages = [page for page in PAGES if "reference/commands" not in page.as_posix()]
    texts = [text for page in pages for text in blocks(page, "text")]
    assert texts
    assert [text for text in texts if re.search(r"^(\$|(error|warning)\[.*\]:) ", text, re.M)] == []


def test_the_mapping_file_of_the_page_is_the_one_of_the_examples() -> None:
    file = ROOT / "examples" / "onboarding" / "map-of-acme.yaml"
    assert file.read_text("utf-8") in blocks(ROOT / "docs" / "how-to" / "onboarding.md", "yaml")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "yaml")], ids=lambda page: page.name
)
def test_the_yaml_of_a_page_is_what_licsync_reads(page: Path, shell: Shell) -> None:
    """Sections of an account are read together, in acme without its users and rules."""
    acme, folder = shell.folder / "examples" / "accounts" / "acme", shell.folder / "page"
    folder.mkdir()
    for name in ("account.yaml", "inventory.json", "places.yaml", "policies.yaml"):
        shutil.copy(acme / name, folder)
    for number, text in enumerate(blocks(page, "yaml")):
        document = yaml.safe_load(text)
        sections = {"users", "rules", "approvals", "policies"}
        if isinstance(document, dict) and document.keys() & sections:
            (folder / f"page-{number}.yaml").write_text(text, "utf-8")
    found = subprocess.run(
        ["licsync", "validate", "page"], cwd=shell.folder, env=shell.environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not re.findall(r"error\[.*\] page-", found.stderr), found.stderr
