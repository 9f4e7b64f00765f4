"""Users as SCIM resources, with the attributes that licsync manages, and no others.

Whatever else a server sends is kept as it came and is sent back, because a PUT replaces the whole
user. So these are not the models that scim2-models has for users: those check and tidy every
attribute, and would refuse or change what licsync does not manage.
"""

from __future__ import annotations

from typing import Annotated, Generic, TypeAlias

from scim2_models import (
    URN,
    AnyExtension,
    ComplexAttribute,
    Extension,
    Mutability,
    Required,
    Resource,
    ResourceType,
    ScimPolicy,
    ScimProvider,
)


class Name(ComplexAttribute):
    """The parts of a name."""

    formatted: str | None = None
    given_name: str | None = None
    family_name: str | None = None


class Email(ComplexAttribute):
    """An e-mail address. 8x8 has one of each user, of the type `work`."""

    value: str | None = None
    type: str | None = None
    primary: bool | None = None


class Version(ComplexAttribute):
    """The version of a resource, which a request needs."""

    resource_type: Annotated[str | None, Mutability.read_only] = None
    version: Annotated[str | None, Mutability.read_only] = None


class Directory(Extension):
    """The fields of the enterprise extension that 8x8 has."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")

    department: str | None = None


class Place(Extension):
    """8x8's own extension. The site can be set only when a user is created."""

    __schema__ = URN("urn:ietf:params:scim:schemas:extension:8x8:1.1:User")

    site: str | None = None


class User(Resource[AnyExtension], Generic[AnyExtension]):
    """A user of 8x8."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Required.true] = None
    active: bool | None = None
    title: str | None = None
    name: Name | None = None
    emails: list[Email] | None = None
    meta: Annotated[Version | None, Mutability.read_only] = None  # type: ignore[assignment]


ScimUser: TypeAlias = User[Directory | Place]
"""A user with both extensions."""

PROVIDER = ScimProvider(
    models=(User, Directory, Place),
    resource_types=(ResourceType.from_resource(ScimUser),),
    policy=ScimPolicy(unknown=ScimPolicy.Unknown.keep),
)
"""The server as licsync knows it; nothing is asked for it. Unknown attributes are kept."""
