"""Many letters as one file to print, or as a file each in a zip: bounded in memory, however many they are.

A few letters are set at once, tagged for those who listen to them. More are set some at a time and bound
together without tags, which would make the file ten times as large: such a file goes to the printer.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pypdf import PdfWriter

from school.documents import engine

T = TypeVar("T")
In = TypeVar("In")

AT_ONCE = 25  # letters in one run of the compiler, which takes 2 MB for each
SIDE_BY_SIDE = 2  # as many as the engine sets at once


def bound(letters: Iterable[T], set_: Callable[[list[T], bool], bytes]) -> bytes:
    """One PDF of all letters; `set_` makes that of some, tagged or not. Raises ValueError for none."""
    waiting = iter(letters)
    first = list(islice(waiting, AT_ONCE))
    if not first:
        raise ValueError("there is nothing to print")
    after = list(islice(waiting, AT_ONCE))
    if not after:
        return set_(first, True)
    writer = PdfWriter()
    for part in _side_by_side(_chunks(first, after, waiting), lambda some: set_(some, False)):
        writer.append(io.BytesIO(part))
        engine.forget()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _chunks(first: list[T], after: list[T], waiting: Iterator[T]) -> Iterator[list[T]]:
    yield from (first, after)
    while some := list(islice(waiting, AT_ONCE)):
        yield some


def zipped(letters: Iterable[tuple[str, T]], set_: Callable[[T], bytes]) -> bytes:
    """A zip with a PDF of each letter, by the name it comes with; a name that came before gets a number."""
    out, taken = io.BytesIO(), dict[str, int]()
    with ZipFile(out, "w", ZIP_DEFLATED) as file:
        made = _side_by_side(letters, lambda letter: (letter[0], set_(letter[1])))
        for name, pdf in made:
            taken[name] = taken.get(name, 0) + 1
            again = f" ({taken[name]})" if taken[name] > 1 else ""
            info = ZipInfo(f"{name}{again}.pdf")  # no time: the same letters are the same bytes
            info.compress_type = ZIP_DEFLATED
            file.writestr(info, pdf)
    return out.getvalue()


def file_name(text: str) -> str:
    """What was typed as the name of a file: `S/12` is `S-12`."""
    return "".join(c if c.isalnum() or c in " ._-" else "-" for c in text).strip(" .") or "letter"


def _side_by_side(given: Iterable[In], make: Callable[[In], T]) -> Iterator[T]:
    """The results in order; no more is begun than is worked on, and `given` is asked in this thread."""
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="binding") as workers:
        begun: list[Future[T]] = []
        for one in given:
            begun.append(workers.submit(make, one))
            if len(begun) > SIDE_BY_SIDE:
                yield begun.pop(0).result()
        for future in begun:
            yield future.result()
