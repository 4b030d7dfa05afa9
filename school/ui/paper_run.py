"""Many papers as one file: made with its progress when it is asked for, and then fetched."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st
from sqlalchemy.orm import Session
from streamlit.delta_generator import DeltaGenerator

from school.access.rules import Actor
from school.access.service import authorise
from school.db import reading

T = TypeVar("T")
PAPERS_MAX = 5_000  # in one file; it is held in memory until it is fetched
AS = {"One PDF": "pdf", "A PDF each, zipped": "zip"}
MIME = {"pdf": "application/pdf", "zip": "application/zip"}


@dataclass(frozen=True)
class PaperRun(Generic[T]):
    """`key` begins the names of the widgets; a file answers only the question `asked` it was made for."""

    key: str
    asked: Hashable
    count: int
    word: str  # statement
    file_name: str  # without its ending
    kind: str  # pdf, zip
    capability: str
    read: Callable[[Session], Iterator[T]]
    make: Callable[[Iterator[T]], bytes]

    @property
    def words(self) -> str:
        """`1 statement`, `180 statements`"""
        return f"{self.count:,} {self.word}{'' if self.count == 1 else 's'}"


def offer(run: PaperRun[Any], actor: Actor, *, primary: bool = True) -> None:
    """The button that makes the file, and once it is made, the one that fetches it."""
    held: Any = st.session_state.get(f"{run.key}.file")
    made: bytes | None = held[1] if held and held[0] == run.asked else None
    bar = st.empty()
    if st.button(
        f"Make {run.words}",
        type="primary" if primary and not made else "secondary",
        icon=":material/print:",
        key=f"{run.key}.make",
    ):
        st.session_state[f"{run.key}.file"] = (run.asked, _make(run, actor, bar))
        st.rerun()
    if made:
        _fetch(run, made, primary)


def _make(run: PaperRun[Any], actor: Actor, bar: DeltaGenerator) -> bytes:
    with reading() as session:
        authorise(session, actor, run.capability)
        made = run.make(_counted(run, run.read(session), bar))
    bar.empty()
    return made


def _counted(run: PaperRun[Any], papers: Iterator[Any], bar: DeltaGenerator) -> Iterator[Any]:
    """Progress while the papers are set; whoever leaves the page stops them."""
    for number, paper in enumerate(papers, start=1):
        if number % 10 == 0 or number == run.count:
            bar.progress(min(number / run.count, 1.0), text=f"{number:,} of {run.words}")
        yield paper


def _fetch(run: PaperRun[Any], made: bytes, primary: bool) -> None:
    megabytes = max(1, round(len(made) / 2**20))
    st.success(f"The file is ready: {megabytes} MB.", icon=":material/check_circle:")
    st.download_button(
        "Download",
        made,
        file_name=f"{run.file_name}.{run.kind}",
        mime=MIME[run.kind],
        type="primary" if primary else "secondary",
        icon=":material/download:",
        on_click="ignore",
        key=f"{run.key}.download",
    )
