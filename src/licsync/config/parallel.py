"""Reads the files of an account on all cores: parsing dominates the plan of a large account.

The processes take the files in turn from one queue, and this one takes its share as well.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from licsync.config.files import WORTHWHILE
from licsync.config.yaml.document import Document
from licsync.config.yaml.parser import read
from licsync.diagnostics import MAX_FAULTS
from licsync.forking import ForkedTask, can_fork, cores

_CHUNKS = 255  # one byte names a chunk, and a pipe holds them all
_MOST = 8  # processes

_Chunk = Sequence[tuple[str, bytes]]

Result = TypeVar("Result")


def read_documents(contents: Mapping[str, bytes], *, jobs: int | None = None) -> list[Document]:
    """Read files, in their order; see `start_reading`."""
    return start_reading(contents, jobs=jobs)()


def start_reading(
    contents: Mapping[str, bytes], *, jobs: int | None = None
) -> Callable[[], list[Document]]:
    """Start to read files in other processes.

    Where there are more than `MAX_FAULTS` faults, the files that come then are not read.

    Args:
        contents: their bytes, by name.
        jobs: how many processes there are, as for `start_mapping`.

    Returns:
        what finishes the work and gives the documents, in the order of the files.
    """
    count = 0

    def parse(name: str, data: bytes) -> Document:
        nonlocal count
        if count > MAX_FAULTS:
            return Document(name, {}, {}, [], False)
        document = read(data, name)
        count += len(document.faults)
        return document

    return start_mapping(contents, parse, jobs=jobs)


def start_mapping(
    contents: Mapping[str, bytes], work: Callable[[str, bytes], Result], *, jobs: int | None = None
) -> Callable[[], list[Result]]:
    """Start to do something with each of many files, in other processes.

    Args:
        contents: their bytes, by name.
        work: what to do with one: it changes nothing outside, and its result can be pickled.
        jobs: how many processes there are, this one included; None for one per core.

    Returns:
        what does this process's share and gives the results, in the order of the files. Where one
        process is enough, its share is everything.
    """
    size = sum(map(len, contents.values()))
    others = min(cores() if jobs is None else jobs, size // WORTHWHILE, _MOST) - 1
    if others < 1 or not can_fork(jobs):
        return lambda: [work(name, data) for name, data in contents.items()]
    chunks = _chunks(list(contents.items()), size)
    queue = _queue(len(chunks))

    def work_in_child() -> dict[int, bytes]:
        # each result at once: at the end, this process would wait for all of them
        parts = _work_off(chunks, queue, work)
        return {number: pickle.dumps(part, pickle.HIGHEST_PROTOCOL) for number, part in parts}

    processes = [ForkedTask(work_in_child, jobs) for _ in range(others)]

    def finish() -> list[Result]:
        found = dict(_work_off(chunks, queue, work))
        for process in processes:
            found |= {number: pickle.loads(part) for number, part in process.result().items()}
        os.close(queue)
        # where a process took them and came to no good end
        missing = set(range(len(chunks))) - found.keys()
        found |= {number: [work(*file) for file in chunks[number]] for number in missing}
        return [result for number in range(len(chunks)) for result in found[number]]

    return finish


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


def _work_off(
    chunks: Sequence[_Chunk], queue: int, work: Callable[[str, bytes], Result]
) -> Iterator[tuple[int, list[Result]]]:
    while number := os.read(queue, 1):
        yield number[0], [work(*file) for file in chunks[number[0]]]
