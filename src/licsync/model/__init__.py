"""The domain model: the license catalog, licenses and their states, users, policies, places.

It is pure: no files, no database, no network, no clock.
"""
