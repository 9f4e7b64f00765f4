"""The declaration of how lists of people are read: by `onboard` and by `people`."""

from __future__ import annotations

from typing import Annotated, Literal, Required

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
        Described("The program, and its arguments, that prints the list (`people.schema.json`)."),
    ]
    min_people: Annotated[
        Count, Described("`people --complete` refuses a list with fewer people than this.")
    ]


# --- the list that a command prints ---------------------------------------------------------------


@closed
class PrintedPerson(TypedDict, total=False):
    """One person. An absent key, null or an empty text says nothing."""

    external_id: Annotated[str | int | None, Described("The employee number.")]
    user: Annotated[str | None, Described("The user name (login).")]
    first_name: Annotated[str | None, Described("First name.")]
    last_name: Annotated[str | None, Described("Last name.")]
    full_name: Annotated[str | None, Described("First and last name, or last name, first name.")]
    email: Annotated[str | None, Described("E-mail address.")]
    site: Annotated[str | None, Described("Name of the site.")]
    department: Annotated[str | None, Described("Department.")]
    job_title: Annotated[str | None, Described("Job title.")]
    policy: Annotated[str | None, Described("Policy profile.")]
    locale: Annotated[str | None, Described("Language and region.")]
    timezone: Annotated[str | None, Described("IANA time zone.")]
    cost_center: Annotated[str | int | None, Described("Who pays for the licenses.")]
    status: Annotated[str | None, Described("Whether the person works here, such as active.")]
    start_on: Annotated[str | None, Described("The first day of the person, as YYYY-MM-DD.")]
    left_on: Annotated[str | None, Described("The first day without the person, as YYYY-MM-DD.")]
    last_day: Annotated[str | None, Described("The last day of the person, as YYYY-MM-DD.")]
    groups: Annotated[list[str] | None, Described("Groups of the identity provider.")]
    template: Annotated[str | None, Described("The template of a new person.")]
    license: Annotated[
        list[str] | None, Described("The license types of a new person, by key or vendor's name.")
    ]
    country: Annotated[str | None, Described("The country of the licenses of a new person.")]
    extension: Annotated[str | None, Described("The extension number of a new person.")]
    phone: Annotated[list[str] | None, Described("The phone numbers of a new person.")]
    voicemail_email: Annotated[str | None, Described("Receives the voicemail of a new person.")]


@closed
class PrintedList(TypedDict, total=False):
    """The list of people that a command prints."""

    format_version: Annotated[Literal["1"], Described("The version of this format.")]
    people: Required[Annotated[list[PrintedPerson], Described("The people.")]]
