"""The console's operations on sites, policy profiles and service addresses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import chain

from licsync.model.console.records import Records, set_value
from licsync.model.console.step import ConsoleRefusal, Step
from licsync.model.declarations import KINDS, UserAttributes
from licsync.model.fields import IMMUTABLE, Ref, fields_of, fields_with_marker, mappings_of
from licsync.model.inventory import Record

Writes = dict[str, Record | None]
"""The writes of an operation, in order: key to record, or to None for a deleted record."""


def find_address_id(records: Records, content: Mapping[str, object] | None) -> str | None:
    """Find the id of a service address by its content. None for no address.

    Raises:
        ConsoleRefusal: the address does not exist.
    """
    if content is None:
        return None
    found = records.find_address(content)
    if found is None:
        raise ConsoleRefusal("The service address does not exist; create it first.")
    return found


def put_named_resource(records: Records, step: Step, now: datetime) -> Writes:
    """Create or change a site or a policy profile.

    The step changes only the given entries of a mapping.

    Raises:
        ConsoleRefusal: the step changes what cannot be changed.
    """
    kind, record = KINDS[step.op.partition(".")[0]], records.get(step.target) or {}
    for name, value in step.args["set"].items():
        is_immutable = IMMUTABLE in fields_of(kind.declaration).get(name, ())
        if is_immutable and record.get(name) not in (None, value):
            raise ConsoleRefusal(f"The {name} of {kind.title} {step.name} cannot be changed.")
        if name == "service_address":
            set_value(record, name, find_address_id(records, value))
        elif name in mappings_of(kind.declaration):
            joined = {**(record.get(name) or {}), **value}
            record[name] = {k: v for k, v in joined.items() if v is not None or k not in value}
        else:
            set_value(record, name, value)
    return {step.target: record}


def create_address(records: Records, step: Step, now: datetime) -> Writes:
    """Create a service address, unless an identical one exists (domain.md, 6.3)."""
    content = dict(step.args["content"])
    if records.find_address(content) is not None:
        return {}
    return {f"service_addresses/{records.fresh_id('service_addresses')}": content}


def delete_named_resource(records: Records, step: Step, now: datetime) -> Writes:
    """Delete a site or a policy profile. The console refuses if a user refers to it."""
    kind = step.op.partition(".")[0]
    refs = fields_with_marker(UserAttributes, Ref).items()
    fields = (name for name, ref in refs if ref.kind == kind)
    users = (user for field in fields for user in records.users_with(field, step.name))
    return _removed(records, step, next(users, None))


def delete_address(records: Records, step: Step, now: datetime) -> Writes:
    """Delete a service address. The console refuses if a unit or a site has it."""
    units = (f"license {unit}" for unit in records.units_at(step.name))
    sites = (f"site {site}" for site in records.sites_at(step.name))
    return _removed(records, step, next(chain(units, sites), None))


def _removed(records: Records, step: Step, used_by: str | None) -> Writes:
    if records.get(step.target) is None:
        raise ConsoleRefusal(
            f"There is no {step.op.partition('.')[0].replace('_', ' ')} {step.name}."
        )
    if used_by is not None:
        raise ConsoleRefusal(f"{step.name} cannot be removed: it is used by {used_by}.")
    return {step.target: None}
