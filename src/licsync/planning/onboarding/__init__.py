"""Bulk onboarding: from the rows of a spreadsheet to declared users, with every fault by row and column."""
