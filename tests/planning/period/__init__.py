"""Tests of `licsync.planning.period`."""
