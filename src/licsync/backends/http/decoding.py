"""Decompresses answers piece by piece and up to a limit, so that a zip bomb stays small."""

from __future__ import annotations

import zlib
from collections.abc import Callable

Decode = Callable[[bytes, int], bytes]
"""Decodes the next piece of a body, to at most so many bytes."""


def decoder(encoding: str) -> Decode:
    """Return the decoder of a content encoding.

    Args:
        encoding: the header `Content-Encoding`.

    Raises:
        ValueError: the encoding is not known; the decoder raises it where a body is not of its
            encoding.
    """
    name = encoding.strip().casefold()
    if name in ("", "identity"):
        return lambda piece, most: piece
    if name not in ("gzip", "x-gzip"):
        raise ValueError(f"the answer is compressed as {name[:20]!r}, which was not asked for")
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)

    def decode(piece: bytes, max_bytes: int) -> bytes:
        try:
            return stream.decompress(piece, max_bytes)
        except zlib.error as fault:
            raise ValueError(
                "the answer says that it is compressed with gzip, and is not"
            ) from fault

    return decode
