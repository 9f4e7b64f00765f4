"""The pages are looked at in a browser too."""

from browser import chromium

__all__ = ["chromium"]
