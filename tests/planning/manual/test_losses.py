"""What a change of license loses where it is two steps, who allows it, and what is put back by
hand.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from licsync.backends.api.capabilities import API, WITHOUT_PUT
from licsync.diagnostics import Diagnostic, Severity, Span
from licsync.engine.steps import compile_steps
from licsync.model.capabilities import CHANGING, LOCAL, Capabilities
from licsync.model.console.operations import InMemoryRecords, perform
from licsync.model.inventory import SECTIONS, Inventory, Record
from licsync.planning.actions import Action
from licsync.planning.licenses.settings import MARKS, initial_value
from licsync.planning.plan import Plan
from tests.support.accounts import CATALOG, desired, inventory, unit, user
from tests.support.applicable_plans import applicable
from tests.support.plan_execution import carried_out
from tests.support.planning import NOW, changed, labels, only, planned
from tests.support.random_plans import Account
from tests.support.samples import examples

FORWARDING = [{"when": "busy", "to": "1002"}]
UC = ["voicemail_messages", "voicemail_greeting", "voicemail_pin", "call_history"]


def changing(
    extension: dict[str, Any] | None = None,
    declared: dict[str, Any] | None = None,
    old: str = "x2",
    new: str = "x4",
    able: Capabilities = API,
    **wanted: Any,
) -> Plan:
    """Plan the change of ada's one license."""
    there = inventory(
        {"L1": unit(old), "L2": unit(new)},
        {"ada": user({"L1": extension or {}}, ring_groups=["Main"])},
    )
    entry = {"type": new, "country": "US", **({"extension": declared} if declared else {})}
    where = lambda section, *path: Span("users.yaml", 3 if "allow_loss" in path else 2)  # noqa: E731
    return planned(
        desired({"ada": {"licenses": [entry], **wanted}}, where=where), there, capabilities=able
    )


def license_action(plan: Plan) -> Action:
    (found,) = [a for a in plan.actions if a.kind == "license"]
    return found


def losses(plan: Plan) -> list[Diagnostic]:
    return [d for d in plan.diagnostics if d.code == "loss-not-allowed"]


# --- what is lost ---------------------------------------------------------------------------------


def test_what_no_field_holds_is_lost_and_what_is_written_is_kept() -> None:
    extension = {"number": "1001", "phone_numbers": ["+12065550101"], "recording_mode": "off"}
    action = license_action(changing(extension))
    assert [*action.lost] == [
        *UC, "extension.call_forwarding", "barge_monitor_whisper", "sms",
    ]  # fmt: skip
    assert [*action.kept] == [
        "extension.number", "extension.phone_numbers", "extension.recording_mode", "ring_groups",
    ]  # fmt: skip


def test_features_are_lost_that_both_types_may_have_and_nobody_noted() -> None:
    features = {
        f"extension.features.{name}" for name in ("analytics", "switchboard_pro", "frontdesk")
    }
    assert features <= set(license_action(changing(old="x4", new="x6")).lost)
    assert not features & set(license_action(changing(old="x4", new="x2")).lost)
    off = {"features": {"analytics": "essentials", "switchboard_pro": False, "frontdesk": False}}
    action = license_action(changing(off, old="x4", new="x6"))
    assert not features & set(action.lost)
    assert features <= set(action.kept)


def test_what_was_noted_is_put_back_by_hand() -> None:
    extension = {
        "call_forwarding": FORWARDING,
        "features": {"analytics": "supervisor"},
        "devices": [{"model": "T54W"}],
    }
    plan = changing(extension, old="x4", new="x6")
    action, back = plan.actions
    lost = {"extension.call_forwarding", "extension.features.analytics", "extension.devices"}
    assert lost <= set(action.lost)
    assert not lost & set(action.kept)
    assert changed(action) == {
        "extension.call_forwarding": (FORWARDING, None),
        "extension.features.analytics": ("supervisor", "essentials"),
        "extension.devices": ([{"model": "T54W"}], None),
    }
    assert {c.reason for c in action.changes} == {"automatic"}
    assert changed(back) == {
        path: (after, before) for path, (before, after) in changed(action).items()
    }
    assert {c.reason for c in back.changes} == {"restored"}
    assert (back.manual, [*back.needs], back.license and back.license.id) == (
        True,
        [action.id],
        "L2",
    )
    assert "Under Analytics for 8x8 Work: set the analytics to supervisor." in back.steps


def test_what_the_files_want_otherwise_is_not_put_back() -> None:
    declared = {"call_forwarding": [], "features": {"analytics": "essentials"}}
    noted = {"call_forwarding": FORWARDING, "features": {"analytics": "supervisor"}}
    (action,) = changing(noted, declared, old="x4", new="x6").actions
    assert changed(action) == {
        "extension.call_forwarding": (FORWARDING, None),
        "extension.features.analytics": ("supervisor", "essentials"),
    }
    assert not {"extension.call_forwarding", "extension.features.analytics"} & set(action.lost)


def test_a_downgrade_still_changes_by_itself_what_the_new_type_lacks() -> None:
    (action,) = changing({"features": {"analytics": "supervisor"}}, old="x4", new="x2").actions
    assert changed(action) == {"extension.features.analytics": ("supervisor", "essentials")}
    assert "extension.features.analytics" not in action.lost


def test_an_agent_license_loses_what_agents_have() -> None:
    units = {"L1": unit("vcc-agent", country="GB"), "L2": unit("vcc-agent")}
    entry = {"type": "vcc-agent", "country": "US"}
    there = inventory(units, {"ada": user(["L1"])})
    change = only(
        planned(desired({"ada": {"licenses": [entry]}}), there, capabilities=API), "change"
    )
    assert ([*change.lost], change.consent) == (["contact_center"], "needed")


def test_an_add_on_loses_nothing() -> None:
    units = {"L1": unit("uc-cold-storage", country="GB"), "L2": unit("uc-cold-storage")}
    entry = {"type": "uc-cold-storage", "country": "US"}
    plan = planned(
        desired({"ada": {"licenses": [entry]}}),
        inventory(units, {"ada": user(["L1"])}),
        capabilities=API,
    )
    (action,) = plan.actions
    assert (action.verb, [*action.lost], action.consent) == ("change", [], "")
    assert losses(plan) == []


@pytest.mark.parametrize("able", [LOCAL, WITHOUT_PUT])
def test_the_console_loses_nothing(able: Capabilities) -> None:
    """The embedded one, and the vendor's own, where somebody changes the license by hand (C2)."""
    plan = changing({"call_forwarding": FORWARDING}, able=able)
    (action,) = plan.actions
    assert ([*action.lost], action.consent, action.manual) == ([], "", able is WITHOUT_PUT)
    assert "extension.call_forwarding" in action.kept
    assert losses(plan) == []


def test_what_the_backend_cannot_write_is_lost_although_it_is_on_no_list() -> None:
    able = Capabilities(LOCAL.verbs, extension_paths=frozenset(), changes_in_place=False)
    action = license_action(changing({"recording_mode": "off"}, able=able))
    assert ([*action.lost], action.consent) == (["extension.recording_mode"], "needed")
    plan = changing({"recording_mode": "off"}, able=able)
    assert "and loses recording." in losses(plan)[0].message


# --- who allows it --------------------------------------------------------------------------------


def test_a_loss_that_nobody_allows_is_an_error() -> None:
    plan = changing()
    (fault,) = losses(plan)
    assert fault.severity is Severity.ERROR
    assert fault.span == Span("users.yaml", 2)
    assert fault.message == (
        "ada: upgrade X2 → X4 replaces the license and loses "
        "voicemail messages, the voicemail greeting, the voicemail PIN, the call history, "
        "call forwarding rules, barge, monitor and whisper, text messaging where it needs a "
        "registered campaign by now."
    )
    assert fault.hint is not None
    assert "allow_loss: true" in fault.hint
    assert "--allow-loss" in fault.hint
    assert license_action(plan).consent == "needed"


def test_the_file_allows_it_for_a_user() -> None:
    plan = changing(allow_loss=True)
    assert (losses(plan), license_action(plan).consent) == ([], "file")
    everything = [*UC, "call_forwarding", "barge_monitor_whisper", "sms"]
    plan = changing(allow_loss=everything)
    assert (losses(plan), license_action(plan).consent) == ([], "file")


@pytest.mark.slow
def test_a_list_that_lacks_something_does_not_allow_it() -> None:
    plan = changing(allow_loss=[*UC, "call_forwarding", "sms"])
    (fault,) = losses(plan)
    assert fault.span == Span("users.yaml", 3)
    assert fault.hint is not None
    assert fault.hint.startswith("allow_loss does not name barge_monitor_whisper. ")
    for refused in (False, []):
        plan = changing(allow_loss=refused)
        assert (len(losses(plan)), license_action(plan).consent) == (1, "needed")


def test_a_run_allows_every_loss() -> None:
    there = inventory({"L1": unit(), "L2": unit("x4")}, {"ada": user(["L1"])})
    for wish, consent in (({}, "run"), ({"allow_loss": True}, "file")):
        wanted = desired({"ada": {"licenses": ["x4"], **wish}})
        plan = planned(wanted, there, capabilities=API, allow_loss=True)
        assert (losses(plan), license_action(plan).consent) == ([], consent)


def test_taking_a_license_away_needs_nobodys_consent() -> None:
    plan = planned(
        desired({"ada": {"licenses": []}}),
        inventory({"L1": unit()}, {"ada": user(["L1"])}),
        capabilities=API,
    )
    assert (labels(plan), losses(plan)) == (["unassign users/ada"], [])


# --- all of it, on a backend that loses what it cannot write --------------------------------------


def carried_out_by_the_api(plan: Plan, there: Inventory) -> Inventory:
    """Do a plan where a license that becomes another one comes back with nothing but what the API
    writes.
    """
    records = InMemoryRecords({section: getattr(there, section) for section in SECTIONS})
    actions = {a.id: a for a in plan.actions}
    by_hand = {a.id for a in plan.actions if a.manual}
    for group in compile_steps(
        all_done(plan), {f"users/{name}": record for name, record in there.users.items()}
    ):
        if any(a.ring for a in group.actions):
            raise ValueError("not for rings")
        for task in group.tasks:
            perform(records, task.step, NOW)
            action = actions[task.action]
            if (
                task.step.op == "license.replace"
                and action.verb in CHANGING
                and action.id not in by_hand
            ):
                forget(records, task.step.target, task.step.args["to"], there)
    return Inventory.from_document(
        {"account": there.account, "format_version": "1", **records.sections}
    )


def all_done(plan: Plan) -> Plan:
    actions = [replace(action, manual=False) for action in plan.actions]
    return replace(plan, actions=actions)


def forget(records: InMemoryRecords, resource: str, unit_id: str, there: Inventory) -> None:
    planes = CATALOG.planes(there.licenses[unit_id]["type"])
    record = records.sections["users"][resource.removeprefix("users/")]
    for service in record["services"]:
        if service["license"] == unit_id and service.get("extension"):
            extension = service["extension"].items()
            service["extension"] = {
                k: v for k, v in extension if API.writes(f"extension.{k}", planes)
            }


def carried(there: Inventory) -> dict[tuple[str, str], Record]:
    """What each license carries; a setting that is as on any new license need not be noted."""
    found = {}
    for name, record in there.users.items():
        for service in record["services"]:
            kind = there.licenses[service["license"]]["type"]
            extension = dict(service.get("extension") or {})
            flat = {
                f"features.{k}": v for k, v in (extension.pop("features", None) or {}).items()
            } | extension
            output = {
                path: value
                for path, value in flat.items()
                if value != initial_value(CATALOG, kind, path)
            }
            assert output.keys() <= MARKS.keys()
            found[name, service["license"]] = output
    return found


@pytest.mark.slow
@examples(80)
@given(applicable.filter(lambda account: not any(a.ring for a in planned(*account).actions)))
def test_all_known_values_remain_in_the_end(account: Account) -> None:
    wanted, there = account
    plan = planned(wanted, there, capabilities=API, allow_loss=True)
    after = carried_out_by_the_api(plan, there)
    assert carried(after) == carried(carried_out(planned(wanted, there), there))
    assert [a.to_json() for a in planned(wanted, after, capabilities=API).actions] == []
