"""The backend `console`: an account that people change in 8x8's Admin Console."""
