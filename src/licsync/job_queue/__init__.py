"""The queue of a fleet's jobs in PostgreSQL, with Procrastinate: the extra `licsync[fleet]`.

The queue only carries jobs to workers and their results back to who waits for them. It can be lost
at any time: what ran when is in the store, and what is due follows from that.
"""
