"""The vendor's Administration API as a server on loopback, over an account of the embedded console.

`app.create_app` makes the ASGI application. What it imitates, and from which source, is in
docs/reference/simulator.md.
"""
