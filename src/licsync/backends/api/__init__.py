"""The backend `8x8`: the vendor's Administration API (domain.md, sections 8 to 10)."""
