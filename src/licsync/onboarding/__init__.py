"""Bulk onboarding: turns spreadsheet rows into declared users, with errors by row and column."""
