"""The parts of a plan document beside its actions (ledger, costs, forecast, schedule); digests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NotRequired

from typing_extensions import TypedDict

from licsync.diagnostics import Span
from licsync.model.canonical import JsonObject, canonical_json
from licsync.model.inventory import digest_of_texts
from licsync.model.prices import UnitPrice


class LedgerDocument(TypedDict):
    """A row of the ledger in a plan document."""

    type: str
    country: str
    owned: int
    assigned_before: int
    assigned_after: int
    suspended_before: int
    suspended: int
    unassigned_before: int
    unassigned_after: int
    short_by: int
    quantity: NotRequired[int]
    price: NotRequired[UnitPrice]
    owned_before: NotRequired[int]


class CostDocument(TypedDict):
    """A cost in a plan document."""

    type: str
    country: str
    service_address: str | None
    price: UnitPrice
    used_before: int
    used_after: int
    unused_before: int
    unused_after: int


class CostChangeDocument(TypedDict):
    """What a cost center pays more or less, in a plan document."""

    cost_center: str
    currency: str
    change: str
    unassigned: NotRequired[bool]


class PlaceDocument(TypedDict):
    """A place in the files in a plan document."""

    file: str
    line: int


class UnnamedUnit(TypedDict):
    """What tells people which unit is meant, if 8x8 has shown no id of it.

    `service_address` is a slug, or an id where no slug is declared.
    """

    type: str
    country: str
    service_address: str | None


class ScheduledDocument(TypedDict):
    """A scheduled action in a plan document."""

    day: str
    resource: str
    verb: str
    source: NotRequired[PlaceDocument]


class AssumptionDocument(TypedDict):
    """An assumption in a plan document."""

    verb: str
    type: str
    number: int
    country: NotRequired[str]
    user: NotRequired[str]


@dataclass(slots=True)
class LedgerRow:
    """A row of the ledger: what the plan does to the pool of one type in one country.

    `owned` counts assigned units, unassigned units and units held by inactive users, after the
    plan; `suspended` counts all suspended units after the plan, removed ones included.
    `owned_before` is stated where a plan assumes that licenses are bought or canceled.
    """

    type: str
    country: str
    owned: int = 0
    assigned_before: int = 0
    assigned_after: int = 0
    suspended_before: int = 0
    suspended: int = 0
    unassigned_before: int = 0
    unassigned_after: int = 0
    short_by: int = 0
    quantity: int | None = None
    price: UnitPrice | None = None
    owned_before: int | None = None

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        doc: dict[str, object] = {
            name: getattr(self, name)
            for name in (
                "type", "country", "owned", "assigned_before", "assigned_after", "suspended_before",
                "suspended", "unassigned_before", "unassigned_after", "short_by",
            )
        }  # fmt: skip
        optional = {name: getattr(self, name) for name in ("quantity", "price", "owned_before")}
        return doc | {name: value for name, value in optional.items() if value is not None}

    @classmethod
    def from_json(cls, doc: LedgerDocument) -> LedgerRow:
        """Read the document form."""
        return cls(**doc)


@dataclass(slots=True)
class Cost:
    """The cost of the units of one type and country at one service address, before and after.

    Attributes:
        type: a key of the license catalog.
        country: where the license is valid.
        service_address: slug, or id where no slug is declared; `None` for units that are bound to
            none.
        price: of one unit per month.
        used_before: units that active users hold, before the plan.
        used_after: the same, after the plan.
        unused_before: paid units that nobody uses: unassigned, or held by an inactive user.
        unused_after: the same, after the plan.
    """

    type: str
    country: str
    service_address: str | None
    price: UnitPrice
    used_before: int = 0
    used_after: int = 0
    unused_before: int = 0
    unused_after: int = 0

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, doc: CostDocument) -> Cost:
        """Read the document form."""
        return cls(**doc)


@dataclass(frozen=True, slots=True)
class CostChange:
    """What a cost center pays more or less a month after a plan.

    Attributes:
        cost_center: the cost center; empty for users without one.
        currency: the currency.
        change: the amount, negative where it pays less.
        unassigned: whether it is about the licenses that nobody has, for which no cost center pays.
    """

    cost_center: str
    currency: str
    change: str
    unassigned: bool = False

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        names = ("cost_center", "currency", "change")
        doc: dict[str, object] = {name: getattr(self, name) for name in names}
        return doc | ({"unassigned": True} if self.unassigned else {})

    @classmethod
    def from_json(cls, doc: CostChangeDocument) -> CostChange:
        """Read the document form."""
        return cls(**doc)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What applying a plan takes: requests to the vendor's API, and minutes.

    Attributes:
        requests: number of requests.
        minutes: duration in minutes.
        seen: number of observed operations of this account that the forecast is based on; 0: it
            is based on the completion times that the vendor publishes.
    """

    requests: int
    minutes: float
    seen: int = 0

    def to_json(self) -> dict[str, object]:
        """Return the document form."""
        doc: dict[str, object] = {"requests": self.requests, "minutes": self.minutes}
        return doc | {"seen": self.seen} if self.seen else doc


@dataclass(frozen=True, slots=True)
class Scheduled:
    """An action that the files schedule for a later day.

    Attributes:
        day: the first day on which a plan contains the action.
        resource: the resource, as a plan names it.
        verb: the verb, as a plan names it.
        source: the place of the date in the files.
    """

    day: date
    resource: str
    verb: str
    source: Span | None = None

    @property
    def name(self) -> str:
        """The resource's name without its section."""
        return self.resource.partition("/")[2]

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        doc: dict[str, object] = {
            "day": self.day.isoformat(),
            "resource": self.resource,
            "verb": self.verb,
        }
        return (
            doc | {"source": {"file": self.source.file, "line": self.source.line}}
            if self.source
            else doc
        )

    @classmethod
    def from_json(cls, doc: ScheduledDocument) -> Scheduled:
        """Read the document form."""
        source = doc.get("source")
        span = Span(source["file"], source["line"]) if source else None
        return cls(date.fromisoformat(doc["day"]), doc["resource"], doc["verb"], span)


@dataclass(frozen=True, slots=True)
class Assumption:
    """What a plan assumes beside the files and the inventory.

    Attributes:
        verb: `buy` or `cancel` for licenses, `user` for what a user has.
        type: a key of the license catalog; empty for no license.
        country: where the license is valid; empty for the country of the user.
        number: number of licenses.
        user: the user.
    """

    verb: str
    type: str
    country: str = ""
    number: int = 1
    user: str = ""

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        doc: dict[str, object] = {"verb": self.verb, "type": self.type, "number": self.number}
        optional = {"country": self.country, "user": self.user}
        return doc | {name: value for name, value in optional.items() if value}

    @classmethod
    def from_json(cls, doc: AssumptionDocument) -> Assumption:
        """Read the document form."""
        return cls(**doc)


_OUTSIDE_DIGEST = frozenset(
    ("created_at", "expires_at", "forecast", "scheduled", "narrowed_by", "config_digest", "unnamed")
)
"""Parts of a document that do not count for its digest: times, forecast, bytes of the files."""

_PLACE_KEYS = frozenset(("source", "file", "line", "column", "related"))
"""Keys of the place of an action or diagnostic in the files, which do not count either."""


def canonical(value: object) -> object:
    """Copy a JSON value with sorted keys."""
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return {k: canonical(value[k]) for k in sorted(value)} if isinstance(value, dict) else value


def canonical_parts(content: Mapping[str, object]) -> dict[str, bytes]:
    """Write each part of a document as canonical JSON, once for all digests that share it."""
    return {key: canonical_json(value) for key, value in content.items()}


def digest_of_parts(texts: Mapping[str, bytes]) -> str:
    """Return the digest of the document with these parts, equal to `model.inventory.digest`."""
    return digest_of_texts(_pieces(texts))


@dataclass(frozen=True, slots=True)
class CanonicalForm:
    """The content of a plan as canonical JSON.

    Attributes:
        parts: canonical JSON by key of the document.
        digest: digest of the effect, see `digest_of_effect`.
        checksum: digest of all parts.
    """

    parts: Mapping[str, bytes]
    digest: str
    checksum: str

    @classmethod
    def of(cls, content: JsonObject) -> CanonicalForm:
        """Write the content of a plan document, without its digest and checksum."""
        parts = canonical_parts(content)
        effect = digest_of_effect(parts, content["actions"], content["diagnostics"])
        return cls(parts, effect, digest_of_parts(parts))


def digest_of_effect(
    texts: Mapping[str, bytes],
    actions: Iterable[dict[str, object]],
    diagnostics: Iterable[dict[str, object]],
) -> str:
    """Return the digest of what a plan does, independent of places and comments in the files.

    Args:
        texts: the parts of its document.
        actions: its actions in document form; their places do not count.
        diagnostics: its diagnostics in document form; their places and order do not count.
    """
    found = {key: texts[key] for key in texts.keys() - _OUTSIDE_DIGEST}
    found["actions"] = canonical_json([_without_place(action) for action in actions])
    diagnostic_texts = sorted(
        canonical_json(_without_place(diagnostic)) for diagnostic in diagnostics
    )
    return digest_of_parts(found | {"diagnostics": b"[%b]" % b",".join(diagnostic_texts)})


def _without_place(doc: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in doc.items() if key not in _PLACE_KEYS}


def join_parts(texts: Mapping[str, bytes]) -> bytes:
    """Write the document with these parts."""
    return b"".join(_pieces(texts))


def _pieces(texts: Mapping[str, bytes]) -> Iterator[bytes]:
    for number, key in enumerate(sorted(texts)):
        yield b"%b%b:" % (b"," if number else b"{", canonical_json(key))
        yield texts[key]
    yield b"}" if texts else b"{}"
