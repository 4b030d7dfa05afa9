"""All that the payment page knows, read in one moment of the books."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.errors import NotFound
from school.ledger import queries as ledger
from school.ledger.queries import AccountFacts, OpenCharge, Receipt, ReceiptRow
from school.reports import roster
from school.reports.roster import RosterRow
from school.students import queries as students
from school.students.queries import GuardianFacts, SchoolFacts, StudentFacts
from school.students.rules import fold

MATCHES_MAX = 8  # more is not a choice but a reason to type on
RANKED_MAX = 40  # of so many the best are shown first
RECENT_MAX = 8
LATELY_MAX = 5  # enough to see that the same was paid a moment ago


@dataclass(frozen=True)
class Member:
    """A student of the family account; `balance` in minor units, + owes.

    `open_charges` are oldest due first, of siblings only when the payment is split over the family.
    """

    student: StudentFacts
    balance: int
    open_charges: tuple[OpenCharge, ...]


@dataclass(frozen=True)
class Desk:
    """`family` begins with the chosen student and is empty while nobody is chosen.

    `posted` is the receipt that the request id has already brought about. `lately` are the last receipts
    of the chosen student, `mine` those of this cashier.
    """

    school: SchoolFacts
    today: date
    posted: Receipt | None
    matches: tuple[RosterRow, ...] = ()
    family: tuple[Member, ...] = ()
    guardians: tuple[GuardianFacts, ...] = ()
    tenders: tuple[AccountFacts, ...] = ()
    lately: tuple[ReceiptRow, ...] = ()
    mine: tuple[ReceiptRow, ...] = ()


def find(session: Session, text: str) -> tuple[RosterRow, ...]:
    """The students that match, best first: a whole admission number, then the student's own name."""
    found = roster.page(session, text=text, limit=RANKED_MAX).rows
    whole, typed = fold(text.strip()), fold(text).split()

    def rank(row: RosterRow) -> tuple[bool, bool]:
        own = fold(row.name).split()
        return fold(row.admission_no) != whole, not all(any(o.startswith(t) for o in own) for t in typed)

    return tuple(sorted(found, key=rank)[:MATCHES_MAX])


def read(
    session: Session,
    *,
    actor: Actor,
    request_id: str,
    text: str,
    picked: str | None,
    student_id: int | None,
    split: bool,
) -> Desk:
    """`text` is what is typed in the search field, `picked` what stood there when Enter was pressed.

    Enter takes the best match; a text that fits one student alone needs no Enter. `split` asks for the open
    charges of the whole family.
    """
    school = students.school(session)
    desk = Desk(
        school=school,
        today=clock.today(school.time_zone),
        posted=ledger.receipt_of_request(session, request_id),
        mine=tuple(ledger.recent_receipts(session, actor_id=actor.user_id, limit=RECENT_MAX)),
    )
    if desk.posted:
        return desk
    matches = find(session, picked or text) if student_id is None and (picked or text) else ()
    if matches and (picked or len(matches) == 1):
        student_id = matches[0].student_id
    family = _family(session, student_id, split) if student_id is not None else ()
    if not family:
        return replace(desk, matches=matches)
    chosen = family[0].student.id
    return replace(
        desk,
        family=family,
        guardians=tuple(students.guardians(session, chosen)),
        tenders=tuple(a for a in ledger.accounts(session, type="tender") if a.active),
        lately=tuple(ledger.recent_receipts(session, student_id=chosen, limit=LATELY_MAX)),
    )


def _family(session: Session, student_id: int, split: bool) -> tuple[Member, ...]:
    try:
        chosen = students.student(session, student_id)
    except NotFound:
        return ()  # an old or mistyped address: the search field is there
    return tuple(
        Member(
            one,
            ledger.balance(session, one.id),
            tuple(ledger.open_charges(session, one.id)) if split or one is chosen else (),
        )
        for one in (chosen, *students.siblings(session, student_id))
    )
