"""What interrupts a press, each by its name in one small function."""

from __future__ import annotations

from collections.abc import Callable

from tests.interruptions.desk import Form, record

Press = Callable[[Form], None]
Interruption = Callable[[Form], None]


def double_click(form: Form) -> None:
    record(form.page).dblclick(no_wait_after=True)


def triple_click(form: Form) -> None:
    record(form.page).click(click_count=3, no_wait_after=True)


def enter_twice(form: Form) -> None:
    record(form.page).focus()
    form.page.keyboard.press("Enter")
    form.page.keyboard.press("Enter")


def ctrl_enter_twice(form: Form) -> None:
    record(form.page).focus()
    form.page.keyboard.press("Control+Enter")
    form.page.keyboard.press("Control+Enter")


def reload(form: Form) -> None:
    form.page.reload(wait_until="commit")


def back(form: Form) -> None:
    form.page.go_back(wait_until="commit")


def back_and_forward(form: Form) -> None:
    form.page.go_back(wait_until="commit")
    form.page.go_forward(wait_until="commit")


def close_tab(form: Form) -> None:
    """The clerk opens another instead."""
    context = form.page.context
    form.page.close()
    form.page = context.new_page()


def another_widget(form: Form) -> None:
    """A box is ticked; there may be none any more, where the receipt stands already."""
    box = form.page.locator(".st-key-payments-for_one_charge input")
    box.evaluate_all("found => found[0]?.click()")


def another_page(form: Form) -> None:
    form.page.get_by_test_id("stSidebarNavLink").filter(has_text="Students").click(no_wait_after=True)


PRESSES = (double_click, triple_click, enter_twice, ctrl_enter_twice)
