"""Every run starts here: who is it, which pages are theirs, and then the page.

All pages are registered at every run, or a deep link would answer “page not found”; each guards itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import streamlit as st

from school.access.queries import Standing
from school.access.rules import ROLE_NAMES, Actor
from school.errors import Unavailable
from school.settings import ROOT
from school.ui import (
    away,
    browser,
    errors,
    first_steps,
    identity,
    invitation,
    leaving,
    letterhead,
    links,
    observed,
    setup,
    signin,
)
from school.ui.words import plain

PAGES = ROOT / "pages"
ASSETS = ROOT / "school" / "ui" / "assets"
ABOUT = "An open-source school fee ledger: every balance is right and can be explained."


@dataclass(frozen=True)
class Screen:
    """A page, who sees it in the menu, and what its tooltip says."""

    name: str
    title: str
    icon: str
    capability: str
    help: str
    in_menu: bool = True


SCREENS = (
    Screen("today", "Today", "today", "today.read", "What happened today, and where to begin."),
    Screen(
        "payments", "Payments", "payments", "payments.record", "Take a payment and hand over the receipt."
    ),
    Screen(
        "cashup", "Cash-up", "point_of_sale", "cash_up.sign", "Count a till, sign, bank, and close the day."
    ),
    Screen("students", "Students", "groups", "students.read", "Find a student and see who owes what."),
    Screen("student", "Student", "person", "students.read", "One account and its statement.", in_menu=False),
    Screen("entries", "Entries", "list_alt", "students.read", "The entries behind a figure.", in_menu=False),
    Screen("entry", "Entry", "receipt_long", "students.read", "One entry, whole.", in_menu=False),
    Screen(
        "approvals",
        "Approvals",
        "rule",
        "approvals.decide",
        "What is above a limit and waits for a second person.",
    ),
    Screen(
        "family",
        "Family",
        "family_restroom",
        "students.read",
        "One family account and who pays.",
        in_menu=False,
    ),
    Screen(
        "dashboard", "Dashboard", "monitoring", "reports.read", "What is owed, due, overdue and collected."
    ),
    Screen(
        "open_charges",
        "Open charges",
        "hourglass",
        "reports.read",
        "The charges behind a debt.",
        in_menu=False,
    ),
    Screen("fees", "Fees", "request_quote", "fees.manage", "What is charged, and the runs that charge it."),
    Screen(
        "reports", "Reports", "table_chart", "reports.read", "What the books say, to read and to take along."
    ),
    Screen("letters", "Letters", "mail", "letters.send", "Remind families, and see what was sent."),
    Screen("imports", "Imports", "upload_file", "imports.run", "Bring in students and opening balances."),
    Screen("users", "Users", "manage_accounts", "users.manage", "Who may sign in, and what they may do."),
    Screen(
        "settings",
        "Settings",
        "settings",
        "settings.manage",
        "The school, its years and classes, numbering and limits.",
    ),
    Screen("audit", "Audit log", "history", "audit.read", "Who changed what, before and after."),
    Screen("health", "Health", "monitor_heart", "health.read", "Do the books agree, and what went wrong."),
    Screen(
        "profile",
        "Your profile",
        "account_circle",
        "profile.own",
        "Password, second factor, devices, and how your screens look.",
        in_menu=False,
    ),
)


def home() -> None:
    """The root of the site leads to Today, which so has an address of its own.

    A run that the browser asks for before it was told which page it is on comes here as well, and goes there.
    """
    asked = urlsplit(st.context.url or "").path.rpartition("/")[2]
    known = any(asked == screen.name for screen in SCREENS)
    st.switch_page(PAGES / f"{asked if known else 'today'}.py", query_params=st.query_params.to_dict())


def menu(actor: Actor | None) -> list[st.Page]:
    root = st.Page(home, title="Today", icon=":material/today:", default=True, visibility="hidden")
    return [root, *(_page(screen, actor) for screen in SCREENS)]


def _page(screen: Screen, actor: Actor | None) -> st.Page:
    return st.Page(
        PAGES / f"{screen.name}.py",
        title=screen.title,
        icon=f":material/{screen.icon}:",
        url_path=screen.name,
        visibility="visible" if actor and screen.in_menu and actor.can(screen.capability) else "hidden",
        help=screen.help,
    )


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
    st.set_page_config(page_icon=ASSETS / "mark.svg", layout="wide", menu_items={"About": ABOUT})
    st.logo(ASSETS / "logo.svg", icon_image=ASSETS / "mark.svg", size="large")
    try:
        ready = setup.is_done()
        found = identity.current() if ready else None
    except Unavailable as error:
        st.navigation(menu(None), position="hidden")
        away.draw(error)
        st.stop()  # a run that ends by itself would forget what stands in the fields
    away.put_back()
    seen.actor = actor = found.actor if found else None
    errors.remember(actor)
    page = st.navigation(menu(actor), position="sidebar" if actor else "hidden")
    seen.page = page.url_path or "today" if actor else "sign_in" if ready else "set_up"
    leaving.page_changed(page.url_path)
    draw(page, found, ready=ready)


with observed.run() as running:
    run(running)
