"""What 8x8's SCIM service describes itself as: its users, and what it can do (domain.md, 9).

The attributes are those that 8x8 lists, and no more. Names and types are those of RFC 7643.
"""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field
from scim2_models import (
    URI,
    URN,
    AnyExtension,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    Mutability,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    SchemaExtension,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

from licsync.model.declarations import Locale


class Name(ComplexAttribute):
    """The name of a person."""

    formatted: str | None = None
    family_name: str | None = None
    given_name: str | None = None
    middle_name: str | None = None
    honorific_prefix: str | None = None
    honorific_suffix: str | None = None


class Email(ComplexAttribute):
    """The e-mail address of a person: 8x8 knows one, for work."""

    value: str | None = None
    type: str | None = Field(None, examples=["work"])
    primary: bool | None = None


class PhoneNumber(ComplexAttribute):
    """A number of another provider, at which a person can be reached."""

    value: str | None = None
    type: str | None = Field(None, examples=["work", "mobile"])
    primary: bool | None = None


class User(Resource[AnyExtension]):
    """A user."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.global_, Required.true] = None
    name: Name | None = None
    title: str | None = None
    locale: str | None = Field(None, examples=list(get_args(Locale)))
    timezone: str | None = Field(None, examples=["America/Los_Angeles", "Europe/London"])
    active: bool | None = None
    emails: list[Email] | None = None
    phone_numbers: list[PhoneNumber] | None = None


class EnterpriseUser(Extension):
    """The place of a user in the company."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    department: str | None = None


class EightUser(Extension):
    """What 8x8 adds: the site, which is chosen when the user is made and never changed."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:8x8:1.1:User")

    site: Annotated[str | None, Mutability.immutable, CaseExact.true] = None


ScimUser = User[EnterpriseUser | EightUser]
"""A user with both extensions."""

USERS = ResourceType(
    id="User",
    name="User",
    description="A user of 8x8.",
    endpoint=Reference[URI]("/Users"),
    schema_=Reference[URI](User.__schema__),
    schema_extensions=[
        SchemaExtension(schema_=Reference[URI](extension.__schema__), required=False)
        for extension in (EnterpriseUser, EightUser)
    ],
)


def describe_service(page_size: int) -> ScimProvider:
    """Describe the service: one type of resource, no groups, no bulk, no sorting, no ETags.

    Args:
        page_size: how many users a page has at most.
    """
    token = AuthenticationScheme(
        type=AuthenticationScheme.Type.oauthbearertoken,
        name="OAuth Bearer Token",
        description="The token of Admin Console > Identity and Security.",
        primary=True,
    )
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=page_size),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=False),
        authentication_schemes=[token],
    )
    return ScimProvider([User, EnterpriseUser, EightUser], [USERS], config)
