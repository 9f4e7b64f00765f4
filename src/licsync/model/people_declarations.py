"""The declaration of how lists of people are read: by `onboard` and by `people`."""

from __future__ import annotations

from typing import Annotated

from typing_extensions import TypedDict

from licsync.model.fields import Count
from licsync.model.schema_markers import Described, closed

Texts = str | list[str]
"""One text or several."""


@closed
class ListMapping(TypedDict, total=False):
    """How to read a list of people: columns, cells, and rules for values without a column."""

    columns: Annotated[
        dict[str, str], Described("Field to column heading. Other columns are detected.")
    ]
    values: Annotated[
        dict[str, dict[str, str]],
        Described("Field to the meaning of its cells: cell text to value."),
    ]
    defaults: Annotated[dict[str, str], Described("Field to the meaning of an empty cell.")]
    templates: Annotated[
        dict[str, Texts], Described("Department or site to the templates of new users.")
    ]
    groups: Annotated[
        dict[str, Texts],
        Described("Group of an identity provider to templates. Later groups override earlier."),
    ]
    user_name: Annotated[
        str, Described("How to build user names, e.g. `{first_name}.{last_name}@acme.example`.")
    ]
    extensions: Annotated[
        dict[str, Texts],
        Described("Site, or `default`, to the extension numbers to assign, such as 1000-1999."),
    ]
    phone_numbers: Annotated[
        dict[str, Texts],
        Described("Site, or `default`, to the phone numbers to assign, with ranges."),
    ]


@closed
class PeopleSettings(ListMapping, total=False):
    """The company's list of people, and how `licsync people` and `licsync onboard` read it."""

    command: Annotated[
        list[str],
        Described("The command that prints the list as JSON (`people.schema.json`), with words."),
    ]
    min_people: Annotated[
        Count, Described("`people --complete` refuses a list with fewer people than this.")
    ]
