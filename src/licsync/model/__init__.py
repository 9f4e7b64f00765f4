"""What licsync is about: the license catalogue, licenses and their states, users, policies and places.

Plain data and pure functions. Records (what the vendor's console holds, what YAML declares) are
plain dictionaries whose shapes are the typed declarations of `declarations`.
"""
