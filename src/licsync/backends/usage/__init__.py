"""8x8's Analytics for Work: how many calls each extension had (domain.md, 10.5)."""
