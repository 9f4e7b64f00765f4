"""What the tests of the project share."""

from tests.support.browser import chromium

__all__ = ["chromium"]
