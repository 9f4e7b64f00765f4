"""Builds the desired state from the documents of an account and reports all faults together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from licsync.config.expected_forms import form_hint
from licsync.config.files import ACCOUNT_FILE, Files, LoadedConfig
from licsync.config.positions import SourcePositions
from licsync.config.templates import apply_templates
from licsync.config.validation import LISTS, SECTIONS, Fault, validate_entries
from licsync.config.yaml.document import Document, Path
from licsync.diagnostics import (
    MAX_FAULTS,
    Code,
    Diagnostic,
    Span,
    Suggestions,
    cap_diagnostics,
    error,
    sort_diagnostics,
)
from licsync.model.backend_types import UNKNOWN
from licsync.model.desired import Desired
from licsync.model.wrong_values import quote, wrong_value

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_ANY_COUNTRY = "US"
"""Replaces the country of a faulty service address, so that references to it are not faults."""


def build_desired(
    files: Files, documents: Sequence[Document], known: Mapping[str, Any] = _NOTHING
) -> LoadedConfig:
    """Build the desired state from the documents of the files.

    Args:
        files: the files of the account directory.
        documents: the parsed content of each file, in the order of file names.
        known: the entries of sections that are already known to be valid.
    """
    is_complete = not files.faults and all(document.is_complete for document in documents)
    if others := _other_accounts(documents):
        return LoadedConfig(
            None, sort_diagnostics(others), is_complete
        )  # other faults belong to one account each
    tree = merge_documents(documents)
    diagnostics = [
        *files.faults,
        *(fault for document in documents for fault in document.faults),
        *tree.faults,
    ]

    entries = {document.file: document.places for document in documents}
    where = SourcePositions(files.contents, entries, tree.heads, tree.origins)
    expand_short_forms(tree.sections)
    found: dict[str, Any] = {}
    for section in SECTIONS:  # the account comes first: the others use its default country
        if section in known:
            found[section] = known[section]
        elif section in tree.sections:
            country = (found.get("account") or {}).get("defaults", {}).get("country", _ANY_COUNTRY)
            content, faults = validate_entries(
                section, tree.sections[section], where.dropped, {"country": country}
            )
            if section == "account" and content is not None:
                _mark_unknown_backend(content, documents, faults, is_complete)
            elif section == "catalog" and content is not None:
                _stand_in_for_planes(content, faults)
            diagnostics += [error(f.code, f.message, where.as_read(f.path), f.hint) for f in faults]
            if content is None and section != "account":
                return LoadedConfig(
                    None, sort_diagnostics(cap_diagnostics(diagnostics)), is_complete
                )
            found[section] = content

    account = found.get("account")
    diagnostics += _missing_account(files, tree, diagnostics, is_complete)
    users: dict[str, Any] | None = found.get("users", {})
    if users and any("template" in user for user in users.values()):
        users, faults_of_templates = apply_templates(users, found.get("templates", {}), where)
        if is_complete or users is None:
            diagnostics += faults_of_templates
    diagnostics += _repeated_pools(found.get("licenses", []), account or {}, where)
    if account is None or users is None or len(diagnostics) > MAX_FAULTS:
        return LoadedConfig(None, sort_diagnostics(cap_diagnostics(diagnostics)), is_complete)

    from licsync.config.catalog import load_catalog

    sections = {**found, "users": users}
    desired = Desired.from_sections(
        sections, load_catalog(found.get("catalog", {})), where, files.digest
    )
    return LoadedConfig(
        desired,
        sort_diagnostics(cap_diagnostics(diagnostics)),
        is_complete,
        found.get("templates", {}),
        sections,
    )


def _mark_unknown_backend(
    account: dict[str, Any],
    documents: Sequence[Document],
    faults: Iterable[Fault],
    is_complete: bool,
) -> None:
    """Say that the type of the backend is unknown if an error hides it.

    The default is the sandbox, and an account with a misspelled type is not a sandbox.
    """
    backend = account.get("backend") or {}
    is_hidden = not is_complete or any(
        fault.path[:2] == ("account", "backend")
        or (fault.code is Code.UNKNOWN_KEY and len(fault.path) == 2)
        for fault in faults
    )
    if _is_repeated(documents) or ("type" not in backend and is_hidden):
        account["backend"] = {**backend, "type": UNKNOWN.name}


def _stand_in_for_planes(catalog: dict[str, Any], faults: Iterable[Fault]) -> None:
    """Give a license type a plane if its own is misspelled: that is one error, not two."""
    for fault in faults:
        if fault.path[2:] == ("plane",) or "'plane'" in (fault.hint or ""):
            catalog[str(fault.path[1])].setdefault("plane", "addon")


def _is_repeated(documents: Sequence[Document]) -> bool:
    """Tell whether the files declare the backend or its type more than once."""
    sections = [(document, document.root.get("account")) for document in documents]
    having = [
        doc for doc, section in sections if isinstance(section, dict) and "backend" in section
    ]
    repeated: set[Span] = set()
    for document in having:
        repeated.update(*(fault.related for fault in document.faults))
    path = ("account", "backend")
    return len(having) > 1 or any(
        document.span(place) in repeated for document in having for place in (path, (*path, "type"))
    )


def _other_accounts(documents: Sequence[Document]) -> list[Diagnostic]:
    """Report further accounts in this directory: account files below it, other account names."""
    sections = [(document, document.root.get("account")) for document in documents]
    named = [
        d
        for d, section in sections
        if isinstance(section, dict) and isinstance(section.get("name"), str)
    ]
    named.sort(key=lambda document: document.file.count("/"))
    faults = []
    for document in named[1:]:
        is_account_file = document.file.lower().endswith(f"/{ACCOUNT_FILE}")
        mine, first = (quote(one.root["account"]["name"]) for one in (document, named[0]))
        if is_account_file or mine != first:
            before = named[0].span(("account",))
            message = f"This directory holds two accounts: {first} in {before}, and {mine} here."
            hint = "Run licsync on the directory of one account, without another account below it."
            if not is_account_file:
                hint += " If both are the same account, remove the name here."
            faults.append(
                error(Code.DUPLICATE_NAME, message, document.span(("account",)), hint, [before])
            )
    return faults


def _missing_account(
    files: Files, tree: MergedTree, known: Sequence[Diagnostic], is_complete: bool
) -> list[Diagnostic]:
    """Report a missing account file or section, unless another fault may hide the section."""
    if ACCOUNT_FILE not in files.contents and not any(
        f.span == Span(ACCOUNT_FILE) for f in files.faults
    ):
        other = next(
            (name for name in files.contents if name.lower() in (ACCOUNT_FILE, "account.yml")), None
        )
        below = next((name for name in files.contents if name.endswith(f"/{ACCOUNT_FILE}")), None)
        hint = "Run 'licsync init DIR' to start an account here."
        if other is not None:
            hint = f"Rename {other} to {ACCOUNT_FILE}."
        elif below is not None:
            hint = f"Found one in {below}: run licsync on that directory instead."
        return [error(Code.INVALID_VALUE, f"The directory has no {ACCOUNT_FILE}.", hint=hint)]
    if (
        "account" in tree.sections
        or not is_complete
        or any(d.span == tree.heads.get("account") for d in known)
    ):
        return []
    hint = "Add 'account: {name: …}'; 'licsync init DIR' writes an example into an empty directory."
    return [error(Code.INVALID_VALUE, "No file has an account section.", Span(ACCOUNT_FILE), hint)]


def expand_short_forms(sections: Mapping[str, Any]) -> None:
    """Replace license entries that are only a type by their long form, in place."""
    for section in ("templates", "users"):
        for user in sections.get(section, {}).values():
            licenses = user.get("licenses") if isinstance(user, dict) else None
            if isinstance(licenses, list):
                licenses[:] = [{"type": e} if isinstance(e, str) else e for e in licenses]


def _repeated_pools(
    pools: list[dict[str, Any]], account: Mapping[str, Any], where: SourcePositions
) -> list[Diagnostic]:
    """Report pool entries that repeat the license type and country of an earlier entry."""
    default = account.get("defaults", {}).get("country")
    seen: dict[tuple[str, Any], int] = {}
    faults: list[Diagnostic] = []
    for index, pool in enumerate(pools):
        key = (pool["type"], pool.get("country", default))
        first = seen.setdefault(key, index)
        if first != index and len(faults) < MAX_FAULTS:
            before = where("licenses", first)
            message = (
                f"The pool has {key[0]} in {key[1] or 'no country'} twice: here, and in {before}."
            )
            hint = "Merge both into one entry."
            faults.append(
                error(
                    Code.DUPLICATE_NAME,
                    message,
                    where("licenses", index),
                    hint,
                    [before] if before else [],
                )
            )
    return faults


_CASELESS = frozenset(("users",))


@dataclass(slots=True)
class MergedTree:
    """The entries of all files by section, as a mapping by name or as a list.

    Attributes:
        sections: the entries, as read.
        origins: the file of each entry and its path there, by name or by index in the merged list.
        heads: where each section first begins.
        faults: the entries that cannot be merged.
    """

    sections: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, dict[str | int, tuple[str, Path]]] = field(default_factory=dict)
    heads: dict[str, Span] = field(default_factory=dict)
    faults: list[Diagnostic] = field(default_factory=list)


def merge_documents(documents: Iterable[Document]) -> MergedTree:
    """Merge the entries of documents. Of duplicates, the first one counts."""
    tree, nearest = MergedTree(), Suggestions()
    spelled: dict[tuple[str, str], tuple[str, Document]] = {}
    for document in documents:
        for section, content in document.root.items():
            span = document.span((section,))
            if section not in SECTIONS:
                tree.faults.append(_unknown_section(section, span, nearest))
                continue
            tree.heads.setdefault(section, span)
            origins = tree.origins.setdefault(section, {})
            if section in LISTS:
                entries = tree.sections.setdefault(section, [])
                if isinstance(content, list):
                    for index, entry in enumerate(content):
                        origins[len(entries)] = (document.file, (section, index))
                        entries.append(entry)
                elif content is not None:
                    tree.faults.append(_other_form(section, "a list", content, span))
            elif isinstance(content, dict):
                _merge_names(tree, section, content, document, spelled)
            elif content is not None:
                tree.faults.append(_other_form(section, "a mapping", content, span))
    return tree


def _other_form(section: str, form: str, content: object, span: Span) -> Diagnostic:
    message = f"{wrong_value(section, content, f'must be {form}', (section,))}."
    return error(Code.INVALID_VALUE, message, span, form_hint((form,), content))


def _merge_names(
    tree: MergedTree,
    section: str,
    content: dict[str, Any],
    document: Document,
    spelled: dict[tuple[str, str], tuple[str, Document]],
) -> None:
    entries, origins = tree.sections.setdefault(section, {}), tree.origins[section]
    is_caseless = section in _CASELESS
    for name, entry in content.items():
        path = (section, name)
        form = name.casefold() if is_caseless else name
        mine = (name, document)
        first = spelled.setdefault((section, form), mine)
        if not name:
            tree.faults.append(
                error(Code.INVALID_VALUE, f"A name in {section} is empty.", document.span(path))
            )
        elif first is not mine:
            as_first = "" if first[0] == name else f" as {quote(first[0])}"
            before = first[1].span((section, first[0]))
            tree.faults.append(
                error(
                    Code.DUPLICATE_NAME,
                    f"{quote(name)} is declared twice in {section}:"
                    f" here, and in {before}{as_first}.",
                    document.span(path),
                    "Remove one of them, or merge them.",
                    (before,),
                )
            )
        else:
            entries[name] = entry
            origins[name] = (document.file, path)


def _unknown_section(name: str, span: Span, nearest: Suggestions) -> Diagnostic:
    hint = nearest(name, SECTIONS) or f"Known keys: {', '.join(SECTIONS)}."
    return error(Code.UNKNOWN_KEY, f"Unknown top-level key {quote(name)}.", span, hint)
