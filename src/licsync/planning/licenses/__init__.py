"""Licenses: which unit each user gets, keeps or gives up, and from which pool."""
