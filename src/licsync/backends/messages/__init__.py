"""Sends messages to people: over webhooks of programs, Slack and Teams, and by e-mail."""
