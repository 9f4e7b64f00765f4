"""`licsync report`: the same pages as files, which need nothing else."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from licsync.cli.main import cli
from licsync.views.escaping import escape_terminal
from licsync.web.report import FILES, TOGETHER, plan_html
from licsync.web.report import report as files_of
from tests.support import sample_plans as samples
from tests.support.hostile_pages import hostile
from tests.support.hostile_text import TEXTS
from tests.support.samples import sampled
from tests.support.web_pages import Page, copy_of, index

NOW = ("--now", "2026-11-24T09:00:00Z")


def report(account: Path, out: Path, *words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(cli, ["report", str(account), "--out", str(out), *NOW, *words])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def globex(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    report(copy_of("globex", folder), folder / "pages")
    return folder / "pages"


@pytest.mark.slow
def test_every_link_leads_to_a_file_and_a_place_in_it(globex: Path) -> None:
    found = {path.name: Page(path.read_text(encoding="utf-8")) for path in globex.glob("*.html")}
    files = 1 + (len(index("globex").people) - 1) // TOGETHER
    assert set(found) == {
        *(name for page, name in FILES.items() if page not in ("work", "month")),
        *(f"users-{number:03}.html" for number in range(1, files + 1)),
    }
    ids = {
        name: {value for _, key, value in page.attributes if key == "id"}
        for name, page in found.items()
    }
    for name, page in found.items():
        for _, key, value in page.attributes:
            if key == "href":
                file, _, place = value.partition("#")
                assert (file or name) in found, value
                assert not place or "=" in place or place in ids[file or name], value


@pytest.mark.slow
def test_a_file_needs_nothing_else_and_runs_nothing_else(globex: Path) -> None:
    for path in globex.glob("*.html"):
        source = path.read_text(encoding="utf-8")
        page = Page(source)
        assert not [
            value
            for _, name, value in page.attributes
            if name in ("src", "style") or name.startswith("on")
        ]
        assert "link" not in page.tags
        policy = next(
            v
            for tag, name, v in page.attributes
            if (tag, name) == ("meta", "content") and "default-src" in v
        )
        for tag, directive in (("style", "style-src"), ("script", "script-src")):
            (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", source, re.DOTALL)
            assert (
                f"{directive} 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
                in policy
            )
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_everybody_and_everything_is_in_it(globex: Path) -> None:
    units = Page((globex / "licenses.html").read_text(encoding="utf-8")).text
    assert set(index("globex").unit) <= set(units)
    panels = "".join(path.read_text(encoding="utf-8") for path in globex.glob("users-*.html"))
    assert all(name in panels for name in index("globex").inventory.users)


@pytest.mark.slow
def test_an_earlier_report_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    account, out = copy_of("acme", tmp_path), tmp_path / "pages"
    report(account, out)
    (out / "users-007.html").write_text("of a larger account")
    report(account, out)
    assert not (out / "users-007.html").exists()
    (out / "thesis.txt").write_text("mine")
    before = (out / "index.html").stat().st_mtime_ns
    assert "contains other files" in report(account, out, code=1).stderr
    assert (out / "index.html").stat().st_mtime_ns == before


def test_a_saved_plan_is_in_it(tmp_path: Path) -> None:
    account, plan = copy_of("acme", tmp_path), tmp_path / "plan.json"
    words = [
        "plan",
        str(account),
        *NOW,
        "--out",
        str(plan),
        "--target",
        "users/sam.reed@acme.example",
    ]
    assert CliRunner().invoke(cli, words).exit_code == 0
    report(account, tmp_path / "pages", "--plan", str(plan))
    output = Page((tmp_path / "pages" / "plan.html").read_text(encoding="utf-8")).words
    assert "saved plan 24 Nov 2026 09:00 UTC" in output
    assert "di.evans" not in output


# --- in a browser ---------------------------------------------------------------------------------


@pytest.fixture
def page(chromium: Any) -> Any:
    page = chromium.new_page()
    faults: list[str] = []
    page.on(
        "console",
        lambda message: (
            faults.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    page.close()
    assert faults == []


def shown(page: Any, rows: str) -> list[str]:
    return page.locator(f"{rows}:not([hidden])").all_inner_texts()


@pytest.mark.slow
def test_filters_work_in_files(globex: Path, page: Any) -> None:
    page.goto(f"file://{globex}/users.html")
    assert len(shown(page, ".users tbody tr")) == len(index("globex").people)
    some = index("globex").people[5]
    page.locator("select[name=site]").select_option(some.cells["site"])
    page.wait_for_url(re.compile("site="))
    expected = [
        person for person in index("globex").people if person.cells["site"] == some.cells["site"]
    ]
    assert len(shown(page, ".users tbody tr")) == len(expected)
    page.get_by_label("Search").fill(some.name)
    page.wait_for_url(re.compile("q="))
    assert len(shown(page, ".users tbody tr")) == 1
    page.locator(".users tbody tr:not([hidden]) a").click()
    page.wait_for_url(re.compile(r"users-001\.html#u-"))
    assert some.name in page.locator(".panel.user:target").inner_text()


@pytest.mark.slow
def test_the_pools_and_the_matrix_lead_to_their_rows(globex: Path, page: Any) -> None:
    page.goto(f"file://{globex}/licenses.html")
    pool = index("globex").pools[0]
    page.locator(f'.pools a[data-pool="{pool.type} {pool.country}"]').click()
    page.wait_for_url(re.compile("country="))
    assert len(shown(page, ".units tbody tr")) == len(pool.units)
    page.goto(f"file://{globex}/plan.html")
    verb = next(iter(index("globex").plan.summary))
    page.locator("select[name=verb]").select_option(verb)
    page.wait_for_url(re.compile("verb="))
    resources = {action.resource for action in index("globex").plan.actions if action.label == verb}
    assert len(shown(page, ".entry[data-verb]")) == len(resources)


@pytest.mark.slow
def test_the_members_of_a_group_are_found_one_by_one(tmp_path: Path, page: Any) -> None:
    plan = samples.large()
    plan = replace(plan, actions=plan.actions[:600])
    (tmp_path / "plan.html").write_text(plan_html(plan, samples.CATALOG), encoding="utf-8")
    page.goto(f"file://{tmp_path}/plan.html")
    one, groups = plan.actions[0], page.locator(".entry.group")
    assert groups.count() > 0
    page.get_by_label("Search").fill(one.name)
    page.wait_for_url(re.compile("q="))
    assert len(shown(page, ".entry:not(.group)")) == 1
    page.get_by_label("Search").fill("")
    page.get_by_label("Ungroup").check()
    page.wait_for_url(re.compile("#ungrouped=1$"))
    assert len(shown(page, ".entry:not(.group)")) == len(
        {action.resource for action in plan.actions}
    )
    assert page.locator(".group > .body > .head").first.is_hidden()


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    report(copy_of("acme", folder), folder / "pages", "--month", "2026-11")
    return folder / "pages"


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["index", "licenses", "users", "users-001", "plan", "costs", "month"]
)
def test_axe_finds_nothing_in_files(acme: Path, page: Any, name: str) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    ).Axe()
    page.goto(f"file://{acme}/{name}.html")
    found = axe.run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []


@pytest.mark.slow
@sampled(
    "text",
    [text for text in TEXTS if "<" in text or "{{" in text or "&" in text],
    lambda index: index % 3 == 0,
)
def test_hostile_text_in_every_field_runs_nothing(tmp_path: Path, page: Any, text: str) -> None:
    evil = text.replace("alert(1)", "window.pwned=1")
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    for name, source in files_of(hostile(evil)):
        (tmp_path / name).write_text(source, encoding="utf-8")
    for path in tmp_path.iterdir():
        page.goto(f"file://{path}")
        assert page.evaluate("window.pwned") is None
        assert page.locator("img, iframe, object, embed, base").count() == 0
        assert escape_terminal(evil) in page.locator("body").text_content()
