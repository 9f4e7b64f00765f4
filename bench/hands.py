"""Users as several hands write them: each hand has its own order of keys, quotes, comments, style
and indentation, and leaves out what it does not care for.

Files differ in the indentation of their entries, and the users of a file in everything else: the
hands take turns. Some hands are programs: `licsync import` and `licsync onboard` (which write the
same lines) and `licsync fmt`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from licsync.config.edit.writer import entry
from licsync.model.declarations import User

NOTES = ("joined in spring", "ask Kim before you change this", "see ticket 4711", "part time")
KEYS = ("first_name", "last_name", "email", "site", "department", "job_title", "status", "licenses")
EXTENSION = ("number", "phone_numbers", "call_forwarding")
OPTIONAL = ("email", "department")
"""Keys that a hand may leave out: what is absent is left as it is."""

Text = Iterator[str]


@dataclass(frozen=True)
class Hand:
    """How somebody writes users.

    Attributes:
        order: of the keys of a user.
        settings: the order of the keys of an extension.
        quote: around texts: nothing, ' or ".
        flow: what is written on one line: `user`, `licenses`, `extension`, or nothing.
        step: how many spaces a level is indented by.
        left_out: keys that it does not write.
        template: whether it takes the site from a template.
        comments: the share of users with a comment.
        blank: whether a blank line follows each user.
        program: whether licsync writes it.
    """

    order: Sequence[str]
    settings: Sequence[str]
    quote: str
    flow: str
    step: int
    left_out: frozenset[str]
    template: bool
    comments: float
    blank: bool
    program: bool = False


def make_hands(count: int, seed: int) -> list[Hand]:
    """Make hands; the first one is a program, as in an account that was imported."""
    rng = random.Random(f"hands {seed}")
    hands = []
    for number in range(count):
        order, settings = list(KEYS), list(EXTENSION)
        rng.shuffle(order)
        rng.shuffle(settings)
        hands.append(
            Hand(
                order, settings,
                quote=rng.choice(("", "", "'", '"')),
                flow=rng.choice(("", "user", "licenses", "extension")),
                step=rng.choice((2, 2, 4)),
                left_out=frozenset(key for key in OPTIONAL if rng.random() < 0.3),
                template=rng.random() < 0.3,
                comments=rng.choice((0.0, 0.1, 0.5)),
                blank=rng.random() < 0.3,
                program=number % 4 == 0,
            )
        )  # fmt: skip
    return hands


def write_file(
    users: Sequence[Mapping[str, Any]], hands: Sequence[Hand], rng: random.Random
) -> str:
    """Write a file of users.

    Args:
        users: what the files say of each: the keys of a user, and its `name`.
        hands: who writes.
        rng: decides who writes which user, and about comments.
    """
    indent = rng.choice((2, 2, 2, 4))
    lines = ["# written by several people\n"] if rng.random() < 0.2 else []
    lines.append("users:\n")
    for user in users:
        hand = rng.choice(hands)
        lines += [f"{line}\n" for line in _user(user, hand, indent, rng)]
    return "".join(lines)


def _user(user: Mapping[str, Any], hand: Hand, indent: int, rng: random.Random) -> Text:
    said = {key: user[key] for key in hand.order if key in user and key not in hand.left_out}
    if hand.template and "site" in said:
        said = {"template": said.pop("site").casefold().replace(" ", "-"), **said}
    if hand.program:
        yield from entry(user["name"], said, User, indent)
        return
    if rng.random() < hand.comments:
        yield f"{' ' * indent}# {rng.choice(NOTES)}"
    name = _text(user["name"], hand, is_key=True)
    if hand.flow == "user":
        yield f"{' ' * indent}{name}: {_flow(said, hand)}"
    else:
        yield f"{' ' * indent}{name}:"
        for key, value in said.items():
            yield from _member(key, value, hand, indent + hand.step, rng)
    if hand.blank:
        yield ""


def _member(key: str, value: Any, hand: Hand, indent: int, rng: random.Random) -> Text:
    margin = " " * indent
    if key != "licenses" or hand.flow == "licenses" or not value:
        note = f"  # {rng.choice(NOTES)}" if rng.random() < hand.comments / 4 else ""
        yield f"{margin}{key}: {_flow(value, hand)}{note}"
        return
    yield f"{margin}{key}:"
    for license_ in value:
        mark = f"{margin}{' ' * (hand.step - 2)}- "
        extension = license_.get("extension")
        if not extension or hand.flow == "extension":
            yield f"{mark}{_flow(license_, hand)}"
            continue
        yield f"{mark}type: {_text(license_['type'], hand)}"
        inner = " " * len(mark)
        yield f"{inner}extension:"
        for setting in hand.settings:
            if setting in extension:
                yield f"{inner}  {setting}: {_flow(extension[setting], hand)}"


def _flow(value: Any, hand: Hand) -> str:
    if isinstance(value, dict):
        if value.keys() == {"type"}:
            return _text(value["type"], hand)
        return "{" + ", ".join(f"{key}: {_flow(item, hand)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item, hand) for item in value) + "]"
    return _text(value, hand)


def _text(text: str, hand: Hand, *, is_key: bool = False) -> str:
    is_misread = text[0] in "+0123456789" or not text.replace("–", "-").isprintable()
    is_delicate = any(mark in text for mark in ",[]{}#:&*!|>'\"%@`") and not is_key
    quote = hand.quote or ('"' if is_misread or is_delicate else "")
    if quote == '"':
        return json.dumps(text, ensure_ascii=False)
    return f"'{text}'" if quote else text
