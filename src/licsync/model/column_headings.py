"""The declaration of an account's own column headings, beside those that licsync knows.

The fields are those of the tables that `importing.table_kinds` reads.
"""

from __future__ import annotations

from typing import Annotated

from typing_extensions import TypedDict

from licsync.model.fields import Name
from licsync.model.schema_markers import Described, closed

Headings = Name | list[Name]
"""One heading or several."""


def _of(what: str) -> object:
    return Described(f"Headings of columns with {what}.")


@closed
class ColumnHeadings(TypedDict, total=False):
    """The headings of your exports, by field. They add to the headings that licsync knows."""

    user: Annotated[Headings, _of("the user name (login), or with the holder of a license")]
    first_name: Annotated[Headings, _of("the first name")]
    last_name: Annotated[Headings, _of("the last name")]
    full_name: Annotated[Headings, _of("the full name")]
    email: Annotated[Headings, _of("the e-mail address")]
    status: Annotated[Headings, _of("the status of users or licenses")]
    site: Annotated[Headings, _of("the site")]
    pbx: Annotated[Headings, _of("the PBX")]
    job_title: Annotated[Headings, _of("the job title")]
    department: Annotated[Headings, _of("the department")]
    policy: Annotated[Headings, _of("the policy profile")]
    locale: Annotated[Headings, _of("language and region")]
    timezone: Annotated[Headings, _of("the time zone")]
    id: Annotated[Headings, _of("the id of a license or service address, in its own table")]
    license: Annotated[Headings, _of("the licenses of a user")]
    unnamed: Annotated[Headings, _of("yes if licsync made up the id of a license, else no")]
    type: Annotated[Headings, _of("the license type")]
    country: Annotated[Headings, _of("the country of licenses, or of addresses")]
    service_address: Annotated[Headings, _of("the service address: its id, or on one line")]
    suspended: Annotated[Headings, _of("the reason why a license is suspended")]
    suspended_at: Annotated[Headings, _of("the day on which a license was suspended")]
    extension: Annotated[Headings, _of("the extension number")]
    phone_numbers: Annotated[Headings, _of("phone numbers")]
    call_forwarding: Annotated[Headings, _of("call forwarding rules, as licsync exports them")]
    voicemail_email: Annotated[Headings, _of("the e-mail address that receives voicemail")]
    recording_mode: Annotated[Headings, _of("the recording mode")]
    devices: Annotated[Headings, _of("desk phones, as licsync exports them")]
    analytics: Annotated[Headings, _of("the level of Analytics for Work")]
    switchboard_pro: Annotated[Headings, _of("Switchboard Pro")]
    frontdesk: Annotated[Headings, _of("Frontdesk")]
    ring_groups: Annotated[Headings, _of("ring groups")]
    call_queues: Annotated[Headings, _of("call queues")]
    organization: Annotated[Headings, _of("the company of an address")]
    building: Annotated[Headings, _of("the building")]
    street_number: Annotated[Headings, _of("the house number")]
    street_name: Annotated[Headings, _of("the street")]
    dependent_street: Annotated[Headings, _of("the second street line")]
    secondary_location: Annotated[Headings, _of("the suite or room")]
    city: Annotated[Headings, _of("the city")]
    dependent_city: Annotated[Headings, _of("the part of the city")]
    state: Annotated[Headings, _of("the state, province or county code")]
    county: Annotated[Headings, _of("the county")]
    postal: Annotated[Headings, _of("the postal code")]
    zip4: Annotated[Headings, _of("the last four digits of a US ZIP+4 code")]
    setting: Annotated[Headings, _of("the setting of a policy profile")]
    value: Annotated[Headings, _of("the value of a setting")]
