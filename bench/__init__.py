"""How fast licsync is; `python -m bench.plan` and its siblings measure it."""
