"""What a mapping file says of somebody's spreadsheet, so that `licsync onboard` can read it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[list[str], BeforeValidator(_as_list)]
"""A list of texts, or one of them."""


@with_config(ConfigDict(extra="forbid"))
class OnboardingMap(TypedDict, total=False):
    """The mapping file: which column is what, what cells mean, and the rules for what no column says."""

    columns: Annotated[
        dict[str, str], Field(description="Field to the heading of its column; others are guessed.")
    ]
    values: Annotated[
        dict[str, dict[str, str]],
        Field(description="Field to what its cells mean: text in the cell to value."),
    ]
    defaults: Annotated[dict[str, str], Field(description="Field to what an empty cell means.")]
    templates: Annotated[dict[str, Texts], Field(description="Department, or site, to template.")]
    user_name: Annotated[
        str,
        Field(
            description="How user names are made, such as {first_name}.{last_name}@acme.example."
        ),
    ]
    extensions: Annotated[
        dict[str, Texts],
        Field(
            description="Site, or default, to the extension numbers to hand out, and ranges: 1000-1999."
        ),
    ]
    phone_numbers: Annotated[
        dict[str, Texts],
        Field(
            description="Site, or default, to available phone numbers, and ranges: +12065550100-+12065550149."
        ),
    ]
