"""The places in the files, as file and line, of everything that a user's panel shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from licsync.diagnostics import Span
from licsync.model.declarations import Extension
from licsync.planning.comparison import flatten
from licsync.views import phrases as words
from licsync.views.user_profile import Profile, Service
from licsync.web.account_index import AccountIndex


class SourceLinks:
    """Finds the places of a user's settings in the files; empty if the files do not set them.

    Args:
        index: the account.
        declared: the user's name in the files; None if they do not declare the user.
    """

    def __init__(self, index: AccountIndex, declared: str | None):
        self._where = index.desired.where
        self._name = declared
        self._catalog = index.catalog
        self._user: Mapping[str, Any] = index.desired.users.get(declared or "", {})
        self._licenses: Sequence[Mapping[str, Any]] = self._user.get("licenses") or []

    def of(self, *path: str | int) -> str:
        """Give the place of a field or, without a path, of the user."""
        if self._name is None or (path and path[0] not in self._user):
            return ""
        return _place_text(self._where("users", self._name, *path))

    def of_license(self, shown: Profile, service: Service) -> tuple[str, dict[str, str]]:
        """Give the places of a user's license and of each of its settings."""
        number = self._entries(shown).get(service.unit)
        if number is None:
            return "", {}
        declared = {
            path for path, _, _ in flatten(Extension, self._licenses[number].get("extension") or {})
        }
        return self.of("licenses", number), {
            fact.field: self.of("licenses", number, "extension", *fact.field.split("."))
            for fact in service.settings
            if fact.field in declared
        }

    def _entries(self, shown: Profile) -> dict[str, int]:
        """Pair units with license entries: first by type, then by plane."""
        found: dict[str, int] = {}
        for is_alike in (self._is_same, self._is_instead):
            for service in shown.services:
                free = (
                    n
                    for n, e in enumerate(self._licenses)
                    if n not in found.values() and is_alike(service, e)
                )
                if service.unit not in found and (number := next(free, None)) is not None:
                    found[service.unit] = number
        return found

    def _is_same(self, service: Service, entry: Mapping[str, Any]) -> bool:
        return (
            entry.get("type") == service.type
            and entry.get("country", service.country) == service.country
        )

    def _is_instead(self, service: Service, entry: Mapping[str, Any]) -> bool:
        planes = self._catalog.planes
        return bool(planes(service.type) & planes(str(entry.get("type"))))

    def directives(self) -> Iterator[tuple[str, str, str]]:
        """List directives of the files that the account does not show: label, value, place."""
        for field in ("cost_center", "offboard_on", "previously", "allow_loss"):
            if field in self._user:
                yield words.label(field), words.value(field, self._user[field]), self.of(field)


def _place_text(span: Span | None) -> str:
    return f"{span.file}:{span.line}" if span else ""
