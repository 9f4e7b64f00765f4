"""The users of a plan: what each user of the files or the inventory should become."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from licsync.diagnostics import Code, Diagnostic, Span, info, warning
from licsync.model.account_declarations import Account
from licsync.model.declarations import Extension, LicenseEntry, User, UserAttributes
from licsync.model.desired import SourceLookup
from licsync.model.fields import COMPUTED, IDENTITY, fields_of
from licsync.model.inventory_document import InventoryUser, Service
from licsync.model.labels import label, sentence
from licsync.planning.actions import Action, AnyChange, Change, UnitChange, UnitRef
from licsync.planning.calendar import Calendar, Stage, stage
from licsync.planning.comparison import differences, flatten
from licsync.planning.resolver import Resolver

_COMPARED = tuple(fields_of(UserAttributes).keys() - {"status"})
"""The attributes that an update changes; the status has verbs of its own."""

_OWNED = {name for name, marks in fields_of(UserAttributes).items() if IDENTITY in marks} - {
    "status"
}
"""The attributes that an identity provider owns; user name and status have their own verbs."""


@dataclass(slots=True)
class PlannedUser:
    """One user: what is declared, what is there, and what should become of it.

    Attributes:
        name: the name it has after the plan.
        declared: what the files say, templates included; empty for a user that no file names.
        declared_name: the key in the files, or None.
        current: the record of the inventory, or None.
        current_name: the name in the inventory, or None.
        status: the status it should have.
        wanted: the license entries it should hold; None where licenses are unmanaged.
        site: the site it should have.
        delete: whether it goes.
        where: finds places in the files.
        place: what to look up there for it.
        why: what asks for it, where that is not simply the file.
        left_to_provider: differences that are left to the user's identity provider.
        reached: the stage of offboarding that its day has brought it to.
    """

    name: str
    declared: User
    declared_name: str | None
    current: InventoryUser | None
    current_name: str | None
    status: str
    wanted: Sequence[LicenseEntry] | None
    site: str | None
    where: SourceLookup
    place: tuple[str, str]
    delete: bool = False
    why: str = ""
    left_to_provider: tuple[str, ...] = ()
    reached: Stage = Stage.NONE

    @property
    def source(self) -> Span | None:
        """The place in the files; looked up late, since most users need no action."""
        return self.where(*self.place)

    @property
    def resource(self) -> str:
        """The resource of its actions."""
        return f"users/{self.name}"

    @property
    def moves_site(self) -> bool:
        """Tell whether the user changes site: its licenses follow with the update."""
        return (
            bool(self.current and self.current.get("site"))
            and self.site != (self.current or {})["site"]
        )

    @property
    def was_active(self) -> bool:
        """Tell whether it is there and active now."""
        return self.current is not None and self.current.get("status") != "inactive"

    @property
    def is_back(self) -> bool:
        """Tell whether the plan reactivates it."""
        return self.current is not None and not self.was_active and self.status == "active"

    @property
    def services(self) -> list[Service]:
        """The licenses it holds now."""
        return (self.current or {}).get("services") or []


def resolve_users(resolver: Resolver, calendar: Calendar) -> list[PlannedUser]:
    """List declared users, and the unlisted ones that `unlisted_users` affects."""
    everybody = (*_declared_users(resolver, calendar), *_unlisted_users(resolver))
    found = (
        defer_to_identity_provider(p) if p.current and p.current.get("scim_provider") else p
        for p in everybody
    )
    return sorted(found, key=lambda p: (p.name.casefold(), p.name))


def defer_to_identity_provider(planned: PlannedUser) -> PlannedUser:
    """Leave to the identity provider what it writes of a user (domain.md, section 9).

    Whoever writes these as well fights it. An inactive user may be deleted, which no identity
    provider can do.
    """
    current = planned.current or {}
    status, name = current.get("status", "active"), planned.current_name or planned.name
    kept = {key: value for key, value in planned.declared.items() if key not in _OWNED}
    own = {key: value for key, value in planned.declared.items() if key in _OWNED}
    left = [path for path, _, _ in differences(UserAttributes, own, current)]
    if planned.name != name:
        left.insert(0, "user name")
    if planned.status != status:
        left.append("status")
    delete = planned.delete and status == "inactive"
    if planned.delete and not delete:
        left.append("deletion")
    return replace(
        planned,
        name=name,
        declared=cast(User, kept),
        status=status,
        delete=delete,
        left_to_provider=tuple(left),
    )


def identity_diagnostics(planned_users: Iterable[PlannedUser]) -> Iterator[Diagnostic]:
    """Name what is left to identity providers although the files want it otherwise."""
    for planned in planned_users:
        if planned.left_to_provider:
            provider = (planned.current or {})["scim_provider"]
            what = sentence(label(name) for name in planned.left_to_provider)
            message = f"{planned.name} is provisioned by {provider}, which controls {what}; "
            message += "the plan leaves it unchanged."
            hint = f"Change it in {provider}, or remove it from the files."
            yield warning(Code.IDENTITY_PROVIDER, message, planned.source, hint)


def unlisted_diagnostics(resolver: Resolver) -> Iterator[Diagnostic]:
    """Say how many users of the inventory no file names, and what becomes of them."""
    names = resolver.unlisted
    rule = resolver.desired.account.get("unlisted_users", "ignore")
    if names:
        some = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        many = (
            "1 user of the inventory is"
            if len(names) == 1
            else f"{len(names)} users of the inventory are"
        )
        message = f"{many} in no file ({some}); unlisted_users: {rule}."
        yield info(Code.UNLISTED_USER, message, resolver.desired.where("account", "unlisted_users"))


def _declared_users(resolver: Resolver, calendar: Calendar) -> Iterator[PlannedUser]:
    desired = resolver.desired
    listed: set[str] = set()
    for declared_name, user in desired.users.items():
        current_name = resolver.current_names[declared_name]
        current = resolver.inventory.users[current_name] if current_name is not None else None
        folded = (current_name or declared_name).casefold()
        if folded in listed:
            continue  # declared twice: reported by the checks
        listed.add(folded)
        day = None
        if "offboard_on" in user:
            day = calendar.today(site_of(user, current or {}))
        planned = planned_user(declared_name, user, current_name, current, resolver, day)
        if planned is not None:
            yield planned


def planned_user(
    declared_name: str,
    user: User,
    current_name: str | None,
    current: InventoryUser | None,
    resolver: Resolver,
    day: date | None,
) -> PlannedUser | None:
    """Say what a declared user should become.

    Args:
        declared_name: the key in the files.
        user: what the files ask for, without dates of licenses.
        current_name: the name in the inventory; None for a new user.
        current: the record of the inventory; None for a new user.
        resolver: the files.
        day: the day, by which offboarding has stages; may be None for a user who does not leave.

    Returns:
        None for somebody who has left and is not there: nobody brings them in.
    """
    desired = resolver.desired
    reached = stage(user, desired.account, day) if day else Stage.NONE
    if reached and current is None:
        return None
    delete = reached is Stage.DELETED
    stated = {} if delete else user  # what goes is not changed first
    status = stated.get("status") or (current or {}).get("status") or "active"
    wanted = user.get("licenses")
    name = declared_name
    if current_name is not None and current_name.casefold() == declared_name.casefold():
        name = current_name
    return PlannedUser(
        name=name,
        declared=stated,
        declared_name=declared_name,
        current=current,
        current_name=current_name,
        status="inactive" if reached and not delete else status,
        wanted=[]
        if reached >= Stage.UNASSIGNED
        else wanted and [_explicit(entry) for entry in wanted],
        site=site_of(stated, current or {}),
        delete=delete,
        where=desired.where,
        place=("users", declared_name),
        why=_stage_reason(user, desired.account, reached) if reached else "",
        reached=reached,
    )


def site_of(user: User, current: InventoryUser) -> str | None:
    """Return the desired site of a user: declared (an empty name is none), else its own."""
    return user.get("site", current.get("site")) or None


def _explicit(entry: LicenseEntry) -> LicenseEntry:
    """Make every field of an empty extension explicit.

    An explicit empty value removes (contract, section 1).
    """
    return (
        entry
        if entry.get("extension") != {}
        # An extension whose fields are all empty: the declaration lets a null stand for that.
        else {**entry, "extension": cast(Extension, dict.fromkeys(fields_of(Extension)))}
    )


def _stage_reason(user: User, account: Account, reached: Stage) -> str:
    rules, day = account.get("offboarding", {}), user["offboard_on"]
    if reached is Stage.DELETED:
        return f"offboarding: deleted {rules['delete_after']} after {day}"
    if reached is Stage.UNASSIGNED:
        return f"offboarding: licenses back {rules['unassign_after']} after {day}"
    return f"offboarding: inactive from {day}"


def _unlisted_users(resolver: Resolver) -> Iterator[PlannedUser]:
    rule = resolver.desired.account.get("unlisted_users", "ignore")
    if rule == "ignore":
        return
    for name in resolver.unlisted:
        record = resolver.inventory.users[name]
        yield PlannedUser(
            name=name,
            declared={},
            declared_name=None,
            current=record,
            current_name=name,
            status="inactive" if rule == "suspend" else record.get("status", "active"),
            wanted=[] if rule in ("unassign", "delete") else None,
            site=record.get("site"),
            delete=rule == "delete",
            where=resolver.desired.where,
            place=("account", "unlisted_users"),
            why=f"not in the files; unlisted_users: {rule}",
        )


def user_actions(
    planned: PlannedUser, updates: Sequence[AnyChange], resolver: Resolver
) -> Iterator[Action]:
    """Make the actions of kind user for one person.

    Args:
        planned: whom.
        updates: changes to licenses that stay and to attributes, in reading order.
        resolver: for the defaults of new users.
    """
    if not updates and _stays_as_it_is(planned):
        return

    def action(verb: str, changes: Iterable[AnyChange]) -> Action:
        units = sorted(s["license"] for s in planned.services)
        return Action(
            "user",
            verb,
            planned.resource,
            only_unit(updates, resolver) if verb == "update" else None,
            changes=tuple(changes),
            source=planned.source,
            why=planned.why,
            units=tuple(units) if verb in ("rename", "suspend", "reactivate") else (),
        )

    if planned.current is None:
        yield action("create", _creation(planned, resolver))
        return
    was = planned.current.get("status", "active")
    if planned.current_name != planned.name:
        yield action("rename", [Change("name", planned.current_name, planned.name)])
    if was == "inactive" and planned.status == "active":
        yield action("reactivate", [Change("status", was, "active")])
    if updates:
        yield action("update", updates)
    if was != "inactive" and planned.status == "inactive":
        yield action("suspend", [Change("status", was, "inactive")])
    if planned.delete:
        gone = [
            Change(path, before, None, "released")
            for path, before, marks in flatten(InventoryUser, planned.current)
            if before is not None and path != "services" and COMPUTED not in marks
        ]
        unknown = sorted(planned.current.keys() - fields_of(InventoryUser).keys())
        gone += [Change(path, planned.current.get(path), None, "released") for path in unknown]
        yield action("delete", gone)


def only_unit(changes: Iterable[AnyChange], resolver: Resolver) -> UnitRef | None:
    """Name the unit of an update that is about the settings of just one."""
    ids = {c.license for c in changes if c.license}
    ids -= {c.unit.id for c in changes if isinstance(c, UnitChange) and c.arrives}
    if len(ids) != 1:
        return None
    unit_id = ids.pop()
    unit = resolver.inventory.licenses[unit_id]
    return UnitRef(unit_id, unit["type"], unit["country"])


def _stays_as_it_is(planned: PlannedUser) -> bool:
    """Tell whether nothing happens to the user itself, as with most of them."""
    current = planned.current
    if current is None or planned.delete or planned.name != planned.current_name:
        return False
    return bool(current.get("status", "active") == planned.status)


def _creation(planned: PlannedUser, resolver: Resolver) -> Iterator[Change]:
    declared = {"status": "active", "email": planned.name, "policy": resolver.desired.policy}
    for path, value, _ in flatten(
        UserAttributes, {**declared, **planned.declared, "status": planned.status}
    ):
        if value is not None:
            yield Change(path, None, value, "declared" if planned.declared.get(path) else "default")


def attribute_changes(planned: PlannedUser) -> list[Change]:
    """Compare the declared attributes of a user that exists."""
    declared: Mapping[str, object] = planned.declared
    current = planned.current
    if current is None:
        return []
    there = [*map(current.get, _COMPARED)]
    if [*map(declared.get, _COMPARED, there)] == there:  # as with most people
        return []
    compared = {name: declared[name] for name in _COMPARED if name in declared}
    return [Change(*difference) for difference in differences(UserAttributes, compared, current)]
