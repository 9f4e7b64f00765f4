"""The use cases of a fleet: many accounts, one file that names them."""
