"""Plans without the users that are in sync: finds them, leaves them out, and caches what was read of them."""
