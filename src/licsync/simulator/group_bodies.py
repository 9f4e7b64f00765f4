"""The bodies of ring groups: see `bodies`."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, Required

from pydantic import Field
from typing_extensions import TypedDict

from licsync.simulator.bodies import OPEN, Flag, Number, PhoneNumber, Text, UserSite


@OPEN
class Destination(TypedDict, total=False):
    """Where a call is forwarded to."""

    destination: Text
    type: (
        Literal["AUTO_ATTENDANT", "EXTENSION_NUMBER", "EXTERNAL_NUMBER", "VOICEMAIL", "DROP_CALL"]
        | None
    )


@OPEN
class ForwardingRule(TypedDict, total=False):
    """A forwarding rule of a ring group."""

    condition: Required[Literal["UNCONDITIONALLY", "BUSY", "NO_ANSWER", "OUTAGE"]]
    enabled: Required[bool]
    destinations: list[Destination] | None


@OPEN
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


@OPEN
class GroupSite(UserSite, total=False):
    """The site of a ring group."""

    pbxId: Text


@OPEN
class VoicemailSettings(TypedDict, total=False):
    """Voicemail of a ring group."""

    accessPin: Annotated[str, Field(min_length=6, max_length=15)] | None
    notificationEmail: Text
    notificationAction: (
        Literal["ATTACH_DELETE_ORIG", "DISABLE", "ATTACH_ONLY", "NOTIFY_ONLY"] | None
    )


@OPEN
class RingGroup(TypedDict, total=False):
    """A ring group."""

    id: Text
    allowLogInLogOut: Flag
    callerIdEnabled: Flag
    customerId: Text
    extensionNumber: Text
    forwardingRules: list[ForwardingRule] | None
    inboundCallerIdFormat: Required[
        Literal[
            "RGNAME_CALLERNUMBER",
            "CALLERNAME_CALLERNUMBER",
            "RGNAME_RGEXTENSION",
            "RGNAME_DIALEDNUMBER",
        ]
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


@OPEN
class Extended(TypedDict, total=False):
    """An extension that a change of members names."""

    extensionId: str
    extensionNumber: Annotated[str, Field(pattern=r"\d+")]


@OPEN
class ChangedMember(Extended, total=False):
    """A member that is added or changed."""

    loggedIn: bool
    sequenceNumber: Annotated[int, Field(ge=1, le=214748367)]
    voicemailAccessEnabled: bool


@OPEN
class MemberChanges(TypedDict, total=False):
    """What is added to, changed in and removed from a ring group's members."""

    add: NotRequired[Annotated[list[ChangedMember], Field(max_length=200)]]
    update: NotRequired[Annotated[list[ChangedMember], Field(max_length=200)]]
    remove: NotRequired[Annotated[list[Extended], Field(max_length=200)]]
