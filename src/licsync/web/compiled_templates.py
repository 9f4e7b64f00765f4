"""Compiled templates, kept for the rest of the process: compiling takes longer than rendering."""

from __future__ import annotations

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

_compiled: dict[str, bytes] = {}


class CompiledTemplates(BytecodeCache):
    """Shares compiled templates between environments. The key tells apart the sources."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill a bucket if its template was compiled before."""
        if (compiled := _compiled.get(_key(bucket))) is not None:
            bucket.bytecode_from_string(compiled)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template."""
        _compiled[_key(bucket)] = bucket.bytecode_to_string()


def _key(bucket: Bucket) -> str:
    return f"{bucket.key} {bucket.checksum}"
