"""A bug is logged once with a number; the person reads one sentence and stays signed in."""

from __future__ import annotations

import logging
import secrets

import streamlit as st

from school.errors import SchoolError, Unavailable
from school.ui import identity

log = logging.getLogger(__name__)
KEPT = ("guard.", "feedback.")


def on_script_error(error: Exception) -> bool:
    """Called by the server for anything a page did not catch; True means: shown, do not show a stack trace.

    Interruptions are not errors and never come here.
    """
    if isinstance(error, Unavailable):
        log.warning("unavailable", extra={"page": _page(), "cause": str(error.__cause__)})
        st.error(error.sentence, icon=":material/cloud_off:")
        return True
    number = secrets.token_hex(3).upper()
    log.error(
        "incident",
        exc_info=error,
        extra={
            "incident": number,
            "page": _page(),
            "sign_in": st.session_state.get(identity.SIGN_IN),
            "address": st.query_params.to_dict(),
        },
    )
    said = error.sentence if isinstance(error, SchoolError) else "Something went wrong on our side."
    st.error(
        f"{said} It is noted as incident {number}. Before you try again, look at the recent receipts: "
        "what you did may already be done.",
        icon=":material/error:",
    )
    _forget_the_page()
    return True


def _page() -> str:
    url = st.context.url
    return url if isinstance(url, str) else ""


def _forget_the_page() -> None:
    """What the page remembered may be what broke it; the sign-in and the request id in the address stay."""
    for key in list(st.session_state):
        if not str(key).startswith(KEPT):
            del st.session_state[key]
