"""What happened in a period: who came, moved and left, licenses by day, and their cost."""
