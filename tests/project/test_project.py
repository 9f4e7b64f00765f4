"""What the project's pages claim is so."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import licsync
from docs.generate import pages
from licsync.cli.main import COMMANDS
from licsync.diagnostics.exit_codes import MEANINGS, Exit
from tests.support.paths import ROOT

SOURCES = sorted((ROOT / "src").rglob("*.py"))
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LITERAL = {"tests/model/test_inventory.py", "tests/backends/local/test_documents.py"}
"""Tests in which the letters of an inventory document are the point."""
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
SCHEMA_LINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")


def named(paths: list[Path]) -> dict[str, Path]:
    return {str(path.relative_to(ROOT)): path for path in paths}


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"demo", "test", "check", "bench", "soak", "schemas", "clean"} <= targets
    for name, page in named(PAGES).items():
        missing = set(re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8"))) - targets
        assert not missing, f"{name} names {missing}"


def test_make_help_explains_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    phony = set(" ".join(re.findall(r"^\.PHONY: (.*)", makefile, re.MULTILINE)).split())
    explained = set(re.findall(r"^([a-z-]+):.* ## \w", makefile, re.MULTILINE))
    assert phony == explained
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(re.findall(r"^make ([a-z-]+) +\w", shown.stdout, re.MULTILINE)) == phony


@pytest.mark.parametrize("name", named(PAGES))
def test_links_between_pages_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for link, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        if not link.startswith(("http://", "https://")):
            target = page.parent / link if link else page
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), f"{link}#{anchor}"


def anchors(page: Path) -> set[str]:
    """The anchors of the headings of a page, as GitHub and MkDocs name them."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading).lower().strip().replace(" ", "-") for heading in headings
    }


def test_the_site_and_github_read_lists_alike() -> None:
    """MkDocs nests a list or paragraph in a list only if it is indented by four spaces."""
    nested = re.compile(r"^ {1,3}(?:[-*]|\d+\.) .*|\n\n {1,3}\S.*", re.MULTILINE)
    for name, page in named(sorted((ROOT / "docs").rglob("*.md"))).items():
        assert not nested.findall(FENCED.sub("", page.read_text(encoding="utf-8"))), name


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## [{licsync.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_generated_pages_are_current() -> None:
    for name, text in pages().items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, (
            f"docs/{name}: run make docs"
        )


@pytest.mark.parametrize("name", named(sorted((ROOT / "examples" / "accounts").rglob("*.yaml"))))
def test_every_example_names_a_schema_that_is_there(name: str) -> None:
    path = ROOT / name
    found = SCHEMA_LINE.match(path.read_text(encoding="utf-8"))
    assert found, "the first line names no schema"
    assert (path.parent / found[1]).resolve() == ROOT / "schemas" / "account.schema.json"
    assert (path.parent / found[1]).exists()


@pytest.mark.parametrize("name", named(SOURCES))
def test_sources_are_short_and_finished(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.count("\n") <= 400, "over 400 lines"
    assert not re.search(r"NotImplementedError|TODO|FIXME|XXX", text)
    assert "licence" not in text.casefold(), "spelled license here"


def test_files_of_tests_are_short() -> None:
    texts = {name: path.read_text(encoding="utf-8") for name, path in named(TESTS).items()}
    assert {name for name, text in texts.items() if text.count("\n") > 400} == set()


def test_one_module_makes_the_inventories_of_tests() -> None:
    texts = {name: path.read_text(encoding="utf-8") for name, path in named(TESTS).items()}
    inventory = re.compile(r'"format_version": "1",.{,300}?"licenses": [{\w]', re.DOTALL)
    makers = {name for name, text in texts.items() if inventory.search(text)}
    assert makers - LITERAL == {"tests/support/accounts.py"}


def test_no_test_measures_time() -> None:
    """A loaded machine would fail it; `bench/` measures, `tests/support/call_counts.py` counts."""
    measuring = re.compile(r"\b(perf_counter|process_time|timeit)\b")
    tests = {path for path in TESTS if path != Path(__file__).resolve()}
    assert not [str(path) for path in tests if measuring.search(path.read_text(encoding="utf-8"))]


def test_tests_share_code_through_support_alone() -> None:
    """No test module imports another one, and nothing changes the import path."""
    wrong = re.compile(
        r"^\s*(from tests\.([a-z_]+\.)*test_|import test_|sys\.path\b)", re.MULTILINE
    )
    tests = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
    assert not [str(path) for path in tests if wrong.search(path.read_text(encoding="utf-8"))]


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [
        int(path.name[:4]) for path in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    ]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 5


@pytest.mark.parametrize("page", ["README.md", "docs/reference/compatibility.md"])
def test_the_exit_codes_are_documented_in_the_same_words(page: str) -> None:
    table = (
        (ROOT / page)
        .read_text(encoding="utf-8")
        .partition("## Exit codes")[2]
        .partition("\n## ")[0]
    )
    listed = {int(code): text for code, text in re.findall(r"^\| (\d+) \| (.*) \|$", table, re.M)}
    assert listed == {int(code): meaning for code, meaning in MEANINGS.items()}
    assert list(listed) == sorted(Exit)


@pytest.mark.slow
def test_messages_lead_to_pages_that_exist_and_name_no_file_of_docs() -> None:
    """Whoever has installed licsync has no docs/, so messages give the address of a page."""
    sources = {path: path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py")}
    found = [
        p for text in sources.values() for p in re.findall(r"address_of\(f?[\"']([^\"']+)", text)
    ]
    assert len(found) >= 10
    for page, _, section in (address.partition("#") for address in found):
        text = (ROOT / "docs" / f"{page}.md").read_text("utf-8").casefold()
        titles = [re.sub(r"\W+", "-", title) for title in re.findall(r"^##+ (.*)$", text, re.M)]
        assert not section or "{" in section or section in titles, (page, section)
    for path, text in sources.items():
        strings = (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant))
        named = [n.value for n in strings if re.search(r"\bdocs/[a-z]\S*\.md", str(n.value))]
        assert set(named) <= {ast.get_docstring(ast.parse(text), clean=False)}, path


def test_the_readme_names_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shell = "".join(re.findall(r"^```sh\n(.*?)^```", readme, re.DOTALL | re.MULTILINE))
    named = set(re.findall(r"`licsync ([a-z]+)", readme))
    named |= set(re.findall(r"^licsync ([a-z]+)", shell, re.MULTILINE))
    assert {"init", "validate", "plan", "apply", "licenses", "users", "show"} <= named
    assert named <= COMMANDS.keys()


def test_what_the_readme_shows_of_a_plan_is_in_the_plan_of_acme() -> None:
    shown = plan_block(ROOT / "README.md")
    whole = iter(plan_block(ROOT / "examples" / "accounts" / "acme" / "README.md"))
    assert 10 <= len(shown) <= 30
    for line in shown:
        assert line == "…" or line in whole, (
            f"{line!r} is not in the plan of acme, or not in this order"
        )


def plan_block(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return (
        text.partition("<!-- plan -->\n```text\n")[2]
        .partition("```\n<!-- /plan -->")[0]
        .splitlines()
    )


@pytest.mark.parametrize("name", ["docs/concepts/architecture.md", "docs/concepts/glossary.md"])
def test_every_module_that_the_maps_of_the_code_name_exists(name: str) -> None:
    named = re.findall(
        r"`([\w./]+(?:\.py|\.yaml|/)|(?:docs|examples|schemas|tests)/[\w./]+)`",
        (ROOT / name).read_text(encoding="utf-8"),
    )
    assert len(named) > 20
    for path in named:
        if path in ("account.yaml", "fleet.yaml", "pyproject.toml"):
            continue
        folders = (
            (ROOT,)
            if path.startswith(("docs", "examples", "schemas", "tests"))
            else (ROOT / "src" / "licsync",)
        )
        assert any((folder / path).exists() for folder in folders), path


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_readme_and_contributing_link_the_maps_of_the_code(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert "](docs/concepts/architecture.md)" in text
    assert "](docs/concepts/glossary.md)" in text


def test_the_architecture_page_shows_the_layers_that_import_linter_checks() -> None:
    page = (ROOT / "docs" / "concepts" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("## Layers")[2].partition("\n## ")[0]
    shown = [
        {name.removesuffix("/").removesuffix(".py") for name in re.findall(r"`([\w./]+)`", cell)}
        for cell in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    ]
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    assert shown == [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]


def test_the_road_of_one_user_passes_at_most_nine_modules() -> None:
    page = (ROOT / "docs" / "concepts" / "architecture.md").read_text(encoding="utf-8")
    road = page.partition("## From YAML to the applied step")[2].partition("\n## ")[0]
    assert 5 <= len(re.findall(r"^\d+\. `[\w/]+\.py`", road, re.MULTILINE)) <= 9
