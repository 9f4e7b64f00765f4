"""What MkDocs does to the pages of docs/, which stay plain Markdown that GitHub shows as well.

Links to files of the repository outside docs/ lead to the repository. The navigation and the page
of decisions list the decisions, and the navigation every command. A reader of the site has no
examples/, so the site offers them, and the pages whose commands need them say so.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from posixpath import normpath, relpath
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

DOCS = Path(__file__).resolve().parent
LINK = re.compile(r"(\]\()((?:\.\./)+[^)#\s]*)(#[^)\s]*)?\)")
DECISIONS = "decisions/index.md"
EXAMPLES = "examples.zip"
NEEDS_EXAMPLES = re.compile(
    r"^```(?:console|sh|pycon)\n(?:(?!```).*\n)*?.*\bexamples/", re.MULTILINE
)
NOTE = """
!!! note "The example files"

    Commands on this page read the directory `examples`. Download [examples.zip]({link}), unpack it
    in an empty directory with `python3 -m zipfile -e examples.zip .`, and run the commands there.

"""
NOT_EXAMPLES = {".licsync", "__pycache__"}


def on_config(config: Any) -> None:
    """Put every decision and every command into the navigation."""
    sections = {title: pages for part in config.nav for title, pages in part.items()}
    sections["Decisions"] += [f"decisions/{path.name}" for path in decisions()]
    (commands,) = (part["Commands"] for part in sections["Reference"] if "Commands" in part)
    paths = sorted((DOCS / "reference" / "commands").glob("*.md"))
    commands += [f"reference/commands/{path.name}" for path in paths if path.stem != "index"]


def on_files(files: Any, *, config: Any) -> None:
    """Put the examples into the site, as one file to download."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, EXAMPLES, content=packed_examples()))


def packed_examples() -> bytes:
    """Pack examples/: the same bytes for the same files."""
    written = BytesIO()
    with ZipFile(written, "w") as archive:
        for path in sorted((DOCS.parent / "examples").rglob("*")):
            name = path.relative_to(DOCS.parent)
            if path.is_file() and NOT_EXAMPLES.isdisjoint(name.parts):
                archive.writestr(ZipInfo(name.as_posix()), path.read_bytes(), ZIP_DEFLATED)
    return written.getvalue()


def on_page_markdown(markdown: str, *, page: Any, config: Any, **rest: Any) -> str:
    """Lead links out of docs/ to the repository, and list the decisions on their page."""
    folder = Path(page.file.src_uri).parent

    def lead(link: re.Match[str]) -> str:
        target = normpath((Path("docs") / folder / link[2]).as_posix())
        if target.startswith("docs/") or not (DOCS.parent / target).exists():
            return link[0]  # the strict build reports what is not there
        kind = "tree" if (DOCS.parent / target).is_dir() else "blob"
        return f"{link[1]}{config.repo_url}/{kind}/main/{target}{link[3] or ''})"

    block = NEEDS_EXAMPLES.search(markdown)
    if block:
        note = NOTE.format(link=relpath(EXAMPLES, folder.as_posix()))
        markdown = markdown[: block.start()] + note + markdown[block.start() :]
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
