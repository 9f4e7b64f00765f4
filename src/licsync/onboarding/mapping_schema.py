"""The mapping file, which tells `licsync onboard` how to read a spreadsheet."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[list[str], BeforeValidator(_as_list)]
"""A list of texts, or a single one."""


@with_config(ConfigDict(extra="forbid"))
class OnboardingMap(TypedDict, total=False):
    """The mapping file: columns, the meaning of cells, and rules for values without a column."""

    columns: Annotated[
        dict[str, str], Field(description="Field to column heading. Other columns are detected.")
    ]
    values: Annotated[
        dict[str, dict[str, str]],
        Field(description="Field to the meaning of its cells: cell text to value."),
    ]
    defaults: Annotated[dict[str, str], Field(description="Field to the meaning of an empty cell.")]
    templates: Annotated[dict[str, Texts], Field(description="Department or site to template.")]
    user_name: Annotated[
        str,
        Field(description="How to build user names, e.g. {first_name}.{last_name}@acme.example."),
    ]
    extensions: Annotated[
        dict[str, Texts],
        Field(
            description="Site, or default, to the extension numbers to assign, such as 1000-1999."
        ),
    ]
    phone_numbers: Annotated[
        dict[str, Texts],
        Field(description="Site, or default, to the phone numbers to assign, with ranges."),
    ]
