"""The declaration of the licenses that the company owns."""

from __future__ import annotations

from typing import Annotated, NotRequired, Required

from typing_extensions import TypedDict

from licsync.model.account_declarations import SILENCES, Acknowledgements
from licsync.model.fields import (
    DIRECTIVE,
    NULL_IS_EMPTY,
    Amount,
    Count,
    Country,
    Currency,
    Day,
    Duration,
    Name,
    Ref,
)
from licsync.model.schema_markers import Described, closed


@closed
class Price(TypedDict):
    """The monthly price of one license."""

    amount: Annotated[Amount, Described("The price of one license per month.")]
    currency: Annotated[Currency, Described("Three-letter ISO 4217 code.")]
    valid_from: NotRequired[
        Annotated[Day, Described("The first day of this price. Default: always.")]
    ]


@closed
class PoolEntry(TypedDict, total=False):
    """The units of one license type in one country that the company owns."""

    type: Required[Annotated[str, Ref("license_type"), Described("A key of the license catalog.")]]
    country: Annotated[Country, Described("Default: the account's country.")]
    quantity: Annotated[
        Count, Described("The number of units: assigned, unassigned, and held by inactive users.")
    ]
    unassigned_address: Annotated[
        Name | dict[str, Count],
        Ref("service_address"),
        Described("Address of unassigned units: one slug, or the number of units by slug."),
    ]
    price: Annotated[
        Price | list[Price],
        Described(
            "Price per license and month, or a list with one price for each period. The latest "
            "price whose `valid_from` has come applies."
        ),
    ]
    renews_on: Annotated[
        Day, Described("The day on which the contract renews. Plans remind people of it.")
    ]
    notice: Annotated[
        Duration, Described("How long before that day notice must be given, such as 30d.")
    ]
    acknowledge: Annotated[Acknowledgements, NULL_IS_EMPTY, DIRECTIVE, Described(SILENCES)]
