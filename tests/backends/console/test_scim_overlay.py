"""What SCIM shows replaces the stored values of users, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from licsync.backends.console.scim_overlay import Overlay, overlay
from licsync.model.inventory import Inventory
from licsync.model.inventory_validation import check_document
from licsync.model.observed import observable_keys
from tests.support.inventory_documents import ADA, BO, GOOD

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
SAID = ("users.first_name", "users.last_name", "users.email", "users.job_title",
        "users.department", "users.status")  # fmt: skip


def shown_as_stored() -> dict[str, dict[str, Any]]:
    """What SCIM shows if nothing has changed since the export."""
    fields = [key.removeprefix("users.") for key in SAID]
    return {
        name: {"status": "active"} | {field: user[field] for field in fields if field in user}
        for name, user in GOOD["users"].items()
    }


def seen(shown: dict[str, dict[str, Any]], **more: Any) -> Overlay:
    """Read over SCIM, and see that the result is a valid inventory."""
    inventory = Inventory.from_document({**GOOD, **more})
    before = inventory.to_document()
    found = overlay(inventory, shown, SAID, NOW)
    assert inventory.to_document() == before
    assert check_document(found.document) == []
    return found


def users(found: Overlay) -> Any:
    return found.document["users"]


def units(found: Overlay) -> Any:
    return found.document["licenses"]


def test_what_is_as_it_was_changes_only_when_it_was_said() -> None:
    found = seen(shown_as_stored())
    assert found.changed == []
    assert users(found) == GOOD["users"]
    assert units(found) == GOOD["licenses"]
    observed = found.document["observed"]
    assert isinstance(observed, dict)
    assert observed.keys() == observable_keys(), "the export had said all of it"
    assert {observed[key] for key in SAID} == {"2026-11-25T09:00:00Z"}
    assert observed["users.policy"] == GOOD["as_of"]


def test_instants_of_an_export_stay() -> None:
    found = seen(shown_as_stored(), observed={"users.policy": "2026-11-01T00:00:00Z"})
    assert found.document["observed"] == {"users.policy": "2026-11-01T00:00:00Z"} | dict.fromkeys(
        SAID, "2026-11-25T09:00:00Z"
    )


def test_values_that_changed_are_taken_and_empty_ones_removed() -> None:
    shown = shown_as_stored()
    shown[ADA] |= {"job_title": "Director", "last_name": "Byron"}
    del shown[ADA]["email"]
    found = seen(shown)
    assert found.changed == [ADA]
    assert users(found)[ADA]["job_title"] == "Director"
    assert users(found)[ADA]["last_name"] == "Byron"
    assert "email" not in users(found)[ADA]
    assert users(found)[ADA]["services"] == GOOD["users"][ADA]["services"]


def test_a_name_that_scim_lacks_stays() -> None:
    shown = shown_as_stored()
    del shown[ADA]["first_name"]
    assert seen(shown).changed == []


def test_who_was_deactivated_has_suspended_licenses() -> None:
    shown = shown_as_stored()
    shown[ADA]["status"] = "inactive"
    found = seen(shown)
    assert users(found)[ADA]["status"] == "inactive"
    assert units(found)["L2"]["status"] == "suspended"
    assert units(found)["L2"]["suspended"] == {
        "reason": "user_inactive",
        "at": "2026-11-25T09:00:00Z",
    }


def test_who_was_activated_has_assigned_licenses() -> None:
    shown = shown_as_stored()
    shown[BO]["status"] = "active"
    found = seen(shown)
    assert found.changed == [BO]
    assert units(found)["L3"]["status"] == "assigned"
    assert "suspended" not in units(found)["L3"]


def test_user_names_are_the_same_in_any_case() -> None:
    shown = {name.upper(): record for name, record in shown_as_stored().items()}
    found = seen(shown)
    assert found.changed == []
    assert users(found).keys() == GOOD["users"].keys()


def test_a_new_user_has_no_licenses_and_a_known_site() -> None:
    shown = shown_as_stored()
    shown["new@acme.example"] = {"first_name": "New", "site": "Seattle"}
    shown["far@acme.example"] = {"first_name": "Far", "site": "Nowhere", "status": "inactive"}
    found = seen(shown)
    assert found.changed == ["far@acme.example", "new@acme.example"]
    assert users(found)["new@acme.example"] == {
        "first_name": "New",
        "site": "Seattle",
        "status": "active",
        "services": [],
    }
    assert users(found)["far@acme.example"] == {
        "first_name": "Far",
        "status": "inactive",
        "services": [],
    }


def test_who_is_not_shown_stays_and_nothing_counts_as_said_of_everybody() -> None:
    shown = shown_as_stored()
    del shown[BO]
    found = seen(shown)
    assert users(found)[BO] == GOOD["users"][BO]
    assert "observed" not in found.document


@pytest.mark.parametrize("same", ["email", "name"])
def test_who_may_have_a_new_name_is_not_a_new_user(same: str) -> None:
    shown = shown_as_stored()
    record = shown.pop(ADA)
    only_email = {"email": ADA.upper()}
    only_name = {name: record[name] for name in ("first_name", "last_name")}
    shown["ada.byron@acme.example"] = only_email if same == "email" else only_name
    found = seen(shown)
    assert found.not_added == ["ada.byron@acme.example"]
    assert "ada.byron@acme.example" not in users(found)


def test_a_namesake_of_somebody_who_is_shown_is_a_new_user() -> None:
    shown = shown_as_stored()
    shown["ada2@acme.example"] = {name: shown[ADA][name] for name in ("first_name", "last_name")}
    assert seen(shown).changed == ["ada2@acme.example"]


def test_a_user_whose_export_gave_no_status_is_active() -> None:
    people = {**GOOD["users"], ADA: {k: v for k, v in GOOD["users"][ADA].items() if k != "status"}}
    shown = shown_as_stored()
    assert seen(shown, users=people).changed == []
    shown[ADA]["status"] = "inactive"
    assert users(seen(shown, users=people))[ADA]["status"] == "inactive"
