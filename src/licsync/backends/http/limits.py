"""What 8x8 documents of its limits on requests (domain.md, 10.2)."""

LIMIT = 100
"""Requests a minute of one key; a fifth of it may come within ten seconds."""

IN_FLIGHT, MOST_IN_FLIGHT = 9, 10
"""Operations at once that licsync uses, and that the whole organization has."""
