"""How many students each class has, and what a turn of the year would do to each class. Reads only."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from school.ledger.projections import RollTotal, StudentBalance
from school.ledger.queries.allocation import total
from school.students import queries as students
from school.students.models import Enrolment, Student
from school.students.next_year import LEAVES
from school.students.promotion import Plan
from school.students.queries import StudentFacts

LEAVERS_SHOWN = 100


@dataclass
class ClassTurn:
    """The students of one class: how many go where, and what they bring with them, owed and in credit."""

    class_id: int | None
    going: Counter[int | None] = field(default_factory=Counter)
    owed: int = 0
    credit: int = 0


@dataclass(frozen=True)
class Turn:
    """`leavers` owe the most, the first of `leavers_owing` in all, who owe `leavers_owe`; amounts are + ."""

    classes: Sequence[ClassTurn]
    owed: int
    credit: int
    leavers: Sequence[tuple[StudentFacts, int]]
    leavers_owing: int
    leavers_owe: int


def enrolled(session: Session) -> dict[int, int]:
    """The students enrolled in each class, 0 for those in none."""
    query = select(RollTotal.class_id, RollTotal.students).where(RollTotal.status == "enrolled")
    return dict(session.execute(query).all())


def enrolled_in(session: Session, class_ids: Collection[int] | None) -> int:
    """The students enrolled in these classes, or in all and in none."""
    each = enrolled(session)
    return sum(count for class_id, count in each.items() if class_ids is None or class_id in class_ids)


def owing(session: Session) -> int:
    """How many students owe anything, whatever their class and status."""
    return session.scalar(select(total(RollTotal.owing))) or 0


def waiting(session: Session, *, from_year_id: int, into_year_id: int) -> int:
    """How many students are noted for a year and enrolled, but not noted for the next."""
    noted = select(Enrolment.student_id)
    query = (
        select(func.count())
        .select_from(Student)
        .where(Student.status == "enrolled", Student.id.in_(noted.where(Enrolment.year_id == from_year_id)))
        .where(Student.id.not_in(noted.where(Enrolment.year_id == into_year_id)))
    )
    return session.scalar(query) or 0


def turn(session: Session, plan: Plan) -> Turn:
    """What the plan does to each class, with the arrears that come along by themselves."""
    balances = _balances(session)
    by_class: defaultdict[int | None, ClassTurn] = defaultdict(lambda: ClassTurn(None))
    owing = []
    for move in plan.moves:
        of_class = by_class[move.class_id]
        of_class.class_id = move.class_id
        of_class.going[move.to] += 1
        balance = balances.get(move.student_id, 0)
        of_class.owed += max(balance, 0)
        of_class.credit += max(-balance, 0)
        if move.to == LEAVES and balance > 0:
            owing.append((balance, move.student_id))
    owing.sort(key=lambda one: (-one[0], one[1]))
    names = students.by_ids(session, [student_id for _, student_id in owing[:LEAVERS_SHOWN]])
    order = {c.id: n for n, c in enumerate(students.classes(session))}
    classes = sorted(by_class.values(), key=lambda c: order.get(c.class_id or 0, -1))
    return Turn(
        classes=classes,
        owed=sum(c.owed for c in classes),
        credit=sum(c.credit for c in classes),
        leavers=[(names[student_id], balance) for balance, student_id in owing[:LEAVERS_SHOWN]],
        leavers_owing=len(owing),
        leavers_owe=sum(balance for balance, _ in owing),
    )


def _balances(session: Session) -> Mapping[int, int]:
    query = select(StudentBalance.student_id, StudentBalance.balance).where(StudentBalance.balance != 0)
    return dict(session.execute(query).all())
