"""How documentation pages are read: their commands, edits, and what they leave out."""

from __future__ import annotations

import pytest

from tests.support.documented_steps import Command, Edit, File, Today, is_shown, steps_of

PAGE = """\
```sh
licsync init shop    # exits 1
```

```yaml title="shop/users.yaml"
users: {}
```

<!-- today: 2026-12-08 -->

```console
$ licsync apply \\
    shop
Enter a value: yes
$ licsync plan shop    # exits 3
```

```yaml
not: a file
```
"""


def test_a_page_is_read_from_top_to_bottom() -> None:
    first, file, today, apply, plan = steps_of(PAGE)
    assert first == Command("licsync init shop    # exits 1")
    assert isinstance(first, Command)
    assert (first.words, first.exit_code) == ("licsync init shop", 1)
    assert file == File("shop/users.yaml", "users: {}\n")
    assert today == Today("2026-12-08")
    assert isinstance(apply, Command)
    assert (apply.words, apply.answers) == ("licsync apply shop", ["yes"])
    assert PAGE[apply.start : apply.end] == apply.output == "Enter a value: yes\n"
    assert isinstance(plan, Command)
    assert (plan.output, plan.exit_code) == ("", 3)


@pytest.mark.parametrize(
    ("shown", "is_right"),
    [
        ("one\ntwo\nthree\n", True),
        ("one\n…\n", True),
        ("…\nthree\n", True),
        ("one\n…\ntwo\nt…e\n", True),
        ("one\nthree\n", False),
        ("one\ntwo\n", False),
        ("one\n…\nthre\n", False),
    ],
)
def test_an_output_is_shown_whole_or_with_dots(shown: str, is_right: bool) -> None:
    assert is_shown(shown, "one\ntwo\nthree\n") is is_right


def test_an_edit_replaces_lines_that_stand_there_once() -> None:
    edit = Edit("f", " a:\n-  b: 1\n+  b: 2\n+  c: 3\n…\n-z: (1)\n")
    assert edit.apply("a:\n  b: 1\ny: 0\nz: (1)\n") == "a:\n  b: 2\n  c: 3\ny: 0\n"
    with pytest.raises(ValueError, match="0 places"):
        edit.apply("a:\n  b: 7\nz: (1)\n")
    with pytest.raises(ValueError, match="2 places"):
        Edit("f", "-a\n").apply("a\na\n")
