"""The vendor's console as pure functions: steps, and what they make of the records of an account."""
