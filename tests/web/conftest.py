"""The pages are looked at in a browser too."""

from tests.support.browser import chromium

__all__ = ["chromium"]
