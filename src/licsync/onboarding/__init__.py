"""Bulk onboarding: from the rows of a spreadsheet to declared users, with every error by row and column."""
