"""The embedded backend: the vendor's console in a box, on an SQL database."""
