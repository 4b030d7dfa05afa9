"""A made-up school in a database: about 600 students in 15 classes with three years of books, or any size."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from random import Random

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from school import clock, migrations
from school.access import passwords
from school.access import service as access
from school.access.models import User
from school.access.rules import ADMINISTRATOR, COMMAND_LINE, FINANCE, HEAD, ROLE_NAMES
from school.db import Database
from school.demo import fees, lately, tills, waiting
from school.demo.books import Bookkeeper, Span
from school.demo.families import FORMS, YEARS, Child, Household, households
from school.demo.story import TERMS, Teller
from school.demo.words import WORDS
from school.ledger import bulk
from school.ledger.service import install_standard_accounts
from school.students import calendar, queries, service
from school.students.models import Enrolment
from school.students.rules import NewGuardian, NewStudent

STUDENTS = 600
STREAMS = 3  # classes of a form: 15 in all, of 40 students
SEED = 2026
USERS = (
    ("admin", "Wanjiku Kamau", ADMINISTRATOR),
    ("finance", "Amina Hassan", FINANCE),
    ("finance2", "Daniel Otieno", FINANCE),
    ("head", "Grace Mwangi", HEAD),
)
HOW_TO_PAY = "M-Pesa paybill 400200, account: the admission number\nAcacia Bank, Nairobi, account 0011223344"
LOCALES = {"KES": "en-KE"}  # how its papers write days and amounts
AT_ONCE = 10_000  # students added in one go; more would only cost memory


@dataclass(frozen=True)
class ThrowAway:
    """A sign-in of a demo school; the password is kept nowhere else."""

    role: str
    name: str
    password: str


def demo_school(path: Path, *, say: Callable[[str], object]) -> list[ThrowAway]:
    """The demo school in this SQLite file, made on the first call; fresh passwords at every call."""
    if not path.exists():
        say("Making a school of 600 students with three years of books …")
        new = path.with_suffix(".new")
        for left in (new, Path(f"{new}-wal"), Path(f"{new}-shm")):
            left.unlink(missing_ok=True)
        database = Database(f"sqlite:///{new}")
        fill(database)
        database.engine.dispose()  # the last connection to go moves the write-ahead log into the file
        new.rename(path)
    database = Database(f"sqlite:///{path}")
    migrations.migrate(database.url)
    sign_ins = renew_sign_ins(database)
    database.engine.dispose()
    return sign_ins


def set_aside(path: Path) -> None:
    """Move an earlier demo school out of the way; it is kept."""
    if path.exists():
        moment = clock.now().strftime("%Y%m%d-%H%M%S")
        for suffix in ("", "-wal", "-shm"):
            part = Path(f"{path}{suffix}")
            if part.exists():
                part.rename(f"{path}.{moment}{suffix}")


def fill(
    database: Database,
    *,
    students: int = STUDENTS,
    streams: int = STREAMS,
    currency: str = "KES",
    time_zone: str = "Africa/Nairobi",
) -> None:
    """Make the school with its people and books in an empty database, all or nothing."""
    migrations.migrate(database.url)
    chosen = {name: passwords.choose(_password(), about=[name]) for name, *_ in USERS}
    with database.writing() as session:
        calendar.make_school(
            session,
            actor=COMMAND_LINE,
            name="Acacia Hill School",
            currency=currency,
            time_zone=time_zone,
            locale=LOCALES.get(currency, "en"),
            address="Acacia Road 12\nNairobi",
        )
        calendar.change_school(session, actor=COMMAND_LINE, how_to_pay=HOW_TO_PAY)
        install_standard_accounts(session)
        ids = {name: _add_user(session, name, full, role, chosen[name]) for name, full, role in USERS}
        cashiers = [(ids[name], name) for name, _, role in USERS if role == FINANCE]
        homes = _books(session, students, streams, cashiers)
        today = queries.today(session)
        tills.count(session, cashiers, today)
        lately.morning(session, homes, cashiers, today)


def _add_user(session: Session, name: str, full_name: str, role: str, password: passwords.Chosen) -> int:
    return access.add_user(
        session,
        actor=COMMAND_LINE,
        name=name,
        password=password,
        roles=[role],
        full_name=full_name,
        is_demo=True,
    )


def _books(session: Session, students: int, streams: int, cashiers: list[tuple[int, str]]) -> list[Household]:
    random, today = Random(SEED), queries.today(session)  # noqa: S311 - a story, not a secret
    first_year = today.year - YEARS + 1
    terms = _terms(session, first_year)
    classes = _classes(session, streams)
    homes = households(random, students, streams)
    _people(session, homes, classes, first_year)
    unit = 10 ** queries.school(session).currency.exponent
    teller = Teller(homes=homes, first_year=first_year, today=today, unit=unit, random=random)
    keeper = Bookkeeper(terms=terms, classes=classes, cashiers=cashiers, now=clock.now())
    bulk.load(session, keeper.entries(teller.events()))
    _fees(session, homes, terms[-len(TERMS) :], classes, cashiers)
    return homes


def _fees(
    session: Session,
    homes: list[Household],
    terms: list[Span],
    classes: dict[tuple[int, int], int],
    cashiers: list[tuple[int, str]],
) -> None:
    today, unit = queries.today(session), 10 ** queries.school(session).currency.exponent
    fees.structure(session, queries.years(session)[-1].id, terms, classes, unit)
    fees.options(session, homes, terms, today)
    fees.grants(session, homes, terms, cashiers[0])
    fees.runs(session, terms, cashiers[0])
    now = [term for term in terms if term.starts_on <= today] or terms[:1]
    waiting.bursaries(session, homes, now, cashiers[-1])
    waiting.late_fees(session, now[-1].starts_on, unit)


def _terms(session: Session, first_year: int) -> list[Span]:
    for year in range(first_year, first_year + YEARS):
        calendar.add_year(
            session,
            actor=COMMAND_LINE,
            name=str(year),
            starts_on=date(year, 1, 1),
            ends_on=date(year, 12, 31),
            terms=[(name, date(year, *start), date(year, *end)) for name, start, end in TERMS],
        )
    return [Span(term.id, term.starts_on, term.ends_on) for term in queries.terms(session)]


def _classes(session: Session, streams: int) -> dict[tuple[int, int], int]:
    """Class ids by form and stream: Form 1A … Form 5C; streams beyond Z are numbered."""
    letters = [chr(65 + n) if n < 26 else f"-{n + 1}" for n in range(streams)]
    names = {(form, n): f"Form {form}{letters[n]}" for form in range(1, FORMS + 1) for n in range(streams)}
    ids = service.add_classes(session, actor=COMMAND_LINE, names=names.values())
    return {key: ids[name] for key, name in names.items()}


def _people(
    session: Session, homes: list[Household], classes: dict[tuple[int, int], int], first_year: int
) -> None:
    years = {year.name: year.id for year in queries.years(session)}
    waiting = iter([(home, child) for home in homes for child in home.children])
    while some := list(islice(waiting, AT_ONCE)):
        new = [_new_student(home, child, classes, first_year) for home, child in some]
        ids = service.add_students(session, actor=COMMAND_LINE, rows=new)
        for student_id, (_, child) in zip(ids, some, strict=True):
            child.student_id = student_id
        past = [
            {
                "student_id": child.student_id,
                "year_id": years[str(first_year + year)],
                "class_id": classes[form, child.stream],
            }
            for _, child in some
            for year in range(YEARS - 1)
            if (form := child.form_in(year))
        ]
        if past:
            session.execute(insert(Enrolment), past)


def _new_student(
    home: Household, child: Child, classes: dict[tuple[int, int], int], first_year: int
) -> NewStudent:
    return NewStudent(
        admission_no=child.admission_no,
        first_name=child.first_name,
        last_name=child.last_name,
        class_id=classes[child.last_form, child.stream],
        guardians=_guardians(home),
        status="left" if child.left else "enrolled",
        joined_on=date(first_year + child.joined, 1, 6),
        left_on=date(first_year + YEARS - 2, 12, 4) if child.left else None,
    )


def _guardians(home: Household) -> tuple[NewGuardian, ...]:
    first = NewGuardian(home.guardian, home.phone, home.email)
    other = (NewGuardian(home.other, f"{home.phone[:-3]}900", f"other.{home.email}"),) if home.other else ()
    return (first, *other)


def renew_sign_ins(database: Database) -> list[ThrowAway]:
    """New random passwords for the demo users; whoever was signed in as one of them is signed out."""
    fresh = [ThrowAway(ROLE_NAMES[role], name, _password()) for name, _, role in USERS]
    hashed = {user.name: passwords.choose(user.password, about=[user.name]) for user in fresh}
    with database.writing() as session:
        for user_id, name in session.execute(select(User.id, User.name).where(User.is_demo)).all():
            if name in hashed:
                access.reset_password(session, actor=COMMAND_LINE, user_id=user_id, password=hashed[name])
    return fresh


def _password() -> str:
    return "-".join(secrets.choice(WORDS) for _ in range(4))
