"""The review pages: licenses, users, a plan, an overview.

Read only; served on loopback, or written as files.
"""
