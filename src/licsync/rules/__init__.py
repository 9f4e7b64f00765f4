"""A company's own rules for plans, as CEL expressions. Only this package knows CEL."""
