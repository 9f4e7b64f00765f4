"""What holds of every file: written values come back, places are complete, and no input whatever
raises.
"""

from __future__ import annotations

import re
from typing import Any
from unicodedata import normalize

import yaml
from hypothesis import given
from hypothesis import strategies as st

from licsync.config.yaml.events import PythonParser, resolve_scalar
from licsync.config.yaml.limits import MAX_DEPTH
from licsync.config.yaml.parser import _Builder, read
from licsync.model.fields import Plain
from licsync.model.text_normalization import compose

TEXT = st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), max_size=12)
LEAVES = TEXT | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=25,
)


def as_read(value: Any) -> Any:
    """What the reader should make of a value that PyYAML wrote."""
    if isinstance(value, dict):
        return {compose(k): as_read(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_read(v) for v in value]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return value
    return (
        str(value)
        if isinstance(value, int)
        else compose(value)
        if isinstance(value, str)
        else value
    )


def comparable(found: Any, expected: Any) -> Any:
    """Turn the texts of numbers back, where the written value was a float."""
    if isinstance(expected, dict):
        return {k: comparable(v, expected[k]) for k, v in found.items()}
    if isinstance(expected, list):
        return [comparable(f, e) for f, e in zip(found, expected, strict=True)]
    return float(found.replace(".inf", "inf")) if isinstance(expected, float) else found


def distinct_when_composed(value: Any) -> bool:
    if isinstance(value, dict):
        return len({normalize("NFC", k) for k in value}) == len(value) and all(
            map(distinct_when_composed, value.values())
        )
    return all(map(distinct_when_composed, value)) if isinstance(value, list) else True


@given(
    st.dictionaries(TEXT, JSON, max_size=4).filter(distinct_when_composed),
    st.booleans(),
    st.sampled_from([None, False, True]),
)
def test_what_is_written_is_read(value: dict[str, Any], unicode: bool, flow: bool | None) -> None:
    text = yaml.safe_dump(value, allow_unicode=unicode, default_flow_style=flow, width=10_000)
    document = read(text.encode(), "a.yaml", MAX_DEPTH)
    assert document.faults == []
    expected = as_read(value)
    assert comparable(document.root, expected) == expected


@given(st.dictionaries(TEXT, JSON, max_size=4).filter(distinct_when_composed))
def test_every_path_has_a_place_of_its_own(value: dict[str, Any]) -> None:
    def paths(item: Any, path: tuple[Any, ...] = ()) -> Any:
        entries = (
            item.items()
            if isinstance(item, dict)
            else enumerate(item)
            if isinstance(item, list)
            else ()
        )
        for key, inner in entries:
            yield (*path, key)
            yield from paths(inner, (*path, key))

    document = read(yaml.safe_dump(value, allow_unicode=True).encode(), "a.yaml", MAX_DEPTH)
    assert set(document.places) == set(paths(as_read(value)))


PIECES = st.sampled_from(
    [
        *"abc[]{},'\"\\#~1\t\ré",
        "b: ",
        "- ",
        "\n",
        "\n  ",
        ": ",
        "? ",
        "&x ",
        "*x",
        "!t ",
        "|\n",
        "<<: ",
        "---\n",
        "%YAML 1.1\n",
        "e\u0301",
        "\u202e",
        "\ufeff",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=40))
def test_no_text_whatever_raises(text: str) -> None:
    document = read(text.encode("utf-8", "surrogatepass"), "a.yaml")
    assert document.is_complete or document.faults
    assert all(f.span and f.span.line > 0 and f.span.column > 0 for f in document.faults)


@given(st.binary(max_size=60))
def test_no_bytes_whatever_raise(data: bytes) -> None:
    document = read(data, "a.yaml")
    assert document.is_complete or document.faults


@given(st.lists(PIECES, max_size=30).map("".join))
def test_the_quick_way_reads_what_the_careful_way_reads(text: str) -> None:
    fast, careful = (
        read(f"{text}\n".encode(), "a.yaml"),
        read(text.encode() + b"\n# & * ! \\ <", "a.yaml"),
    )
    if fast.is_complete and careful.is_complete:
        assert fast.root == careful.root
        assert [f.message for f in fast.faults] == [f.message for f in careful.faults]


@given(st.dictionaries(TEXT, JSON, max_size=3).filter(distinct_when_composed))
def test_the_python_parser_gives_the_same(value: dict[str, Any]) -> None:
    data = yaml.safe_dump(value, allow_unicode=True).encode()
    builder = _Builder("a.yaml", MAX_DEPTH)
    builder.build_from(PythonParser(data).get_event, is_ordinary=False)
    assert (builder.root, builder.faults) == (read(data, "a.yaml").root, [])


@given(st.from_regex(r"[-+.0-9a-fA-FxXoeE_:]{1,8}", fullmatch=True))
def test_plain_numbers_agree_with_the_core_schema(text: str) -> None:
    number = re.fullmatch(
        r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
        text,
    )
    assert (type(resolve_scalar(text)) is Plain) == bool(number)
