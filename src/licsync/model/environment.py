"""Names of environment variables that several layers know."""

FLEET_SECRETS = "LICSYNC_FLEET_SECRETS"
"""Patterns of the secrets that a fleet file may name. No file adds one."""

FLEET_CHANNELS = "LICSYNC_FLEET_CHANNELS"
"""The channels of a fleet, as JSON. The fleet sets it for the commands of its accounts."""

CEILINGS = "LICSYNC_LIMITS"
"""The most actions of each verb that the operator allows. No file and no option raises them."""
