"""The plan: data that licsync shows, saves, checks, executes and undoes (contract, section 4).

`PlanOptions` are what a run asks for besides the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from licsync.diagnostics import Diagnostic
from licsync.model.canonical import FieldValue, JsonObject
from licsync.model.capabilities import LOCAL, VERBS, Capabilities
from licsync.model.inventory import digest
from licsync.model.license import format_instant
from licsync.planning.actions import Action
from licsync.planning.plan_document import (
    Assumption,
    CanonicalForm,
    Cost,
    CostChange,
    Forecast,
    LedgerRow,
    Scheduled,
    UnnamedUnit,
    canonical_parts,
    digest_of_parts,
    join_parts,
)

FORMAT_VERSION = "1"
_SEALS = ("digest", "checksum", "directory")


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a run asks for besides the files.

    Attributes:
        backend: type of the backend.
        capabilities: what the backend can do; what it cannot is manual.
        targets: resources that the plan is narrowed to, as plans name them; empty: everything.
        excludes: resources that are left out, as plans name them.
        allow: limits raised for this run, by verb.
        due: whether the plan is narrowed to what a date asks for.
        allow_loss: whether this run may lose what a change of license through the backend loses.
        directory: the account's directory, remembered by a saved plan.
        due_time: the instant that offboarding, approvals and the plan's expiry go by, if it
            is later than the one to plan for.
        planned_for: the instant to plan for, if it is not the clock's.
    """

    backend: str = "local"
    capabilities: Capabilities = LOCAL
    targets: Collection[str] = ()
    excludes: Collection[str] = ()
    allow: Mapping[str, int] = field(default_factory=dict)
    due: bool = False
    allow_loss: bool = False
    directory: str = ""
    due_time: datetime | None = None
    planned_for: datetime | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether the plan leaves out what the files ask for."""
        return bool(self.targets or self.excludes or self.due)

    @property
    def command_line_words(self) -> list[str]:
        """What narrows a plan, raises its limits or sets its time, as words of a command line."""
        return [
            *(["--now", format_instant(self.planned_for)] if self.planned_for else ()),
            *(["--due"] if self.due else ()),
            *(word for name in sorted(self.targets) for word in ("--target", name)),
            *(word for name in sorted(self.excludes) for word in ("--exclude", name)),
            *(
                word
                for verb, most in sorted(self.allow.items())
                for word in ("--allow", f"{verb}={most}")
            ),
        ]


@dataclass(frozen=True)
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
        cost_centers: what each cost center pays more or less a month; empty where no user of the
            plan has one.
        diagnostics: what is wrong with it or worth knowing.
        people: what the users that it touches are afterwards, by name.
        approvals: those of the files that it makes use of, and what `--allow` permitted.
        forecast: what applying it takes; None where nobody waits for the backend. Outside the
            digest.
        scheduled: what later plans do because a day has come, by day. Outside the digest.
        narrowed_by: the options that narrow it or raise its limits, as words of a command line.
            Outside the digest.
        undoes: the run that it takes back; empty for a plan of files.
        what_if: what it assumes beside files and inventory. Such a plan is never applied.
        addresses: slug (or id, where no slug is declared) to postal content, for every address it
            names.
        unnamed: the units that it names and of which 8x8 has shown no id, by the id that licsync
            made up. Outside the digest.
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
    cost_centers: list[CostChange] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    people: dict[str, dict[str, object]] = field(default_factory=dict)
    approvals: list[JsonObject] = field(default_factory=list)
    scheduled: list[Scheduled] = field(default_factory=list)
    narrowed_by: list[str] = field(default_factory=list)
    undoes: str = ""
    what_if: list[Assumption] = field(default_factory=list)
    forecast: Forecast | None = None
    addresses: dict[str, dict[str, object]] = field(default_factory=dict)
    unnamed: dict[str, UnnamedUnit] = field(default_factory=dict)
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

    def name_of(self, resource: str) -> str:
        """Name a resource for people: a license without an id by its type and country."""
        section, _, name = resource.partition("/")
        unit = self.unnamed.get(name) if section == "licenses" else None
        return f"license {unit['type']} · {unit['country']}" if unit else resource

    @property
    def digest(self) -> str:
        """Name the effect of the plan: plans that do the same have one digest.

        Times, places in the files and comments make no difference.
        """
        return self._canonical.digest

    @cached_property  # nothing changes a plan: `dataclasses.replace` makes another one
    def _canonical(self) -> CanonicalForm:
        return CanonicalForm.of(self._content())

    def _content(self) -> dict[str, object]:
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
        more: dict[str, object] = {
            "costs": [c.to_json() for c in self.costs],
            "cost_centers": [change.to_json() for change in self.cost_centers],
            "people": self.people,
        }
        more |= {"approvals": self.approvals, "undoes": self.undoes, "forecast": takes}
        more |= {"narrowed_by": self.narrowed_by, "unnamed": self.unnamed}
        more["scheduled"] = [entry.to_json() for entry in self.scheduled]
        more["what_if"] = [assumption.to_json() for assumption in self.what_if]
        return doc | {name: value for name, value in more.items() if value}

    def to_json(self) -> dict[str, FieldValue]:
        """Give the plan document of the contract, section 4, sealed with its checksum."""
        return self._content() | self._seals()

    def document(self) -> bytes:
        """Write the plan document as canonical JSON."""
        return join_parts({**self._canonical.parts, **canonical_parts(self._seals())})

    def _seals(self) -> dict[str, str]:
        return {
            "digest": self.digest,
            "checksum": self._canonical.checksum,
            "directory": self.directory,
        }

    @classmethod
    def from_json(cls, doc: JsonObject) -> Plan:
        """Read a plan document back.

        Raises:
            KeyError, TypeError, ValueError: the document is not a plan.
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
            cost_centers=[CostChange.from_json(c) for c in doc.get("cost_centers", ())],
            diagnostics=[Diagnostic.from_json(d) for d in doc["diagnostics"]],
            people=dict(doc.get("people", {})),
            approvals=list(doc.get("approvals", ())),
            scheduled=[Scheduled.from_json(entry) for entry in doc.get("scheduled", ())],
            narrowed_by=list(doc.get("narrowed_by", ())),
            undoes=doc.get("undoes", ""),
            what_if=[Assumption.from_json(one) for one in doc.get("what_if", ())],
            forecast=Forecast(**doc["forecast"]) if doc.get("forecast") else None,
            addresses=dict(doc["addresses"]),
            unnamed=dict(doc.get("unnamed", {})),
            saw=dict(doc["saw"]),
            users=doc["users"],
            units=doc["units"],
            directory=doc.get("directory", ""),
        )


def is_sealed(doc: object) -> bool:
    """Tell whether the checksum of a plan document is right, whichever version wrote it."""
    if not (isinstance(doc, dict) and isinstance(doc.get("directory"), str)):
        return False
    content = {key: value for key, value in doc.items() if key not in _SEALS}
    return bool(doc.get("checksum") == digest_of_parts(canonical_parts(content)))


def read_other_version(doc: JsonObject) -> Plan | None:
    """Read a sealed document of another version, in which digests had another meaning.

    None if it has parts that this version does not know.
    """
    try:
        plan = Plan.from_json(doc)
        is_known = not is_tampered({**doc, "digest": plan.digest})
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return plan if is_known else None


def is_tampered(doc: Mapping[str, object]) -> bool:
    """Tell whether a plan document differs from what licsync wrote.

    The directory does not count.
    """
    try:
        if not isinstance(doc["directory"], str):
            return True
        written = {**Plan.from_json(doc).to_json(), "directory": ""}
        return digest(written) != digest({**doc, "directory": ""})  # as JSON: there 1 is not true
    except (KeyError, TypeError, ValueError, AttributeError):
        return True
