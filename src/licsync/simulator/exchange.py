"""Requests and answers: media types, API version, JSON (COM, "API Versioning")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from starlette.datastructures import Headers

from licsync.simulator.operations import Timing
from licsync.simulator.problems import Detail, Problem, invalid

Media = Literal[
    "users",
    "sites",
    "addresses",
    "phonenumbers",
    "ringgroups",
    "ringgroups.update-members",
    "operations",
]

LARGEST_BODY = 1_000_000


def vendor_type(media: Media) -> str:
    """Give the vendor's media type of a resource."""
    return f"application/vnd.{media}.v1+json"


def allowed_types(media: Media) -> tuple[str, ...]:
    """List the media types of a resource; for sites, guide and OpenAPI file disagree (10.4.17)."""
    return ("application/json", vendor_type(media)) if media == "sites" else (vendor_type(media),)


@dataclass(slots=True, kw_only=True)
class Incoming:
    """A request to one of 8x8's APIs.

    Attributes:
        method: the method.
        path: the path below that of the API (`interfaces.Interface.base`).
        headers: its headers.
        query: its parameters; of one that is given twice, the last.
        raw: the body as it came.
        timing: what faults do to the operation that it starts.
    """

    method: str
    path: str
    headers: Headers
    query: Mapping[str, str]
    raw: bytes = b""
    timing: Timing = field(default_factory=Timing)


@dataclass(slots=True, kw_only=True)
class Call(Incoming):
    """A request to the Administration API.

    Attributes:
        media: of which resource.
        ids: what the path names.
    """

    media: Media
    ids: Mapping[str, str]

    @property
    def id(self) -> str:
        """The one id of the path."""
        return next(iter(self.ids.values()))

    def body(self) -> Any:
        """Read the body as JSON.

        Raises:
            Problem: the body is not valid JSON (400), or not declared as JSON (415).
        """
        return read_json(self.raw)

    def check_versions(self, *, strict: bool) -> None:
        """Refuse a request that does not say which version of the API it means.

        Raises:
            Problem: the client accepts, or sends, another media type (406, 415).
        """
        if self.method in ("POST", "PUT"):
            media_types = self.headers.get("content-type", "").partition(";")[0].strip().casefold()
            if media_types not in allowed_types(self.media) and (
                strict or media_types not in ("", "application/json")
            ):
                raise _unsupported(
                    415, "Unsupported Media Type", f"Content-Type '{media_types}' is not supported"
                )
        elif not (self.media == "addresses" and self.method == "DELETE") and not self._accepts(
            strict
        ):
            raise _unsupported(
                406, "Not Acceptable", "The Accept header must name the version of the API"
            )

    def _accepts(self, strict: bool) -> bool:
        media_types = [
            part.partition(";")[0].strip().casefold()
            for part in self.headers.get("accept", "").split(",")
        ]
        allowed = {*allowed_types(self.media)}
        # the vendor's samples ask for operations in the type of the resource
        if self.media == "operations":
            allowed |= {vendor_type(media) for media in get_args(Media)}
        elif self.method == "DELETE":  # it returns an operation, and a sample asks for that
            allowed.add(vendor_type("operations"))
        if not strict:
            allowed |= {"", "*/*", "application/*", "application/json"}
        return any(part in allowed for part in media_types)

    def answer_type(self) -> str:
        """Say in which media type to answer."""
        if self.media == "ringgroups.update-members":
            return vendor_type("ringgroups")
        named = self.headers.get("accept", "") + self.headers.get("content-type", "")
        allowed = allowed_types(self.media)
        return next((t for t in reversed(allowed) if t in named), allowed[0])


def _unsupported(status: int, title: str, message: str) -> Problem:
    return Problem(status, title, Detail("BAD_REQUEST", message))


@dataclass(slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    type: str = "application/json"
    operation: str | None = None

    def content(self) -> bytes:
        """Give the bytes of the body: compact, since 8x8's samples search for `"key":"value"`."""
        if self.body is None:
            return b""
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def read_json(raw: bytes) -> Any:
    """Read JSON strictly: UTF-8, no NaN, no text that no database takes.

    Raises:
        Problem: the request is invalid (400).
    """
    try:
        value = json.loads(raw.decode(), parse_constant=_no_constant)
        if "\0" in json.dumps(value, ensure_ascii=False).encode().decode() or b"\\u0000" in raw:
            raise ValueError("a NUL character")
    except (ValueError, RecursionError) as fault:
        raise invalid("Malformed JSON request") from fault
    return value
