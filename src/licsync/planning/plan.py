"""The plan: data that is shown, saved, checked, limited, executed, resumed and undone (contract, section 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, ClassVar, Literal

from licsync.diagnostics import Diagnostic, Span
from licsync.model.capabilities import VERBS as VERBS
from licsync.model.inventory import digest
from licsync.planning.plan_document import (
    Cost,
    Forecast,
    Scheduled,
    canonical,
    canonical_parts,
    digest_of_effect,
    digest_of_parts,
    join_parts,
)
from licsync.planning.plan_document import LedgerRow as LedgerRow

FORMAT_VERSION = "1"

Consent = Literal["", "needed", "run", "file"]
"""Who allows that an action loses something; empty where it loses nothing."""


@dataclass(frozen=True, slots=True)
class UnitRef:
    """A license unit as a plan names it; without an id where none is available (shortage)."""

    id: str | None
    type: str
    country: str

    def to_json(self) -> dict[str, str | None]:
        """Give the document form."""
        return {"id": self.id, "type": self.type, "country": self.country}

    @classmethod
    def from_json(cls, doc: Mapping[str, Any] | None) -> UnitRef | None:
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
    before: Any
    after: Any
    reason: Reason = "declared"
    license: str | None = None

    def __post_init__(self) -> None:
        """Let equal values read alike: the order of keys in nested mappings means nothing."""
        if isinstance(self.before, list | dict):
            object.__setattr__(self, "before", canonical(self.before))
        if isinstance(self.after, list | dict):
            object.__setattr__(self, "after", canonical(self.after))

    def to_json(self) -> dict[str, Any]:
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
    def before(self) -> Any:
        """The unit where it leaves, as a value of the document."""
        return None if self.arrives else canonical(self.unit.to_json())

    @property
    def after(self) -> Any:
        """The unit where it arrives, as a value of the document."""
        return canonical(self.unit.to_json()) if self.arrives else None

    def to_json(self) -> dict[str, Any]:
        """Give the document form."""
        return {
            "path": self.path,
            "before": self.before,
            "after": self.after,
            "reason": self.reason,
        }


AnyChange = Change | UnitChange

_UNIT_KEYS = frozenset(("id", "type", "country"))


def change_from_json(doc: Mapping[str, Any]) -> AnyChange:
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
        """The units that come to the user by themselves, with phone numbers; without an id where none is free."""
        return [c.unit for c in self.changes if isinstance(c, UnitChange) and c.arrives]

    @property
    def leaving_units(self) -> list[UnitRef]:
        """The units that go by themselves, with phone numbers."""
        return [c.unit for c in self.changes if isinstance(c, UnitChange) and not c.arrives]

    @property
    def label(self) -> str:
        """`kind.verb`, as the summary counts it."""
        return f"{self.kind}.{self.verb}"

    def to_json(self) -> dict[str, Any]:
        """Give the document form of the contract, section 4."""
        doc: dict[str, Any] = {
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
    def from_json(cls, doc: Mapping[str, Any]) -> Action:
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


@dataclass(slots=True)
class Plan:
    """Everything that will happen, and everything it was decided on.

    Attributes:
        account: the account's name.
        backend: the backend's type.
        created_at: when it was made, ISO 8601.
        expires_at: when it stops being applicable.
        config_digest: digest of the files it was made from.
        actions: in an order that can be executed from top to bottom.
        licenses: the ledger, by type and country.
        costs: what the licenses cost a month where the price is known, by type, country and service
            address.
        diagnostics: what is wrong with it or worth knowing.
        people: what the users that it touches are afterwards, by name.
        approvals: those of the files that it makes use of, and what `--allow` permitted.
        forecast: what applying it takes; None where nobody waits for the backend. Outside the
            digest.
        scheduled: what later plans do because a day has come, by day. Outside the digest.
        narrowed_by: the options that narrow it or raise its limits, as words of a command line.
            Outside the digest.
        undoes: the run that it takes back; empty for a plan of files.
        addresses: slug (or id, where no slug is declared) to postal content, for every address it
            names.
        saw: record key to digest (None: absent) of everything it touches; apply refuses where one
            differs.
        users: number of users in the inventory.
        units: number of license units in the inventory.
        directory: the account's directory; outside the digest.
    """

    account: str
    backend: str
    created_at: str
    expires_at: str
    config_digest: str
    actions: list[Action] = field(default_factory=list)
    licenses: list[LedgerRow] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    approvals: list[Mapping[str, Any]] = field(default_factory=list)
    scheduled: list[Scheduled] = field(default_factory=list)
    narrowed_by: list[str] = field(default_factory=list)
    undoes: str = ""
    forecast: Forecast | None = None
    addresses: dict[str, dict[str, Any]] = field(default_factory=dict)
    saw: dict[str, str | None] = field(default_factory=dict)
    users: int = 0
    units: int = 0
    directory: str = ""

    @property
    def summary(self) -> dict[str, int]:
        """Count the actions by `kind.verb`, in the order of `VERBS`."""
        counts = Counter(a.label for a in self.actions)
        labels = (f"{kind}.{verb}" for kind, verbs in VERBS.items() for verb in verbs)
        return {label: counts[label] for label in labels if counts[label]}

    @property
    def digest(self) -> str:
        """Name what will happen: plans that do the same have one digest, whenever and wherever they were made.

        Where in the files something stands makes no difference, nor does any comment.
        """
        return self.digest_of(self.canonical_parts())

    def canonical_parts(self) -> dict[str, bytes]:
        """Write each part of its content as JSON: what digest, checksum and document have in common."""
        return canonical_parts(self._content())

    def digest_of(self, texts: Mapping[str, bytes]) -> str:
        """Give the digest of a plan whose parts are these."""
        return digest_of_effect(
            texts, [a.to_json() for a in self.actions], [d.to_json() for d in self.diagnostics]
        )

    def _content(self) -> dict[str, Any]:
        doc = {
            "format_version": FORMAT_VERSION,
            "account": self.account,
            "backend": self.backend,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "config_digest": self.config_digest,
            "summary": self.summary,
            "actions": [a.to_json() for a in self.actions],
            "licenses": [r.to_json() for r in self.licenses],
            "diagnostics": [d.to_json() for d in self.diagnostics],
            "addresses": self.addresses,
            "saw": self.saw,
            "users": self.users,
            "units": self.units,
        }
        takes = self.forecast.to_json() if self.forecast else None
        more: dict[str, Any] = {"costs": [c.to_json() for c in self.costs], "people": self.people}
        more |= {"approvals": self.approvals, "undoes": self.undoes, "forecast": takes}
        more["narrowed_by"] = self.narrowed_by
        more["scheduled"] = [entry.to_json() for entry in self.scheduled]
        return doc | {name: value for name, value in more.items() if value}

    def to_json(self) -> dict[str, Any]:
        """Give the plan document of the contract, section 4, sealed with its checksum."""
        doc = self._content()
        return doc | self._seals(canonical_parts(doc))

    def document_of(self, texts: Mapping[str, bytes]) -> bytes:
        """Write the document of a plan whose parts are these."""
        return join_parts({**texts, **canonical_parts(self._seals(texts))})

    def _seals(self, texts: Mapping[str, bytes]) -> dict[str, str]:
        return {
            "digest": self.digest_of(texts),
            "checksum": digest_of_parts(texts),
            "directory": self.directory,
        }

    @classmethod
    def from_json(cls, doc: Mapping[str, Any]) -> Plan:
        """Read a plan document back.

        Raises KeyError, TypeError or ValueError where it is not one.
        """
        return cls(
            account=doc["account"],
            backend=doc["backend"],
            created_at=doc["created_at"],
            expires_at=doc["expires_at"],
            config_digest=doc["config_digest"],
            actions=[Action.from_json(a) for a in doc["actions"]],
            licenses=[LedgerRow.from_json(r) for r in doc["licenses"]],
            costs=[Cost.from_json(c) for c in doc.get("costs", ())],
            diagnostics=[Diagnostic.from_json(d) for d in doc["diagnostics"]],
            people=dict(doc.get("people", {})),
            approvals=list(doc.get("approvals", ())),
            scheduled=[Scheduled.from_json(entry) for entry in doc.get("scheduled", ())],
            narrowed_by=list(doc.get("narrowed_by", ())),
            undoes=doc.get("undoes", ""),
            forecast=Forecast(**doc["forecast"]) if doc.get("forecast") else None,
            addresses=dict(doc["addresses"]),
            saw=dict(doc["saw"]),
            users=doc["users"],
            units=doc["units"],
            directory=doc.get("directory", ""),
        )


def is_tampered(doc: Mapping[str, Any]) -> bool:
    """Tell whether a plan document is not what licsync wrote: any byte of its content outside the directory."""
    try:
        if not isinstance(doc["directory"], str):
            return True
        written = {**Plan.from_json(doc).to_json(), "directory": ""}
        return digest(written) != digest({**doc, "directory": ""})  # as JSON: there 1 is not true
    except (KeyError, TypeError, ValueError, AttributeError):
        return True
