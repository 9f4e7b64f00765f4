"""Channels for notifications: one address, at least one event, a template that can be read."""

from __future__ import annotations

from typing import Any

import pytest

from licsync.planning.validation.channels import channel_faults
from tests.support.desired_states import desired, found, inventory, where

HOOK = {"webhook": "LICSYNC_NOTIFY_HOOK"}


@pytest.mark.parametrize(
    ("channel", "place", "message", "hint"),
    [
        ({}, "", "needs one of webhook, slack, teams and email; it has none.", "Declare one"),
        ({**HOOK, "slack": "S"}, "", "it has webhook and slack.", "Declare one channel"),
        ({**HOOK, "events": []}, "/events", "has no events.", "Remove 'events:'"),
        (
            {**HOOK, "template": "for 5 $"},
            "/template",
            "has a '$' that begins no placeholder.",
            "Write '$$' for a dollar sign.",
        ),
        (
            {**HOOK, "template": "$titel"},
            "/template",
            "has the unknown placeholder '$titel'.",
            "Did you mean 'title'?",
        ),
        (
            {**HOOK, "template": "$weather"},
            "/template",
            "has the unknown placeholder '$weather'.",
            "Known placeholders: $title, $lines,",
        ),
    ],
)
def test_a_channel_at_fault_is_named_with_its_place(
    channel: dict[str, Any], place: str, message: str, hint: str
) -> None:
    (found,) = channel_faults({"ops": channel}, lambda *path: where("notify", *path))
    assert "'ops'" in found.message
    assert message in found.message
    assert str(found.span).startswith(f"notify/ops{place}:")
    assert str(found.hint).startswith(hint)


def test_a_whole_channel_has_no_fault() -> None:
    channel: Any = {**HOOK, "events": ["drift"], "template": "$title costs 5 $$\n$lines"}
    assert list(channel_faults({"ops": channel}, where)) == []


def test_the_channels_of_an_account_are_checked_where_they_are_declared() -> None:
    state = desired({}, notify={"ops": HOOK | {"template": "$titel"}})
    assert found(state, inventory()) == [("error", "invalid-value", "notify/ops/template")]
