"""The authorities by which the certificates of servers are checked."""

from __future__ import annotations

import os
import ssl
from functools import cache

import httpx2

from licsync.engine.ports import BackendFailed


def trusted_authorities(*, by_environment: bool) -> ssl.SSLContext:
    """Return the trusted authorities: those of the system, or those that the environment names.

    Reading them takes longer than a request. So each is read once, and forked processes
    (`cli.fork_server`) share those of the system.

    Args:
        by_environment: whether `SSL_CERT_FILE` and `SSL_CERT_DIR` count.

    Raises:
        BackendFailed: they cannot be read.
    """
    file = (os.environ.get("SSL_CERT_FILE") if by_environment else None) or None
    directory = (os.environ.get("SSL_CERT_DIR") if by_environment else None) or None
    try:
        return _authorities(file, directory)
    except OSError as fault:
        is_other = isinstance(fault, ssl.SSLError)
        reason = "it has no certificate in PEM format" if is_other else fault.strerror
        place = f"SSL_CERT_FILE ('{file}')" if file else "this system"
        message = f"The certificate authorities of {place} cannot be read: {reason}."
        raise BackendFailed(message) from fault


@cache
def _authorities(file: str | None, directory: str | None) -> ssl.SSLContext:
    """Read the authorities that the environment names; those of the system if it names none."""
    return httpx2.create_ssl_context(trust_env=bool(file or directory))
