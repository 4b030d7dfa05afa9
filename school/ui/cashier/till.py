"""One's own till: what the books expect, the form that counts it, and the variance while it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.cashier import queries, service
from school.cashier.queries import Count, Moved, Till
from school.cashier.rules import denominations
from school.db import writing
from school.drafts import service as drafting
from school.ledger import queries as ledger
from school.money import Currency
from school.students import queries as students
from school.students.queries import SchoolFacts
from school.ui import cards, drafts, feedback, keyboard, links, once, tables, unsent, words
from school.ui.cashier import count_fields, said
from school.ui.cashier.count_fields import DRAFT, RECORD, Typed

TICKET, THROUGH, AGAIN, WHOSE = "count", "through", "again", "till"
CARD = 160  # pixels: two beside each other on a phone


@dataclass(frozen=True)
class Desk:
    """A till to be counted. `came` is what moved in it after the entries to be counted, up to `seen`."""

    school: SchoolFacts
    till: Till
    last: Count | None
    again: Count | None
    names: dict[str, str]
    came: list[Moved]
    seen: int
    request_id: str
    recorded: Count | None
    is_own: bool

    @property
    def unit(self) -> Currency:
        return self.school.currency


def read(session: Session, actor: Actor) -> Desk:
    """The till the address names, else the actor's own. Raises NotFound."""
    request_id = once.ticket(TICKET)
    whose = links.number(WHOSE) or actor.user_id or 0
    drafts.restore(DRAFT, actor, request_id, whose)
    last, seen = queries.last_count(session, whose), ledger.last_entry(session)
    again = last if last and last.id == links.number(AGAIN) and last.state == "waiting" else None
    made = queries.count_of_request(session, request_id)
    till = queries.till(session, whose, through=_through(seen), replaces=again.id if again else None)
    return Desk(
        students.school(session),
        till,
        last,
        again,
        queries.tenders(session),
        queries.entries(session, whose, after=till.through_entry, through=seen),
        seen,
        request_id,
        queries.count(session, made) if made else None,
        whose == actor.user_id,
    )


def _through(seen: int) -> int:
    """The entry the count goes through; it stays while something is typed, and is the newest until then."""
    given = links.number(THROUGH)
    held: drafts.Held | None = st.session_state.get(DRAFT.held)
    if 0 < given <= seen and held and held.kept:
        return given
    st.query_params[THROUGH] = str(seen)
    return seen


def draw(desk: Desk, actor: Actor) -> None:
    """What is expected and the form that counts it; or that there is nothing to count."""
    if desk.recorded:
        _say_what_is_recorded(desk, desk.recorded)
        st.rerun()
    if desk.last and not desk.again:
        _last(desk, desk.last)
    if not desk.till.tenders:
        whose = "your till" if desk.is_own else f"the till of {words.plain(desk.till.cashier)}"
        st.info(f"Nothing came into {whose} since it was last counted.", icon=":material/check_circle:")
        st.page_link(links.PAYMENTS, label="Take a payment", icon=":material/payments:")
        return
    _expected(desk)
    _came(desk)
    _form(desk, actor)


def _last(desk: Desk, last: Count) -> None:
    counted = f"{desk.unit.code} {said.amount(last.counted, desk.unit)}"
    state = f"signed by {words.plain(last.signed_by)}" if last.signed_by else "nobody has signed it yet"
    when = words.moment(last.counted_at, desk.school.time_zone)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"Cash-up {last.id} of {when}: {counted}, {said.of_count(last, desk.unit)}; {state}.",
            width="content",
        )
        st.page_link(links.CASHUP, label="Look at it", query_params=links.cash_up(last.id))


def _expected(desk: Desk) -> None:
    till, unit = desk.till, desk.unit
    whose = "In your till" if desk.is_own else f"In the till of {words.plain(till.cashier)}"
    figures = [said.amount(one, unit) for one in (till.total, *(each.amount for each in till.tenders))]
    with st.grid(4, gap="small", min_column_width=cards.width(figures)):
        st.metric(
            f"{whose} ({unit.code})",
            said.amount(till.total, unit),
            delta=f"{till.entries:,} {'entry' if till.entries == 1 else 'entries'}",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )
        for tender in till.tenders:
            name = words.plain(tender.name)
            st.metric(name, said.amount(tender.amount, unit), border=True, height="stretch")
    st.page_link(
        links.ENTRIES,
        label="The entries it is made of",
        icon=":material/list_alt:",
        query_params=links.entries(
            actor_id=till.cashier_id,
            account_type="tender",
            after=till.after_entry,
            through=till.through_entry,
        ),
    )


def _came(desk: Desk) -> None:
    """What was recorded while the till is counted belongs to the next count, unless it is taken in."""
    if not desk.came:
        return
    names = ", ".join(entry.name for entry in desk.came)
    amount = said.amount(sum(entry.amount for entry in desk.came), desk.unit)
    st.warning(
        f"{names} came in while you counted: {desk.unit.code} {amount}. It is left to the next count.",
        icon=":material/warning:",
    )
    st.button(
        "It is in what I counted",
        key="cashup.take_in",
        icon=":material/playlist_add:",
        help="Expect it in this count",
        on_click=_take_in,
        args=(desk.seen,),
    )


def _take_in(seen: int) -> None:
    st.query_params[THROUGH] = str(seen)


def _form(desk: Desk, actor: Actor) -> None:
    form = (DRAFT, actor, desk.request_id, desk.till.cashier_id)
    keep = partial(drafts.keep, *form)
    left, right = st.columns(2, gap="large")
    with left:
        last_float = desk.last.cash_float if desk.last else 0
        typed = count_fields.draw(desk.till, desk.unit, desk.names, last_float, keep)
        feedback.problem("cashup.counted")
    with right:
        st.header("What it comes to", anchor=False)
        _outcome(desk, typed)
        reason = count_fields.reason(keep)
        typed = typed.because(reason)
        st.button(
            "Record the count",
            type="primary",
            key=RECORD,
            icon=":material/check:",
            width="stretch",
            help="Ctrl+Enter does the same",
            on_click=_record,
            args=(desk, typed, actor),
        )
        st.caption("Somebody else signs it. Until then it can be counted again.")
    keep()
    fields = [*(field.key for field in typed.coins.values()), typed.other.key, typed.cash_float.key]
    fields += [*(field.key for field in typed.counted.values()), typed.reason.key]
    keyboard.mount(
        "cashup.keys",
        form=desk.request_id,
        start=f"cashup.coin.{denominations(desk.unit)[0]}",
        enter=dict(zip(fields, [*fields[1:], RECORD], strict=True)),
        press=RECORD,
    )
    unsent.watch(*form)


def _outcome(desk: Desk, typed: Typed) -> None:
    """Expected, counted and the variance of each tender, as far as it is typed."""
    found, unit = typed.so_far(), desk.unit
    moved = {tender.account: tender for tender in desk.till.tenders}
    accounts = [account for account in typed.names if account in moved or found.get(account)]
    expected = [desk.till.expected(account) for account in accounts]
    counted = [found.get(account) for account in accounts]
    tables.plain(
        {
            "Tender": [typed.names[account] for account in accounts],
            "Expected": [said.amount(amount, unit) for amount in expected],
            "Counted": ["–" if one is None else said.amount(one, unit) for one in counted],
            "Variance": [
                "" if one is None else said.variance(one - amount, unit)
                for one, amount in zip(counted, expected, strict=True)
            ],
        },
        amounts=("Expected", "Counted", "Variance"),
        key="cashup.outcome",
        alt="Expected, counted and variance by tender",
    )


def _record(desk: Desk, typed: Typed, actor: Actor) -> None:
    """For the button: what was pressed is written before anything can stop it."""
    with feedback.attempt("cashup", float=count_fields.FLOAT) as stands:
        now = typed.at(stands)
        now.cash()
        coins, stays = now.pieces(), now.stays()
        counted, reason = now.others(desk.till), now.reason.words()
        with once.holding(desk.request_id), writing() as session:
            service.count(
                session,
                actor=actor,
                request_id=desk.request_id,
                cashier_id=desk.till.cashier_id,
                through_entry=desk.till.through_entry,
                seen_entry=desk.seen,
                replaces=desk.again.id if desk.again else None,
                coins=coins,
                cash_float=stays,
                counted=counted,
                reason=reason,
            )
            drafting.forget(session, actor=actor, form=DRAFT.name, request_id=desk.request_id)


def _say_what_is_recorded(desk: Desk, made: Count) -> None:
    counted = f"{desk.unit.code} {said.amount(made.counted, desk.unit)}"
    feedback.say(
        "success",
        f"Cash-up {made.id} is recorded: {counted} counted, {said.of_count(made, desk.unit)}. "
        "Ask somebody else to sign it.",
    )
    begin_again()


def begin_again() -> None:
    """The next count is a new form."""
    once.done(TICKET)
    for name in (THROUGH, AGAIN):
        st.query_params.pop(name, None)
