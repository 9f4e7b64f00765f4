"""The meaning of the settings of a policy profile (domain.md, section 5).

In 8x8, a setting that is on restricts. The names come from a public script, so a profile can hold
settings that are not listed here; those are shown unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RESTRICTIONS = {
    "disable_vod_login": "no 8x8 Work for Desktop",
    "disable_vom_login": "no 8x8 Work for Mobile",
    "disable_voo_login": "no 8x8 Work for Web",
    "disable_virtual_meetings": "no meetings",
    "disable_create_meetings": "may join meetings, not create them",
    "desktopapp-disable_vod_upgrade_prompt": "no prompt to upgrade the desktop app",
    "disable_messaging": "no chat",
    "disable_sms_messaging": "no SMS",
    "disable_browse_contacts": "no contacts tab",
    "disable_voicemail_download": "may not download voicemail",
    "disable_voicemail_forward": "may not forward voicemail",
    "disable_voicemail_transcription": "no voicemail transcription",
    "disable_call_recording_delete": "may not delete call recordings",
    "disable_call_recording_play": "may not play call recordings",
    "disable_user_basic_info_edit_ui": "may not edit own basic information",
    "disable_user_basic_voice_settings_edit_ui": "may not edit own voice settings",
    "disable_user_voicemail_edit_ui": "may not edit own voicemail settings",
    "disable_user_external_callerid_edit_ui": "may not edit own external caller ID",
    "disable_user_internal_callerid_edit_ui": "may not edit own internal caller ID",
    "disable_user_call_forwarding_rules_edit_ui": "may not edit own call forwarding",
    "disable_user_moh_edit_ui": "may not edit own music on hold",
    "disable_user_call_recording_settings_edit_ui": "may not edit own call recording settings",
    "disable_user_emergency_address_edit_ui": "may not edit own emergency address",
    "disable_user_fax_settings_edit_ui": "may not edit own fax settings",
}
"""The restriction for users, by setting, if the setting is on."""

_MOOT = {
    "disable_create_meetings": "disable_virtual_meetings",
    "disable_sms_messaging": "disable_messaging",
}
"""Settings that have no effect if another setting is on."""


def restrictions(settings: Mapping[str, Any]) -> list[str]:
    """List the restrictions of a profile in table order; unknown settings come last, unchanged."""
    named = [
        text
        for name, text in RESTRICTIONS.items()
        if settings.get(name) is True and settings.get(_MOOT.get(name, "")) is not True
    ]
    version = settings.get("vod_version_to_use")
    if version not in (None, "", "latest"):
        named.append(f"desktop app at version {version}")
    known = {*RESTRICTIONS, "vod_version_to_use"}
    others = {
        name: value
        for name, value in settings.items()
        if name not in known and value not in (None, False)
    }
    return named + [
        name if value is True else f"{name}: {value}" for name, value in sorted(others.items())
    ]
