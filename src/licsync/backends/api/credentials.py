"""Where the API key comes from."""

from __future__ import annotations

from licsync.backends.http.credentials import SecretSource

API_KEY = SecretSource("LICSYNC_API_KEY", "API key")
