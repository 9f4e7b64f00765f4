"""Reading, applying, resuming: what happens to a plan, against any backend and any store."""
