"""The use cases, without click and printing: plan, apply, drift, review, import, onboard, undo."""
