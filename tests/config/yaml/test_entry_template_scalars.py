"""Every form of a scalar at every place of a blank: the quick reader reads what libyaml reads, or
leaves it.
"""

from __future__ import annotations

from itertools import product

import pytest

from licsync.config.yaml.entry_templates import EntryTemplates, read_by_template
from licsync.config.yaml.parser import read
from tests.support.yaml_readers import agree, typed

NULLS = ("null", "Null", "NULL", "~", "")
BOOLEANS = ("true", "True", "TRUE", "false", "False", "FALSE")
NOT_BOOLEANS = (
    "yes",
    "Yes",
    "no",
    "NO",
    "on",
    "off",
    "y",
    "n",
    "nULL",
    "tRUE",
    "truE",
    "nil",
    "None",
    "undefined",
)
NUMBERS = (
    *(
        "0",
        "-0",
        "+0",
        "7",
        "007",
        "08",
        "-12",
        "+4420",
        "0o17",
        "0o8",
        "0x1F",
        "0xg",
        "1_000",
        "0b11",
        "1,5",
        "12:30",
    ),
    *(
        "1.",
        ".5",
        "1.5",
        "-1.5",
        "+.5",
        "1e5",
        "1E+5",
        "1.5e-3",
        "1e",
        ".",
        "..",
        ".inf",
        "-.Inf",
        "+.INF",
        ".nan",
    ),
    *(
        ".NaN",
        ".NAN",
        "inf",
        "nan",
        "NaN",
        "99999999999999999999",
        "2026-11-24",
        "2026-11-24T09:00:00Z",
    ),
)
NEAR_WORDS = tuple(
    text
    for word in (*NULLS[:3], *BOOLEANS)
    for text in (f"{word}s", f"{word} x", f"x {word}", f"{word}-1", f"{word}.")
)
QUOTED = tuple(
    f"{q}{text}{q}"
    for q in "\"'"
    for text in ("null", "true", "1", "", " a ", "a # b", "a: b", "é", "{}")
)
TEXTS = (
    "Ann",
    "Ann  Lee",
    "O'Brien",
    "a#b",
    "a:b",
    "José",
    "a,b",
    "a]",
    "x}",
    "R&D",
    "-a",
    "?a",
    ":a",
    "=",
    "<<",
)
OTHERS = (
    "'it''s'",
    r'"\t"',
    r'"\x41"',
    "*a",
    "&a x",
    "!!str null",
    "!!null x",
    "!x",
    "|",
    ">-",
    "[]",
    "{}",
    "[a]",
)
FORMS = (*NULLS, *BOOLEANS, *NOT_BOOLEANS, *NUMBERS, *NEAR_WORDS, *QUOTED, *TEXTS, *OTHERS)
BEFORE = (" ", "  ", "")
AFTER = (
    "",
    " ",
    "   ",
    " # gone",
    "  #",
    "#",
    " #null",
    " null",
    " ,",
    ", ",
    "\t",
    "\r",
    "\n",
    "\n  ",
    "\n      more",
)

PLACES = {
    "a value": "  {name}:\n    a:{x}\n    b: Sales\n",
    "the last value": "  {name}:\n    b: Sales\n    a:{x}\n",
    "a value with a comment": "  {name}:\n    a:{x} # said\n    b: Sales\n",
    "a value below": "  {name}:\n    a:\n      b:{x}\n    c: Sales\n",
    "an item": "  {name}:\n    a:\n      -{x}\n      - Sales\n",
    "the last item": "  {name}:\n    a:\n      - Sales\n      -{x}\n",
    "a value in an item": "  {name}:\n    a:\n      - b:{x}\n        c: Sales\n",
    "the only value in braces": "  {name}: {{ a:{x} }}\n",
    "a value in braces": "  {name}: {{a:{x}, b: Sales}}\n",
    "the last value in braces": "  {name}: {{b: Sales, a:{x}}}\n",
    "a value in braces over lines": "  {name}: {{\n    a:{x},\n    b: Sales }}\n",
    "a value in inner braces": "  {name}:\n    - a\n    - {{b: {{a:{x} }}, c: Sales}}\n",
    "the only item in brackets": "  {name}: {{a: [{x} ]}}\n",
    "items in brackets": "  {name}: {{a: [Sales,{x}, b]}}\n",
    "the last item in brackets": "  {name}: {{a: [Sales,{x}]}}\n",
}
TAUGHT = (" Ann", " 'Ann'", ' "Ann"', " 5", " Ann  ", " Ann # said", "  5 #", ' "Ann"  ')


@pytest.mark.untraced
@pytest.mark.parametrize("place", PLACES)
def test_both_readers_agree(place: str) -> None:
    templates = EntryTemplates()
    for value in TAUGHT:
        for number in range(3):
            agree("users:\n" + PLACES[place].format(name=f"t{number}", x=value), templates)
    by_template = 0
    for form, before, after in product(FORMS, BEFORE, AFTER):
        known = len(templates._known)
        text = "users:\n" + PLACES[place].format(name="u", x=f"{before}{form}{after}")
        by_template += agree(text, templates) is not None
        del templates._known[: len(templates._known) - known]
    assert by_template > len(FORMS)


@pytest.mark.parametrize("word", [*NULLS[:3], *BOOLEANS])
@pytest.mark.parametrize(
    "entry", ["{{ a: {x} }}", "{{a: {x} , b: c}}", "{{a: [ {x} ]}}", "\n    a: {x} # gone"]
)
def test_a_word_of_yaml_is_no_text_where_a_space_follows(entry: str, word: str) -> None:
    texts = [f"  u{number}: {entry.format(x='Ann')}\n" for number in range(4)]
    data = f"users:\n{''.join(texts)}  last: {entry.format(x=word)}\n".encode()
    found = read_by_template(data, "f.yaml", EntryTemplates())
    assert found is not None
    assert typed(found.root) == typed(read(data, "f.yaml").root)
