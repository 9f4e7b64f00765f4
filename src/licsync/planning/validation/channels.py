"""Checks the channels for notifications, of an account or of a fleet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from string import Template

from licsync.diagnostics import Code, Diagnostic, Span, did_you_mean, error
from licsync.model.labels import sentence
from licsync.model.notify_declarations import CHANNEL_KINDS, PLACEHOLDERS, Channel, kinds_of


def channel_faults(
    channels: Mapping[str, Channel], where: Callable[..., Span | None]
) -> Iterator[Diagnostic]:
    """Check that each channel has one address, at least one event, and a template that can be read.

    Args:
        channels: the channels by name.
        where: finds the position of a path below them.
    """
    for name, channel in channels.items():
        kinds = kinds_of(channel)
        if len(kinds) != 1:
            found = sentence(kinds) if kinds else "none"
            message = (
                f"The channel '{name}' needs one of {sentence(CHANNEL_KINDS)}; it has {found}."
            )
            hint = "Declare one channel for each place: slack: LICSYNC_NOTIFY_SLACK"
            yield error(Code.INVALID_VALUE, message, where(name), hint)
        if channel.get("events") == []:
            message = f"The channel '{name}' has no events."
            hint = "Remove 'events:' to get all of them, or remove the channel."
            yield error(Code.INVALID_VALUE, message, where(name, "events"), hint)
        if "template" in channel:
            yield from _template_faults(name, channel["template"], where(name, "template"))


def _template_faults(name: str, text: str, place: Span | None) -> Iterator[Diagnostic]:
    template = Template(text)
    if not template.is_valid():
        message = f"The template of the channel '{name}' has a '$' that begins no placeholder."
        yield error(Code.INVALID_VALUE, message, place, "Write '$$' for a dollar sign.")
        return
    for used in template.get_identifiers():
        if used not in PLACEHOLDERS:
            message = f"The template of the channel '{name}' has the unknown placeholder '${used}'."
            known = ", ".join(f"${one}" for one in PLACEHOLDERS)
            hint = did_you_mean(used, PLACEHOLDERS) or f"Known placeholders: {known}."
            yield error(Code.INVALID_VALUE, message, place, hint)
