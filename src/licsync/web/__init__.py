"""The review pages: overview, licenses, users and plan.

They are read-only, and served on loopback or written as files.
"""
