"""The backends: where an account lives. Each is imported only where an account uses it."""
