"""The bodies of users: see `bodies`."""

from __future__ import annotations

from typing import Annotated, Literal, Required

from pydantic import Field
from typing_extensions import TypedDict

from licsync.model.declarations import Locale
from licsync.simulator.bodies import (
    OPEN,
    Flag,
    Mail,
    Moment,
    Named,
    Number,
    PhoneNumber,
    Ruleset,
    Text,
    UserSite,
)

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9.,\-_()'  ]+$")]


@OPEN
class License(Named, total=False):
    """A license of a user."""

    country: Text


@OPEN
class BasicInfo(TypedDict, total=False):
    """Identity of a user."""

    userId: Text
    customerId: Text
    createdTime: Moment
    lastUpdatedTime: Moment
    scimProvider: Text
    userName: Required[
        Annotated[str, Field(min_length=3, max_length=70, pattern=r"^[A-Za-z0-9.@\-_/]+$")]
    ]
    firstName: Required[Annotated[Name, Field(min_length=2, max_length=128)]]
    lastName: Required[Annotated[Name, Field(min_length=2, max_length=30)]]
    status: Literal["ACTIVE", "INACTIVE"] | None
    locale: Locale | None
    timezone: Text
    primaryEmail: Required[Annotated[Mail, Field(min_length=5, max_length=128)]]
    ssoProvider: Text
    ssoFederationId: Text
    site: UserSite


@OPEN
class ContactNumber(TypedDict, total=False):
    """A number of another provider."""

    number: Text
    type: Literal["WORK", "MOBILE"] | None


@OPEN
class DirectoryInfo(TypedDict, total=False):
    """Where a user is listed."""

    department: (
        Annotated[
            str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9.,&@*+\-#\\/()'– ]+$")
        ]
        | None
    )
    directoryScope: Literal["CUSTOMER", "PBX", "SITE"] | None
    displayInDirectory: Flag
    jobTitle: Annotated[str, Field(min_length=1, max_length=254)] | None
    personalPhoneNumbers: list[ContactNumber] | None


@OPEN
class BaseDevice(TypedDict, total=False):
    """The base that a device hangs on."""

    id: Text
    macAddress: Text
    displayName: Text


@OPEN
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


@OPEN
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


@OPEN
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


@OPEN
class ServiceInfo(TypedDict, total=False):
    """What a user holds."""

    licenses: list[License] | None
    extensions: list[Extension] | None


@OPEN
class CallQueue(Named, total=False):
    """A call queue of a user."""

    memberType: Literal["PRIMARY", "SECONDARY"] | None


@OPEN
class ProfilePolicy(TypedDict, total=False):
    """The policy profile of a user."""

    name: Text


@OPEN
class AssignmentInfo(TypedDict, total=False):
    """What a user is assigned to."""

    profilePolicy: ProfilePolicy
    ringGroups: list[Named] | None
    ucCallQueues: list[CallQueue] | None
    userGroups: list[Named] | None


@OPEN
class User(TypedDict, total=False):
    """A user."""

    basicInfo: Required[BasicInfo]
    directoryInfo: DirectoryInfo
    serviceInfo: ServiceInfo
    assignmentInfo: AssignmentInfo
