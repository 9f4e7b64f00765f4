"""Manual steps: what a backend cannot do, what is lost, and how people do it in the console."""
