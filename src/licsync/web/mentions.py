"""Links from every mention of a user or a license in text to its page."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup, escape

from licsync.views.escaping import escape_terminal
from licsync.web.account_index import AccountIndex
from licsync.web.layout import Layout, extended
from licsync.web.query_params import LicensesQuery, UsersQuery

_WORD = re.compile(r"""[^\s,;:()<>'"→]+""")
_MARKED = re.compile(r"""[^\s,;:()<>'"→@0-9]*[@0-9][^\s,;:()<>'"→]*""")
"""Words with an `@` or a digit: those that can be names, where all names have one."""

Mention = Callable[[object], Markup]
"""Writes text as HTML, with links from what it mentions."""


def plain(text: object) -> Markup:
    """Write text without links, for a page that has no others beside it."""
    return escape(escape_terminal(text))


def linking(index: AccountIndex, layout: Layout) -> Mention:
    """Make the function that links mentions of the users and licenses of an account.

    A mention is a whole word: the name of a user, or an id that 8x8 has shown.
    """
    link, users, units = layout.link, index.inventory.users, index.unit
    word_of = _MARKED if index.has_marked_names else _WORD
    pages = {"user": link("users", UsersQuery()), "id": link("licenses", LicensesQuery())}
    is_file = layout.assets is not None

    def place(word: str) -> str:
        if word in users:
            return link("users", UsersQuery(user=word)) if is_file else at("user", word)
        if word in units and units[word].has_id:
            return link("licenses", LicensesQuery(id=word)) if is_file else at("id", word)
        return ""

    def at(name: str, value: str) -> str:
        return extended(pages[name], name, value)

    def mention(text: object) -> Markup:
        shown, parts, end = escape_terminal(text), [], 0
        for match in word_of.finditer(shown):
            word = match[0].rstrip(".")
            if href := place(word):
                start = match.start()
                link_text = f'<a href="{escape(href)}">{escape(word)}</a>'
                parts += [escape(shown[end:start]), link_text]
                end = start + len(word)
        return Markup("".join([*parts, escape(shown[end:])]) if parts else escape(shown))

    return mention
