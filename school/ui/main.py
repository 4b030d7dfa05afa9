"""Every run starts here: who is it, which pages are theirs, and then the page.

All pages are registered at every run, or a deep link would answer “page not found”; each guards itself.
"""

from __future__ import annotations

import streamlit as st

from school.access.queries import Standing
from school.access.rules import ROLE_NAMES, Actor
from school.errors import Unavailable
from school.ui import (
    away,
    browser,
    errors,
    feedback,
    first_steps,
    identity,
    invitation,
    leaving,
    letterhead,
    links,
    observed,
    screens,
    setup,
    signin,
)
from school.ui.turns import turns
from school.ui.words import plain

ABOUT = "An open-source school fee ledger: every balance is right and can be explained."


def account(actor: Actor) -> None:
    with st.sidebar, st.container(gap="xsmall"):
        st.markdown(f"**{plain(letterhead.school_name())}**")
        roles = ", ".join(ROLE_NAMES[role] for role in sorted(actor.roles))
        st.page_link(
            links.PROFILE,
            label=plain(f"{actor.full_name} · {roles}"),
            icon=":material/account_circle:",
            help="",
        )
        st.button(
            "Sign out",
            icon=":material/logout:",
            key="frame.sign_out",
            type="tertiary",
            on_click=identity.leave,
        )
        browser.keep_in_step()


def draw(page: st.Page, found: Standing | None, *, ready: bool) -> None:
    away.banner()
    if not ready:
        setup.draw()
    elif first_steps.draw_throw_away_sign_ins():
        return
    elif found is None:
        signin.draw()
        browser.keep_in_step()
    else:
        account(found.actor)
        if invitation.wanted():
            invitation.draw_for(found.actor)
        elif first_steps.just_opened():
            first_steps.draw_students_next()
        else:
            with identity.looked_up(found):
                page.run()


def run(seen: observed.Run) -> None:
    st.set_page_config(page_icon=screens.mark(), layout="wide", menu_items={"About": ABOUT})
    st.logo(screens.logo(), icon_image=screens.mark(), size="large")
    try:
        ready = setup.is_done()
        found = identity.current() if ready else None
    except Unavailable as error:
        st.navigation(screens.pages(None), position="hidden")
        away.draw(error)
        st.stop()  # a run that ends by itself would forget what stands in the fields
    away.put_back()
    seen.actor = actor = found.actor if found else None
    errors.remember(actor)
    page = st.navigation(screens.pages(actor), position="sidebar" if actor else "hidden")
    seen.page = page.url_path or "today" if actor else "sign_in" if ready else "set_up"
    leaving.page_changed(page.url_path)
    draw(page, found, ready=ready)


with observed.run() as running, turns.one(pressed=feedback.pressed()):
    run(running)
