"""Explanations of diagnostic codes, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from licsync.diagnostics import Code
from licsync.diagnostics.exit_codes import MEANINGS
from licsync.diagnostics.explanations import EXPLANATIONS, GROUPS, page_of
from licsync.views.prose import fill
from licsync.views.terminal import PLAIN, RenderOptions, painter


def explanation_text(code: Code, options: RenderOptions = PLAIN) -> str:
    """Explain a code: meaning, causes, remedies, example, exit code and page."""
    one, paint, width = EXPLANATIONS[code], painter(options.color), options.width
    parts = [paint(str(code), "bold"), *fill(one.meaning, width)]
    parts += ["", paint("Causes", "bold"), *_bullets(one.causes, width)]
    parts += ["", paint("What to do", "bold"), *_bullets(one.remedies, width)]
    if one.example:
        parts += ["", paint("Example", "bold"), indent(one.example, "    ")]
    parts += ["", paint("Reported as", "bold"), f"  {one.reported_as}"]
    if one.exits:
        parts += ["", paint("Exit code", "bold")]
        parts += [
            line
            for exit_ in one.exits
            for line in fill(f"  {int(exit_)}  {MEANINGS[exit_]}", width, 5)
        ]
    return "\n".join([*parts, "", page_of(code), ""])


def _bullets(texts: tuple[str, ...], width: int) -> Iterator[str]:
    for text in texts:
        yield from fill(f"  - {text}", width, 4)


def codes_text(options: RenderOptions = PLAIN) -> str:
    """List every code with the first sentence of its meaning."""
    paint, longest = painter(options.color), max(map(len, EXPLANATIONS))
    lines = []
    for title, codes in GROUPS.items():
        lines += [paint(title, "bold")]
        for code, one in codes.items():
            start = f"  {code:{longest}}  "
            lines += fill(f"{start}{first_sentence(one.meaning)}", options.width, len(start))
        lines += [""]
    return "\n".join([*lines, "To explain one of them: licsync explain CODE", ""])


def first_sentence(text: str) -> str:
    """Return the first sentence of a text."""
    return f"{text.partition('. ')[0].removesuffix('.')}."
