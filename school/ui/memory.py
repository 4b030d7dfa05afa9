"""What a session holds, in one look."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import streamlit as st

LOOKS = 100


def everything() -> dict[str, Any]:
    """Values by key. No run can be stopped here.

    A run that is being stopped goes on for a moment beside the one that follows it. What it takes away while
    the other looks ends the look, so that it is begun again.
    """
    for _ in range(LOOKS):
        with suppress(KeyError, RuntimeError):
            return st.session_state.to_dict()
    return st.session_state.to_dict()


def forget(key: str) -> None:
    """Where another run was quicker it is gone already."""
    with suppress(KeyError):
        del st.session_state[key]
