"""What proves or changes who one is, or adds a student, pressed twice happens once, and says that it did."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from school import clock
from school.access import listing, second_factors
from school.access.models import SecondFactor, SignInAttempt
from school.access.rules import FINANCE
from school.audit import events
from school.audit.models import AuditEvent
from school.students.models import Student
from tests import people
from tests.interruptions import held, often
from tests.journeys import steps
from tests.serving import Site

Visit = Callable[..., Page]
NEW = "seven quiet otters swim"


def new_user(site: Site, name: str) -> int:
    with site.database.writing() as session:
        return people.user(session, FINANCE, name=name)


def press_twice(site: Site, page: Page, button: str) -> None:
    """The second press comes while the first waits to write."""
    with held.writers_held(site.database):
        for _ in range(2):
            page.get_by_role("button", name=button, exact=True).click()
            held.writer_waits(site.database)


@often.on_sqlite_first
def test_signing_in_is_one_attempt_and_one_device(visit: Visit, site: Site) -> None:
    user_id = new_user(site, "eager")
    page = visit("/")
    page.get_by_label("User name").fill("eager")
    page.get_by_role("textbox", name="Password").fill(people.PASSWORD)

    press_twice(site, page, "Sign in")

    steps.expect_page(page, "Today")
    with site.database.reading() as session:
        assert len(listing.sign_ins_of(session, user_id)) == 1
        tried = select(func.count()).select_from(SignInAttempt).where(SignInAttempt.name == "eager")
        assert session.scalar(tried) == 1


@often.on_sqlite_first
def test_a_changed_password_is_changed_once_and_said_so(visit: Visit, site: Site) -> None:
    user_id = new_user(site, "hasty")
    page = visit("/profile", name="hasty")
    page.get_by_label("Present password").fill(people.PASSWORD)
    page.get_by_label("New password").fill(NEW)
    page.get_by_label("The same again").fill(NEW)

    press_twice(site, page, "Change the password")

    told = page.get_by_test_id("stAlert")
    expect(told).to_contain_text("Your password is changed.", timeout=steps.PATIENCE_MS)
    steps.settled(page)
    expect(told).to_have_count(1)
    with site.database.reading() as session:
        changes = select(func.count()).where(
            AuditEvent.event == events.PASSWORD_CHANGED, AuditEvent.subject == f"user:{user_id}"
        )
        assert session.scalar(changes) == 1


@often.on_sqlite_first
def test_a_second_factor_is_set_up_and_shown_again_with_codes_that_work_once(
    visit: Visit, site: Site
) -> None:
    user_id = new_user(site, "sure")
    page = visit("/profile", name="sure")
    page.get_by_label("Password", exact=True).fill(people.PASSWORD)
    press_twice(site, page, "Set up a second factor")
    expect(page.get_by_role("textbox", name="Code")).to_be_visible(timeout=steps.PATIENCE_MS)
    with site.database.reading() as session:
        secret = session.scalars(
            select(SecondFactor.offered_secret).where(SecondFactor.user_id == user_id)
        ).one()

    page.get_by_role("textbox", name="Code").fill(pyotp.TOTP(str(secret)).at(clock.now()))
    press_twice(site, page, "Switch it on")
    steps.expect_page(page, "Keep these recovery codes")
    codes = page.get_by_test_id("stCode")
    expect(codes).to_have_count(1)  # the secret shown before goes when the run has ended
    recovery = codes.inner_text().split()[0]
    page.get_by_role("button", name="I have kept them").click()

    told = page.get_by_test_id("stAlert")
    expect(told).to_contain_text("Your second factor is on.", timeout=steps.PATIENCE_MS)
    steps.settled(page)
    expect(told).to_have_count(1)
    page.reload()
    page.get_by_label("Password", exact=True).fill(people.PASSWORD)
    page.get_by_role("textbox", name="Code").fill(recovery)
    press_twice(site, page, "Change the second factor")

    expect(page.get_by_role("button", name="New recovery codes")).to_be_visible(timeout=steps.PATIENCE_MS)
    expect(told).to_have_count(0)
    press_twice(site, page, "New recovery codes")
    steps.expect_page(page, "Keep these recovery codes")
    with site.database.writing() as session:
        expect(codes).to_have_count(1)
        shown = codes.inner_text().split()[0]
        assert second_factors.accepts(session, user_id=user_id, code=shown)


@often.on_sqlite_first
def test_a_student_is_added_once_and_said_so(visit: Visit, site: Site) -> None:
    page = visit("/details", name="ada")
    page.get_by_label("Admission number").fill("T-2")
    page.get_by_label("Last name").fill("Twice")

    press_twice(site, page, "Add the student")

    steps.expect_page(page, "Twice")
    told = page.get_by_test_id("stAlert")
    expect(told).to_contain_text("Twice is added.", timeout=steps.PATIENCE_MS)
    steps.settled(page)
    expect(told).to_have_count(1)
    with site.database.reading() as session:
        added = select(func.count()).select_from(Student).where(Student.admission_no == "T-2")
        assert session.scalar(added) == 1
