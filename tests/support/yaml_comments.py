"""Comments in YAML files."""

from __future__ import annotations

import re
from random import Random


def with_comments(text: str, rng: Random) -> str:
    """Scatter comments, blank lines and spaces where YAML takes them."""
    out: list[str] = []
    for number, line in enumerate(text.splitlines()):
        inside = (
            re.search(r"[|>]\s*$", line)
            or line.count("{") != line.count("}")
            or line.count("[") != line.count("]")
        )
        margin = " " * (rng.choice((0, 0, 2)) + len(line) - len(line.lstrip()))
        if rng.random() < 0.2 and not inside:
            out.append(f"{margin}# comment {number}{rng.choice(('', ' '))}")
        if rng.random() < 0.1 and not inside:
            out.append(rng.choice(("", "  ")))
        out.append(line + (f"   # beside {number}" if rng.random() < 0.15 and not inside else ""))
    return "\n".join(out) + rng.choice(("", "\n", "\n\n", "\n# end"))
