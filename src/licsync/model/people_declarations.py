"""The declaration of how lists of people are read: by `onboard` and by `people`."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from licsync.model.fields import Count, described

_STRICT = ConfigDict(extra="forbid")

Texts = str | list[str]
"""One text or several."""


@with_config(_STRICT)
class ListMapping(TypedDict, total=False):
    """How to read a list of people: columns, cells, and rules for values without a column."""

    columns: Annotated[
        dict[str, str], described("Field to column heading. Other columns are detected.")
    ]
    values: Annotated[
        dict[str, dict[str, str]],
        described("Field to the meaning of its cells: cell text to value."),
    ]
    defaults: Annotated[dict[str, str], described("Field to the meaning of an empty cell.")]
    templates: Annotated[
        dict[str, Texts], described("Department or site to the templates of new users.")
    ]
    groups: Annotated[
        dict[str, Texts],
        described("Group of an identity provider to templates. Later groups override earlier."),
    ]
    user_name: Annotated[
        str, described("How to build user names, e.g. `{first_name}.{last_name}@acme.example`.")
    ]
    extensions: Annotated[
        dict[str, Texts],
        described("Site, or `default`, to the extension numbers to assign, such as 1000-1999."),
    ]
    phone_numbers: Annotated[
        dict[str, Texts],
        described("Site, or `default`, to the phone numbers to assign, with ranges."),
    ]


@with_config(_STRICT)
class PeopleSettings(ListMapping, total=False):
    """The company's list of people, and how `licsync people` and `licsync onboard` read it."""

    command: Annotated[
        list[str],
        described("The command that prints the list as JSON (`people.schema.json`), with words."),
    ]
    min_people: Annotated[
        Count, described("`people --complete` refuses a list with fewer people than this.")
    ]
