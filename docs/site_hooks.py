"""What MkDocs does to the pages of docs/, which stay plain Markdown that GitHub shows as well.

Links to files of the repository outside docs/ lead to the repository. The navigation and the page
of decisions list the decisions, and the navigation every command.
"""

from __future__ import annotations

import re
from pathlib import Path
from posixpath import normpath
from typing import Any

DOCS = Path(__file__).resolve().parent
LINK = re.compile(r"(\]\()((?:\.\./)+[^)#\s]*)(#[^)\s]*)?\)")
DECISIONS = "decisions/index.md"


def on_config(config: Any) -> None:
    """Put every decision and every command into the navigation."""
    sections = {title: pages for part in config.nav for title, pages in part.items()}
    sections["Decisions"] += [f"decisions/{path.name}" for path in decisions()]
    (commands,) = (part["Commands"] for part in sections["Reference"] if "Commands" in part)
    paths = sorted((DOCS / "reference" / "commands").glob("*.md"))
    commands += [f"reference/commands/{path.name}" for path in paths if path.stem != "index"]


def on_page_markdown(markdown: str, *, page: Any, config: Any, **rest: Any) -> str:
    """Lead links out of docs/ to the repository, and list the decisions on their page."""
    folder = Path(page.file.src_uri).parent

    def lead(link: re.Match[str]) -> str:
        target = normpath((Path("docs") / folder / link[2]).as_posix())
        if target.startswith("docs/") or not (DOCS.parent / target).exists():
            return link[0]  # the strict build reports what is not there
        kind = "tree" if (DOCS.parent / target).is_dir() else "blob"
        return f"{link[1]}{config.repo_url}/{kind}/main/{target}{link[3] or ''})"

    if page.file.src_uri == DECISIONS:
        markdown = "\n".join([markdown, *(f"1. [{title(p)}]({p.name})" for p in decisions()), ""])
    return LINK.sub(lead, markdown)


def decisions() -> list[Path]:
    """List the pages of decisions by number."""
    return sorted((DOCS / "decisions").glob("[0-9]*.md"))


def title(page: Path) -> str:
    """Return the heading of a page, without the number that the list gives it."""
    first = page.read_text(encoding="utf-8").splitlines()[0]
    return re.sub(r"^# (\d+\.? *)?", "", first)
