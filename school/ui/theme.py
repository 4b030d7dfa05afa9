"""The theme goes to the browser with every run of a page, and does not change while the program runs.

Streamlit looks for it each time among all of its settings, six times over: a sixteenth of the processor
with a hundred people at work. Here it is looked up once.
"""

from __future__ import annotations

from functools import cache

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

_look_up = app_session._populate_theme_msg  # noqa: SLF001 - no setting says that settings do not change


def keep() -> None:
    """From now on what Streamlit found first is what it sends."""
    app_session._populate_theme_msg = _copy  # noqa: SLF001


@cache
def _found(section: str) -> CustomThemeConfig:
    found = CustomThemeConfig()
    _look_up(found, section)
    return found


def _copy(msg: CustomThemeConfig, section: str = "theme") -> None:
    if (found := _found(section)).ByteSize():  # an empty section is not there at all
        msg.MergeFrom(found)
