"""Forms this user began and neither finished nor gave up: a closed tab loses their address, not them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import streamlit as st

from school.access.rules import Actor
from school.ui import drafts, words

SHOWN_MAX = 3
READ_MAX = 20  # some of them may be done with, or of nobody


@dataclass(frozen=True)
class Begun:
    """`said` tells which it is; at `address` the form stands as it was left."""

    request_id: str
    said: str
    saved_at: datetime
    address: Mapping[str, str]


def draw(found: Sequence[Begun], heading: str, form: drafts.Form, actor: Actor) -> None:
    """Small and quiet: to go on with one, or to give it up."""
    if not found:
        return
    with st.container(gap="small"):
        st.markdown(words.quiet(heading))
        for one in found:
            _row(one, form, actor)


def _row(one: Begun, form: drafts.Form, actor: Actor) -> None:
    quiet: dict[str, Any] = {"type": "tertiary", "width": "content"}
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall"):
        st.markdown(f"{one.said} {words.quiet(words.ago(one.saved_at))}", width="content")
        with st.container(horizontal=True, gap="small", width="content"):
            st.button(
                "Go on",
                key=f"{form.page}.go_on.{one.request_id}",
                icon=":material/edit:",
                on_click=_go_on,
                args=(one,),
                **quiet,
            )
            st.button(
                "Forget",
                key=f"{form.page}.forget.{one.request_id}",
                icon=":material/close:",
                on_click=drafts.forget,
                args=(form, actor, one.request_id),
                **quiet,
            )


def _go_on(one: Begun) -> None:
    st.query_params.update(dict(one.address))
