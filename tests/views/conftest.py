"""What is made to be shown in a browser is looked at in one too."""

from tests.support.browser import chromium

__all__ = ["chromium"]
