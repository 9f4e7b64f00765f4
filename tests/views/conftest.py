"""What is made to be shown in a browser is looked at in one too."""

from browser import chromium

__all__ = ["chromium"]
