"""The history of the local console's tables."""
