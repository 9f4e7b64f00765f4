"""8x8's console as pure functions: steps, and their effects on the records of an account."""
