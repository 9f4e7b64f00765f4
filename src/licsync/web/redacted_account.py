"""Masks an account before its pages are made: pages, links and downloads have no secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from licsync.diagnostics import LicsyncError
from licsync.engine.ports import Run
from licsync.views.audit import redact_attribution
from licsync.views.redacted_records import RecordMask
from licsync.web.account_index import ReviewedAccount

K = TypeVar("K")
R = TypeVar("R")


def redact_account(seen: ReviewedAccount) -> ReviewedAccount:
    """Mask an account, with what its pages read later."""
    masks = RecordMask(_names(seen), _addresses(seen), seen.inventory.licenses)

    def masked(read: Callable[[K], R]) -> Callable[[K], R]:
        def read_masked(key: K) -> R:
            try:
                return masks.record(read(key))
            except LicsyncError as fault:
                raise type(fault)(*masks.record(fault.diagnostics)) from None

        return read_masked

    authors = seen.authors and redact_attribution(seen.authors)
    plain = {
        name: masks.record(getattr(seen, name))
        for name in ("desired", "inventory", "plan", "runs", "drift", "notes", "order", "faults")
    }
    return replace(
        seen,
        **plain,
        authors=masks.record(authors),
        usage=masks.record(seen.usage),
        read_run=masked(seen.read_run),
        read_period=masked(seen.read_period),
    )


def _names(seen: ReviewedAccount) -> Iterator[str]:
    """List the user names of now and of the runs."""
    yield from seen.inventory.users
    yield from seen.desired.users
    yield from seen.plan.people
    resources = [action.resource for action in seen.plan.actions]
    for run in seen.runs:
        resources += [str(action.get("resource")) for action in run.plan.get("actions") or ()]
        resources += run.preimages
    yield from (name.removeprefix("users/") for name in resources if name.startswith("users/"))


def _addresses(seen: ReviewedAccount) -> Iterator[Mapping[str, Any]]:
    """List the service addresses of now and of the runs."""
    yield from seen.inventory.service_addresses.values()
    yield from filter(None, seen.desired.service_addresses.values())
    yield from seen.plan.addresses.values()
    for run in seen.runs:
        yield from _addresses_of(run)


def _addresses_of(run: Run) -> Iterator[Mapping[str, Any]]:
    yield from (run.plan.get("addresses") or {}).values()
    for key, record in run.preimages.items():
        if record and key.startswith("service_addresses/"):
            yield record
