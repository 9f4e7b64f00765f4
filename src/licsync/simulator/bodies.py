"""What may be sent: the bodies of the vendor's requests, and what is wrong with one that was sent.

Field names, types, lengths and patterns are those of the vendor's OpenAPI files (domain.md, 6.3, 6.4 and 8.1).
Unknown fields are let through: the vendor may add some at any time, and a client has to echo them.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Required

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from licsync.model.declarations import Locale
from licsync.simulator.problems import Detail, Problem

_OPEN = with_config(ConfigDict(extra="allow", strict=True))

Text = str | None
Flag = bool | None
Number = int | None
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")] | None
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9.,\-_()'  ]+$")]
Mail = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")]
Ruleset = Literal["INTERNATIONAL", "DOMESTIC", "EMERGENCYONLY"] | None


# --- users -------------------------------------------------------------------------------------------------


@_OPEN
class Named(TypedDict, total=False):
    """Something that has an id and a name."""

    id: Text
    name: Text


@_OPEN
class License(Named, total=False):
    """A license of a user."""

    country: Text


@_OPEN
class UserSite(Named, total=False):
    """The site of a user."""

    pbxName: Text


@_OPEN
class BasicInfo(TypedDict, total=False):
    """Identity of a user."""

    userId: Text
    customerId: Text
    createdTime: Moment
    lastUpdatedTime: Moment
    scimProvider: Text
    userName: Required[Annotated[str, Field(min_length=3, max_length=70, pattern=r"^[A-Za-z0-9.@\-_/]+$")]]
    firstName: Required[Annotated[Name, Field(min_length=2, max_length=128)]]
    lastName: Required[Annotated[Name, Field(min_length=2, max_length=30)]]
    status: Literal["ACTIVE", "INACTIVE"] | None
    locale: Locale | None
    timezone: Text
    primaryEmail: Required[Annotated[Mail, Field(min_length=5, max_length=128)]]
    ssoProvider: Text
    ssoFederationId: Text
    site: UserSite


@_OPEN
class ContactNumber(TypedDict, total=False):
    """A number of another provider."""

    number: Text
    type: Literal["WORK", "MOBILE"] | None


@_OPEN
class DirectoryInfo(TypedDict, total=False):
    """Where a user is listed."""

    department: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9.,&@*+\-#\\/()'– ]+$")] | None
    directoryScope: Literal["CUSTOMER", "PBX", "SITE"] | None
    displayInDirectory: Flag
    jobTitle: Annotated[str, Field(min_length=1, max_length=254)] | None
    personalPhoneNumbers: list[ContactNumber] | None


@_OPEN
class PortingNumber(TypedDict, total=False):
    """The number that replaces another one when it is ported."""

    phoneNumber: Text


@_OPEN
class PhoneNumber(TypedDict, total=False):
    """A phone number of an extension or a ring group."""

    country: Text
    origin: Text
    phoneNumber: Text
    portingNumber: PortingNumber
    primary: Flag


@_OPEN
class BaseDevice(TypedDict, total=False):
    """The base that a device hangs on."""

    id: Text
    macAddress: Text
    displayName: Text


@_OPEN
class Device(TypedDict, total=False):
    """A desk phone."""

    id: Text
    activationCode: Text
    model: Text
    macAddress: Text
    status: Literal["BINDED", "AVAILABLE", "RETIRED", "ACTIVE", "RESERVED"] | None
    lastUpdatedTime: Moment
    lines: Number
    port: Number
    baseDevice: BaseDevice


@_OPEN
class EmergencyAddress(TypedDict, total=False):
    """The emergency address of an extension."""

    id: Text
    displayForm: Text
    organization: Text
    building: Text
    streetNumber: Text
    streetNumberSuffix: Text
    preDirectional: Text
    streetName: Text
    streetNameSuffix: Text
    postDirectional: Text
    dependentStreet: Text
    secondaryLocation: Text
    city: Text
    dependentCity: Text
    state: Text
    county: Text
    postal: Text
    zip4: Text
    country: Text


@_OPEN
class Extension(TypedDict, total=False):
    """A voice extension."""

    id: Text
    allowInAutoAttendant: Flag
    analogFaxEnabled: Flag
    blockOutboundCallerId: Flag
    callWaitingEnabled: Flag
    dedicatedAgent: Flag
    devices: list[Device] | None
    dialPlanCallingCountry: Text
    dialPlanRuleset: Ruleset
    displayInDirectory: Flag
    doNotDisturb: Flag
    emergencyAddress: EmergencyAddress
    emergencyAddressInheritFromSite: Flag
    extensionNumber: Annotated[str, Field(pattern=r"^[0-9]{1,10}$")] | None
    externalCallerIdName: Text
    externalCallerIdNumber: Text
    extensionType: Literal["UC", "CC"] | None
    fqExtensionNumber: Text
    hotDeskEnabled: Flag
    internalCallerIdFirstName: Text
    internalCallerIdLastName: Text
    licenseId: Text
    maxConcurrentCalls: Number
    msTeamsEnabled: Flag
    musicOnHold: Named
    nomadic911Enabled: Flag
    overheadPagingEnabled: Flag
    phoneNumbers: list[PhoneNumber] | None
    primaryPhoneNumber: Text
    recordingPlayAnnouncementToUser: Flag
    recordingPlayAnnouncementToOtherParty: Flag
    recordingMode: Literal["OFF", "ALWAYS", "ON_DEMAND", "ALWAYS_ALLOW_PAUSE"] | None
    showInboundCallerId: Flag
    voicemailEmail: Annotated[Mail, Field(min_length=5, max_length=128)] | None
    voicemailNotification: Text
    voicemailZeroOutDestination: Text


@_OPEN
class ServiceInfo(TypedDict, total=False):
    """What a user holds."""

    licenses: list[License] | None
    extensions: list[Extension] | None


@_OPEN
class CallQueue(Named, total=False):
    """A call queue of a user."""

    memberType: Literal["PRIMARY", "SECONDARY"] | None


@_OPEN
class ProfilePolicy(TypedDict, total=False):
    """The policy profile of a user."""

    name: Text


@_OPEN
class AssignmentInfo(TypedDict, total=False):
    """What a user is assigned to."""

    profilePolicy: ProfilePolicy
    ringGroups: list[Named] | None
    ucCallQueues: list[CallQueue] | None
    userGroups: list[Named] | None


@_OPEN
class User(TypedDict, total=False):
    """A user."""

    basicInfo: Required[BasicInfo]
    directoryInfo: DirectoryInfo
    serviceInfo: ServiceInfo
    assignmentInfo: AssignmentInfo


# --- sites and addresses -----------------------------------------------------------------------------------


@_OPEN
class EmergencyNotification(TypedDict, total=False):
    """Who is told of an emergency call."""

    type: Literal["EMAIL"] | None
    values: list[str] | None


@_OPEN
class CallerIdSettings(TypedDict, total=False):
    """Caller id of a site."""

    mainNumber: Text
    setMainNumberAsCallerId: Flag
    shareMainNumberAsCallerId: Flag
    displayName: Text


@_OPEN
class SiteAddress(TypedDict, total=False):
    """The address of a site, by its id."""

    id: Text


@_OPEN
class Site(TypedDict, total=False):
    """A site."""

    id: Text
    name: Required[Annotated[str, Field(min_length=2, max_length=128)]]
    pbxName: Required[str]
    locale: Required[Locale]
    timezone: Required[str]
    address: Required[SiteAddress]
    siteCode: Text
    extensionLength: Number
    emergencyNotifications: list[EmergencyNotification] | None
    callerIdSettings: CallerIdSettings | None
    defaultDialPlanCallingCountry: Text
    defaultDialPlanRuleset: Ruleset
    defaultVoicemailZeroOutDestinationExtensionId: Text
    defaultVoicemailZeroOutDestinationExtensionNumber: Text


Text128 = Annotated[str, Field(min_length=1, max_length=128)] | None
Text45 = Annotated[str, Field(min_length=1, max_length=45)] | None


@_OPEN
class Address(TypedDict, total=False):
    """A postal address that is to be made."""

    organization: Text128
    building: Text128
    streetNumber: Text45
    streetName: Text128
    dependentStreet: Text128
    secondaryLocation: Text45
    city: Text45
    dependentCity: Text45
    state: Text45
    county: Text45
    postal: Text45
    zip4: Text45
    country: Required[Annotated[str, Field(min_length=1, max_length=45)]]


# --- ring groups -------------------------------------------------------------------------------------------


@_OPEN
class Destination(TypedDict, total=False):
    """Where a call is forwarded to."""

    destination: Text
    type: Literal["AUTO_ATTENDANT", "EXTENSION_NUMBER", "EXTERNAL_NUMBER", "VOICEMAIL", "DROP_CALL"] | None


@_OPEN
class ForwardingRule(TypedDict, total=False):
    """A forwarding rule of a ring group."""

    condition: Required[Literal["UNCONDITIONALLY", "BUSY", "NO_ANSWER", "OUTAGE"]]
    enabled: Required[bool]
    destinations: list[Destination] | None


@_OPEN
class Member(TypedDict, total=False):
    """A member of a ring group."""

    extensionId: Text
    extensionNumber: Text
    loggedIn: Flag
    firstName: Text
    lastName: Text
    sequenceNumber: Number
    userId: Text
    voicemailAccessEnabled: Flag


@_OPEN
class GroupSite(UserSite, total=False):
    """The site of a ring group."""

    pbxId: Text


@_OPEN
class VoicemailSettings(TypedDict, total=False):
    """Voicemail of a ring group."""

    accessPin: Annotated[str, Field(min_length=6, max_length=15)] | None
    notificationEmail: Text
    notificationAction: Literal["ATTACH_DELETE_ORIG", "DISABLE", "ATTACH_ONLY", "NOTIFY_ONLY"] | None


@_OPEN
class RingGroup(TypedDict, total=False):
    """A ring group."""

    id: Text
    allowLogInLogOut: Flag
    callerIdEnabled: Flag
    customerId: Text
    extensionNumber: Text
    forwardingRules: list[ForwardingRule] | None
    inboundCallerIdFormat: Required[
        Literal["RGNAME_CALLERNUMBER", "CALLERNAME_CALLERNUMBER", "RGNAME_RGEXTENSION", "RGNAME_DIALEDNUMBER"]
    ]
    members: list[Member] | None
    name: Required[Annotated[str, Field(min_length=2, max_length=64)]]
    notifyIfBusy: Flag
    numberOfCycles: Number
    phoneNumbers: list[PhoneNumber] | None
    ringPattern: Required[Literal["ROUND_ROBIN", "SEQUENTIAL", "SIMULTANEOUS"]]
    ringTimeout: Required[int]
    site: GroupSite
    voicemailSettings: VoicemailSettings


@_OPEN
class Extended(TypedDict, total=False):
    """An extension that a change of members names."""

    extensionId: str
    extensionNumber: Annotated[str, Field(pattern=r"\d+")]


@_OPEN
class ChangedMember(Extended, total=False):
    """A member that is added or changed."""

    loggedIn: bool
    sequenceNumber: Annotated[int, Field(ge=1, le=214748367)]
    voicemailAccessEnabled: bool


@_OPEN
class MemberChanges(TypedDict, total=False):
    """What is added to, changed in and removed from a ring group's members."""

    add: NotRequired[Annotated[list[ChangedMember], Field(max_length=200)]]
    update: NotRequired[Annotated[list[ChangedMember], Field(max_length=200)]]
    remove: NotRequired[Annotated[list[Extended], Field(max_length=200)]]


# --- checking ----------------------------------------------------------------------------------------------


@cache
def _adapter(declaration: Any) -> TypeAdapter[Any]:
    return TypeAdapter(declaration)


_MESSAGES = {
    "missing": "must not be null",
    "string_too_short": "size must be at least {min_length}",
    "string_too_long": "size must be at most {max_length}",
    "too_long": "size must be at most {max_length}",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "literal_error": "must be one of {expected}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}


def check(declaration: Any, body: Any, title: str = "Validation error") -> None:
    """Refuse a body that is not of a form. Raises Problem (400) that names every field."""
    try:
        _adapter(declaration).validate_python(body)
    except ValidationError as fault:
        found = {_field(body, e["loc"]): _message(e) for e in fault.errors(include_url=False)}
        raise Problem(400, title, *(Detail("VALIDATION_ERROR", m, f) for f, m in found.items())) from fault


def _message(error: Any) -> str:
    return _MESSAGES.get(error["type"], "is not of the right type").format(**error.get("ctx", {}))


def _field(body: Any, location: tuple[str | int, ...]) -> str | None:
    """Write a place as the vendor does, `serviceInfo.licenses[0].id`; what names a choice of a union is left out."""
    text = ""
    for step in location:
        if isinstance(step, int) and isinstance(body, list):
            text += f"[{step}]"
        elif isinstance(body, dict):
            text += f".{step}" if text else str(step)
        else:
            break
        try:
            body = body[step]
        except (KeyError, IndexError):
            break
    return text or None
