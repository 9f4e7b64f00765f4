"""Reads the files of an account on all the cores there are: parsing is most of the time of a plan of many users.

The processes take the files in turn from one queue, and this one takes its share as well.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence

from licsync.config.reader import Document, read
from licsync.processes import Background, can_fork, cores

WORTHWHILE = 256 * 1024
"""Bytes from which on another process is worth its start."""

_CHUNKS = 255  # one byte names a chunk, and a pipe holds them all
_MOST = 8  # processes

_Chunk = Sequence[tuple[str, bytes]]


def read_documents(
    contents: Mapping[str, bytes], *, jobs: int | None = None, meanwhile: Callable[[], None] = lambda: None
) -> list[Document]:
    """Read files, in their order.

    Args:
        contents: their bytes, by name.
        jobs: how many processes read; as many as there are cores where it is not given.
        meanwhile: what this process has to do anyway, done first where others read at the same time.
    """
    size = sum(map(len, contents.values()))
    others = min(cores() if jobs is None else jobs, size // WORTHWHILE, _MOST) - 1
    if others < 1 or not can_fork(jobs):
        return [read(data, name) for name, data in contents.items()]
    chunks = _chunks(list(contents.items()), size)
    queue = _queue(len(chunks))
    work = [Background(lambda: dict(_taken(chunks, queue)), jobs) for _ in range(others)]
    meanwhile()
    found = dict(_taken(chunks, queue))
    for part in work:
        found |= part.result()
    os.close(queue)
    missing = set(range(len(chunks))) - found.keys()  # where a process took them and came to no good end
    found |= {number: _read_chunk(chunks[number]) for number in missing}
    return [document for number in range(len(chunks)) for document in found[number]]


def _chunks(files: Sequence[tuple[str, bytes]], size: int) -> Sequence[_Chunk]:
    """Group neighbouring files into chunks of about the same size."""
    chunks: list[list[tuple[str, bytes]]] = [[]]
    least, filled = size // _CHUNKS + 1, 0
    for file in files:
        if filled >= least:
            chunks.append([])
            filled = 0
        chunks[-1].append(file)
        filled += len(file[1])
    return chunks


def _queue(count: int) -> int:
    """Make a pipe that gives every chunk's number once, to whoever reads it first."""
    reading, writing = os.pipe()
    os.write(writing, bytes(range(count)))
    os.close(writing)
    return reading


def _taken(chunks: Sequence[_Chunk], queue: int) -> Iterator[tuple[int, list[Document]]]:
    while number := os.read(queue, 1):
        yield number[0], _read_chunk(chunks[number[0]])


def _read_chunk(chunk: _Chunk) -> list[Document]:
    return [read(data, name) for name, data in chunk]
