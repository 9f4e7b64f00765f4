"""What can be wrong with a desired state as a whole: one module for each kind of question.

Each offers functions from a `Context` to diagnostics; `validate` asks them all.
"""
