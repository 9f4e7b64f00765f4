"""Text is normalized in time that grows with its length, whatever marks it has."""

from __future__ import annotations

import unicodedata

import pytest

from licsync.model.text_normalization import compose, normalized

BOMBS = {
    "marks in the wrong order": "e" + "\u0301\u0323" * 400_000,
    "marks that come apart": "\u0f73" * 400_000,
    "signs that become marks": "\u0301\uff9e" * 400_000,
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_what_no_language_writes_stays_as_it_is(text: str) -> None:
    assert compose(text) is text


@pytest.mark.parametrize("form", ["NFC", "NFKC", "NFKD"])
@pytest.mark.parametrize(
    "text", ["u\u0308" * 500, "\uac01" * 300, "\ufdfa" * 300, "q\u0323\u0307" * 100 + "\ufb01"]
)
def test_long_text_is_normalized(text: str, form: str) -> None:
    assert normalized(form, text) == unicodedata.normalize(form, text)  # type: ignore[arg-type]


def test_few_marks_are_put_in_order() -> None:
    text = "q" + "\u0307\u0323" * 40
    assert compose(text) == unicodedata.normalize("NFC", text)
    assert compose(text + "x" * 300) == unicodedata.normalize("NFC", text + "x" * 300)
