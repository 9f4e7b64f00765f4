"""8x8's audit log: who changed what in the Admin Console (domain.md, 10.5)."""
