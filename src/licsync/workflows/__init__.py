"""The use cases, without click and without printing: open an account, plan, apply, review, import, onboard."""
