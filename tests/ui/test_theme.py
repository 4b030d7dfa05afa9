"""The theme that is sent with every run is the one of the settings, whoever looked it up."""

from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session

from school.ui import theme


def whole() -> bytes:
    """All of it, in the order in which a run begins."""
    found = CustomThemeConfig()
    populate = app_session._populate_theme_msg
    populate(found)
    for name, part in (
        ("theme.light", found.light),
        ("theme.dark", found.dark),
        ("theme.sidebar", found.sidebar),
        ("theme.light.sidebar", found.light.sidebar),
        ("theme.dark.sidebar", found.dark.sidebar),
    ):
        populate(part, name)
    return found.SerializeToString(deterministic=True)


def test_a_theme_looked_up_once_is_sent_as_one_looked_up_anew(monkeypatch):
    monkeypatch.setattr(app_session, "_populate_theme_msg", theme._look_up)
    anew = whole()
    theme.keep()
    assert (whole(), whole()) == (anew, anew)
    assert b"#0F5F5C" in anew
