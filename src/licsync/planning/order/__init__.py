"""The order of a plan: what depends on what, and what targets leave of it."""
