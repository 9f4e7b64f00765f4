"""Names of environment variables that several layers know."""

CEILINGS = "LICSYNC_LIMITS"
"""The most actions of each verb that the operator allows. No file and no option raises them."""
