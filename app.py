"""The launcher: `streamlit run app.py` finds `app`. The screens are in pages/, the frame in school/ui/.

The main script must not lie beside pages/: a deep link to a cold server would run a page without it.
"""

from pathlib import Path

import streamlit as st

from school.ui.errors import on_script_error
from school.ui.middleware import MIDDLEWARE
from school.ui.web import EXCEPTION_HANDLERS, ROUTES, lifespan

app = st.App(
    Path(__file__).with_name("school") / "ui" / "main.py",
    routes=ROUTES,
    middleware=MIDDLEWARE,
    lifespan=lifespan,
    exception_handlers=EXCEPTION_HANDLERS,
    on_script_error=on_script_error,
)
