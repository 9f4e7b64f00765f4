"""Moving in: from what the console holds to files that say the same, as a person would have written them.

`adopt` says it in full and proves it, `templates` finds what users have in common, `filing` deals it out to files.
"""
