"""Undo: the plan that takes a run back, and what it cannot bring back."""
