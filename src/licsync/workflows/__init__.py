"""The use cases, without click and printing: open an account, plan, apply, review, import, onboard."""
