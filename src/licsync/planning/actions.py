"""The actions of a plan: what each does to one resource, and the values it changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import ClassVar, Literal

from typing_extensions import TypedDict

from licsync.diagnostics import Span
from licsync.model.canonical import FieldValue, JsonObject
from licsync.planning.plan_document import canonical

Consent = Literal["", "needed", "run", "file"]
"""Who allows that an action loses something; empty where it loses nothing."""


class UnitDocument(TypedDict):
    """A license unit in a plan document."""

    id: str | None
    type: str
    country: str


@dataclass(frozen=True, slots=True)
class UnitRef:
    """A license unit as a plan names it; without an id where none is available (shortage)."""

    id: str | None
    type: str
    country: str

    def to_json(self) -> UnitDocument:
        """Give the document form."""
        return {"id": self.id, "type": self.type, "country": self.country}

    @classmethod
    def from_json(cls, doc: UnitDocument | None) -> UnitRef | None:
        """Read the document form."""
        return cls(doc["id"], doc["type"], doc["country"]) if doc else None


Reason = Literal["declared", "automatic", "default", "released", "restored"]
"""Why a value changes: see `Change.reason`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value that an action changes.

    Attributes:
        path: dotted path below the resource; below `extension.` for what a license carries.
        before: value in the inventory; `None` where there is none.
        after: value afterwards; `None` where it is removed.
        reason: `declared` (the YAML says so), `automatic` (the console does it by itself),
            `default` (filled in for something new), `released` (goes with the license), `restored`
            (put back by hand after a change of license that loses it).
        license: id of the unit that carries the value, for a change to the settings of a license
            that stays.
    """

    path: str
    before: FieldValue
    after: FieldValue
    reason: Reason = "declared"
    license: str | None = None

    def __post_init__(self) -> None:
        """Let equal values read alike: the order of keys in nested mappings means nothing."""
        if isinstance(self.before, list | dict):
            object.__setattr__(self, "before", canonical(self.before))
        if isinstance(self.after, list | dict):
            object.__setattr__(self, "after", canonical(self.after))

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        doc = {"path": self.path, "before": self.before, "after": self.after, "reason": self.reason}
        return doc | {"license": self.license} if self.license else doc


@dataclass(frozen=True, slots=True)
class UnitChange:
    """A unit that comes to a user or leaves it by itself, with phone numbers.

    It reads as a change of the user's `licenses`, so that views show it like any other.

    Attributes:
        unit: which unit; without an id where none is free.
        arrives: whether it comes; else it leaves.
    """

    unit: UnitRef
    arrives: bool

    path: ClassVar[str] = "licenses"
    reason: ClassVar[Reason] = "automatic"
    license: ClassVar[None] = None

    @property
    def before(self) -> FieldValue:
        """The unit where it leaves, as a value of the document."""
        return None if self.arrives else canonical(self.unit.to_json())

    @property
    def after(self) -> FieldValue:
        """The unit where it arrives, as a value of the document."""
        return canonical(self.unit.to_json()) if self.arrives else None

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        return {
            "path": self.path,
            "before": self.before,
            "after": self.after,
            "reason": self.reason,
        }


AnyChange = Change | UnitChange

_UNIT_KEYS = frozenset(("id", "type", "country"))


def title_key(unit: UnitRef) -> str:
    """Give the key of a unit's title; one that is still to be bought has no id."""
    return unit.id or f"{unit.type}:{unit.country}"


@dataclass(frozen=True, slots=True)
class UserPage:
    """What the console shows of a user just before people do an action there.

    Attributes:
        held: the licenses that the user holds, in the console's order.
        titles: how the console names the units of the action and of `held`, by `title_key`.
        inactive: whether the user is deactivated, and so must be activated for an edit.
        other_pbx: whether the action moves the user to a site on another PBX.
        carried: what the license carries that the user releases in a ring, by path.
        reassigns: whether the user keeps licenses in that move, which people remove and assign
            again.
        place: the address for the license that the user gets, if it is not the one to which the
            console binds it by itself.
    """

    held: tuple[UnitRef, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    inactive: bool = False
    other_pbx: bool = False
    carried: Mapping[str, object] = field(default_factory=dict)
    reassigns: bool = False
    place: str = ""

    def title(self, unit: UnitRef) -> str:
        """Name a unit as the console does."""
        return self.titles.get(title_key(unit), f"{unit.type} · {unit.country}")

    def to_json(self) -> dict[str, object]:
        """Give the document form."""
        return {
            "held": [unit.to_json() for unit in self.held],
            "titles": {**self.titles},
            "inactive": self.inactive,
            "other_pbx": self.other_pbx,
            "carried": canonical({**self.carried}),
            "reassigns": self.reassigns,
            "place": self.place,
        }

    @classmethod
    def from_json(cls, doc: JsonObject | None) -> UserPage | None:
        """Read the document form."""
        if doc is None:
            return None
        held = tuple(UnitRef(**unit) for unit in doc["held"])
        return cls(
            held,
            doc["titles"],
            doc["inactive"],
            doc["other_pbx"],
            doc["carried"],
            doc["reassigns"],
            doc["place"],
        )


def change_from_json(doc: JsonObject) -> AnyChange:
    """Read the document form of a change of a value or of a unit."""
    before, after = doc["before"], doc["after"]
    unit = after or before
    if doc["path"] == UnitChange.path and isinstance(unit, dict) and unit.keys() == _UNIT_KEYS:
        return UnitChange(UnitRef(**unit), arrives=bool(after))
    return Change(doc["path"], before, after, doc["reason"], doc.get("license"))


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the plan does to one resource.

    Attributes:
        id: `a1`, `a2`, … in the order of execution.
        kind: one of the keys of `VERBS`.
        verb: one of its values.
        resource: `users/NAME`, `licenses/ID`, `policies/NAME`, `sites/NAME`,
            `service_addresses/SLUG`.
        license: the unit it ends with (assign, upgrade, downgrade, change), or that an update is
            about.
        origin: the unit it starts from (`from` in the document).
        changes: what changes, in reading order.
        kept: paths of settings that survive a license change.
        lost: what does not survive: paths of settings, and plain names (`voicemail_pin`).
        available: features the new license could switch on, which stay off until declared.
        needs: ids of actions that come first; within a ring only `ring` says it.
        ring: name of the swap or ring it belongs to; its actions stand together.
        split: the ring is opened here: the action gives up its unit or numbers when the ring
            begins, and gets the new ones in its own place.
        manual: the backend cannot do it; `steps` says how to do it in the vendor's console. Where
            it is split, `first_steps` says how it gives up what it has when the ring begins.
        page: what the console shows of the user before it, where people do it.
        source: where the files ask for it.
        why: one short sentence for people: what asks for it.
        units: ids of further units that it touches (a suspended user's licenses, say).
        follows: resource whose move it belongs to (a site, for a license that goes with it).
        consent: where the backend loses what a change of license in the console keeps: `needed`, or
            given by the `run` (`--allow-loss`) or by the `file` (`allow_loss` of the user).
        unseen: the backend does not show whether it was done; only the inventory that was loaded
            says so.
    """

    kind: str
    verb: str
    resource: str
    license: UnitRef | None = None
    origin: UnitRef | None = None
    changes: tuple[AnyChange, ...] = ()
    kept: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    available: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    ring: str | None = None
    split: bool = False
    manual: bool = False
    steps: tuple[str, ...] = ()
    first_steps: tuple[str, ...] = ()
    page: UserPage | None = None
    source: Span | None = None
    why: str = ""
    units: tuple[str, ...] = ()
    follows: str = ""
    consent: Consent = ""
    unseen: bool = False
    id: str = ""

    @property
    def name(self) -> str:
        """The resource's name without its section."""
        return self.resource.partition("/")[2]

    @property
    def arriving_units(self) -> list[UnitRef]:
        """The units that come to the user with phone numbers, automatically.

        A unit has no id where none is free.
        """
        return [c.unit for c in self.changes if isinstance(c, UnitChange) and c.arrives]

    @property
    def leaving_units(self) -> list[UnitRef]:
        """The units that go by themselves, with phone numbers."""
        return [c.unit for c in self.changes if isinstance(c, UnitChange) and not c.arrives]

    @property
    def label(self) -> str:
        """`kind.verb`, as the summary counts it."""
        return f"{self.kind}.{self.verb}"

    def to_json(self) -> dict[str, object]:
        """Give the document form of the contract, section 4."""
        doc: dict[str, object] = {
            "id": self.id,
            "kind": self.kind,
            "verb": self.verb,
            "resource": self.resource,
        }
        if self.license:
            doc["license"] = self.license.to_json()
        if self.origin:
            doc["from"] = self.origin.to_json()
        doc["changes"] = [c.to_json() for c in self.changes] if self.changes else []
        doc["kept"] = [*self.kept]
        doc["lost"] = [*self.lost]
        doc["available"] = [*self.available]
        doc["needs"] = [*self.needs]
        if self.ring:
            doc["ring"] = self.ring
        if self.split:
            doc["split"] = True
        doc["manual"] = self.manual
        if self.steps:
            doc["steps"] = [*self.steps]
        if self.first_steps:
            doc["first_steps"] = [*self.first_steps]
        if self.page:
            doc["page"] = self.page.to_json()
        if self.source:
            doc["source"] = {"file": self.source.file, "line": self.source.line}
        doc["why"] = self.why
        if self.units:
            doc["units"] = [*self.units]
        if self.follows:
            doc["follows"] = self.follows
        if self.consent:
            doc["consent"] = self.consent
        if self.unseen:
            doc["unseen"] = True
        return doc

    @classmethod
    def from_json(cls, doc: JsonObject) -> Action:
        """Read the document form."""
        source = doc.get("source")
        return cls(
            kind=doc["kind"],
            verb=doc["verb"],
            resource=doc["resource"],
            license=UnitRef.from_json(doc.get("license")),
            origin=UnitRef.from_json(doc.get("from")),
            changes=tuple(change_from_json(c) for c in doc["changes"]),
            kept=tuple(doc["kept"]),
            lost=tuple(doc["lost"]),
            consent=doc.get("consent", ""),
            available=tuple(doc.get("available", ())),
            needs=tuple(doc["needs"]),
            ring=doc.get("ring"),
            split=doc.get("split", False),
            manual=doc["manual"],
            unseen=doc.get("unseen", False),
            steps=tuple(doc.get("steps", ())),
            first_steps=tuple(doc.get("first_steps", ())),
            page=UserPage.from_json(doc.get("page")),
            source=Span(source["file"], source["line"]) if source else None,
            why=doc.get("why", ""),
            units=tuple(doc.get("units", ())),
            follows=doc.get("follows", ""),
            id=doc["id"],
        )


def former_name(rename: Action) -> str:
    """Return the name of a user before it is renamed."""
    return next(str(change.before) for change in rename.changes if change.path == "name")


def blocked_by_manual(actions: Collection[Action]) -> list[Action]:
    """List the actions of the backend that need what is done by hand, directly or through others.

    Args:
        actions: in the order of a plan.
    """
    if not any([action.manual for action in actions]):
        return []
    late: set[str] = set()
    found = []
    for _, members in groupby(actions, key=lambda action: action.ring or action.id):
        group = list(members)
        if any(action.manual for action in group):
            late |= {action.id for action in group}
        elif any(late.intersection(action.needs) for action in group):
            late |= {action.id for action in group}
            found += group
    return found
