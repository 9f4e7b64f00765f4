"""The command line: composes the parts, prints, and knows the exit codes."""
