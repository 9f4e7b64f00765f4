"""An inventory that was exported too long ago is reported, with its age and how to renew it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from licsync.diagnostics import Code, Diagnostic, Severity
from licsync.model.inventory import Inventory
from licsync.model.license import format_instant
from licsync.planning.validation.freshness import freshness_diagnostics
from tests.support.desired_states import desired

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)


def found(
    *,
    observed: dict[str, timedelta] | None = None,
    age: timedelta | None = None,
    settings: dict[str, Any] | None = None,
    is_required: bool = False,
) -> list[Diagnostic]:
    """Check an inventory of some age, and paths of some ages."""
    as_of = format_instant(NOW - age) if age is not None else ""
    instants = {key: format_instant(NOW - ago) for key, ago in (observed or {}).items()}
    wanted = desired(account={"backend": {"type": "console"} | (settings or {})})
    inventory = Inventory("acme", as_of, observed=instants)
    return [*freshness_diagnostics(wanted, inventory, NOW, is_required=is_required)]


@pytest.mark.parametrize("age", [timedelta(0), timedelta(days=-1), WEEK - SECOND, WEEK])
def test_up_to_the_age_it_is_fresh(age: timedelta) -> None:
    assert found(age=age) == []
    assert found(observed={"users.status": age}) == []


def test_a_second_later_it_is_old() -> None:
    (diagnostic,) = found(age=WEEK + SECOND)
    assert (diagnostic.severity, diagnostic.code) == (Severity.WARNING, Code.INVENTORY_STALE)
    assert diagnostic.message == (
        "The inventory is older than 7d. "
        "Everything: last exported on 17 Nov 2026 08:59 UTC, 7 days ago."
    )
    assert "licsync refresh DIR --from EXPORT" in (diagnostic.hint or "")


@pytest.mark.parametrize(
    ("setting", "age", "is_old"),
    [
        ("1d", timedelta(days=1), False),
        ("1d", timedelta(days=1, seconds=1), True),
        ("2w", timedelta(days=14), False),
        ("2w", timedelta(days=14, seconds=1), True),
        ("0d", SECOND, True),
        ("0d", timedelta(0), False),
    ],
)
def test_the_files_say_the_age(setting: str, age: timedelta, is_old: bool) -> None:
    assert bool(found(age=age, settings={"inventory_max_age": setting})) == is_old


def test_a_short_age_is_in_hours() -> None:
    day = {"inventory_max_age": "1d"}
    (one,) = found(age=timedelta(hours=1, minutes=5), settings={"inventory_max_age": "0d"})
    (many,) = found(age=timedelta(hours=47), settings=day)
    assert "07:55 UTC, 1 hour ago" in one.message
    assert "47 hours ago" in many.message


def test_old_exports_are_named_with_their_dates() -> None:
    observed = {
        "users": timedelta(days=1),
        "users.status": timedelta(days=1),
        "licenses": timedelta(days=8),
        "licenses.user": timedelta(days=8),
        "service_addresses": timedelta(days=8),
        "users.policy": timedelta(days=30),
        "users.extension.call_forwarding": timedelta(days=30),
    }
    (diagnostic,) = found(observed=observed, age=timedelta(days=1))
    assert diagnostic.message == (
        "The inventory is older than 7d. Policy and call forwarding of users: last exported on "
        "25 Oct 2026 09:00 UTC, 30 days ago; licenses and service addresses: last exported on "
        "16 Nov 2026 09:00 UTC, 8 days ago."
    )


def test_many_fields_are_counted() -> None:
    fields = ("first_name", "last_name", "email", "job_title", "department", "locale")
    (diagnostic,) = found(observed={f"users.{name}": timedelta(days=9) for name in fields})
    assert "First name, last name, e-mail, job title and 2 more of users:" in diagnostic.message


def test_a_console_without_exports_is_reported() -> None:
    nothing = desired(account={"backend": {"type": "console"}})
    assert found() == [*freshness_diagnostics(nothing, None, NOW)]
    (diagnostic,) = found()
    assert diagnostic.message == (
        "No export of the console was ever read. The plan assumes an empty account."
    )
    assert "licsync import DIR --from EXPORT" in (diagnostic.hint or "")


def test_without_an_export_no_user_is_created() -> None:
    wanted = desired(account={"backend": {"type": "console"}})
    (refused,) = freshness_diagnostics(wanted, None, NOW, has_actions=True)
    assert refused.severity is Severity.ERROR
    old = Inventory("acme", "2020-01-01T00:00:00Z")
    (told,) = freshness_diagnostics(wanted, old, NOW, has_actions=True)
    assert told.severity is Severity.WARNING


def test_who_requires_a_fresh_inventory_is_refused() -> None:
    assert found(age=WEEK, is_required=True) == []
    assert [d.severity for d in found(age=WEEK + SECOND, is_required=True)] == [Severity.ERROR]
    assert [d.severity for d in found(is_required=True)] == [Severity.ERROR]


@pytest.mark.parametrize("backend", [None, {}, {"type": "local"}, {"type": "8x8"}])
def test_only_the_console_is_known_from_exports(backend: dict[str, Any] | None) -> None:
    state = desired(account={"backend": backend} if backend is not None else {})
    old = Inventory("acme", "2020-01-01T00:00:00Z")
    assert [*freshness_diagnostics(state, old, NOW, is_required=True)] == []
    assert [*freshness_diagnostics(state, None, NOW, is_required=True)] == []


def test_the_place_of_the_setting_is_named() -> None:
    (diagnostic,) = found(age=timedelta(days=400), settings={"inventory_max_age": "1d"})
    assert diagnostic.span is not None
    assert diagnostic.span.file == "account/backend/inventory_max_age"
