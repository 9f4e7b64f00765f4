"""Plans and errors in the formats of CI systems."""
