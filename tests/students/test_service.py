"""Students, guardians and family accounts are kept as people know them, and every change is audited."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import COMMAND_LINE, Actor
from school.audit.models import AuditEvent
from school.db import Database
from school.errors import BadInput, NotAllowed, NotFound, RuleBroken, SignInNeeded
from school.students import finding, queries, service
from school.students.models import Enrolment, Family, Guardian
from school.students.service import NewGuardian, NewStudent

ANN = NewGuardian("Ann Taylor", "0151 496 0893", "ann@example.org")
BOB = NewGuardian("Bob Stokes", "0191 496 0096")


@pytest.fixture
def books(database: Database) -> Iterator[Database]:
    """A school in Nairobi in November 2026, with a year, two terms and two classes."""
    with clock.set_to(datetime(2026, 11, 23, 9, tzinfo=UTC)):
        with database.writing() as session:
            service.make_school(
                session, actor=COMMAND_LINE, name="Hill School", currency="kes", time_zone="Africa/Nairobi"
            )
            service.add_year(
                session,
                actor=COMMAND_LINE,
                name="2026/27",
                starts_on=date(2026, 9, 1),
                ends_on=date(2027, 7, 31),
                terms=[
                    ("Autumn", date(2026, 9, 1), date(2026, 12, 18)),
                    ("Spring", date(2027, 1, 4), date(2027, 4, 1)),
                ],
            )
            service.add_class(session, actor=COMMAND_LINE, name="Form 1A")
            service.add_class(session, actor=COMMAND_LINE, name="Form 2A")
        yield database


def add(session: Session, no: str, first: str, last: str, *guardians: NewGuardian, **more: object) -> int:
    return service.add_student(
        session,
        actor=COMMAND_LINE,
        admission_no=no,
        first_name=first,
        last_name=last,
        guardians=guardians,
        **more,  # type: ignore[arg-type]
    )


def found(session: Session, typed: str) -> list[str]:
    return [s.admission_no for s in queries.search(session, typed)]


def events(session: Session, subject: str) -> list[AuditEvent]:
    return list(
        session.scalars(select(AuditEvent).where(AuditEvent.subject == subject).order_by(AuditEvent.id))
    )


def test_the_school_is_what_was_said_of_it(books: Database) -> None:
    with books.reading() as session:
        school = queries.school(session)
        term = queries.term_on(session, queries.today(session))

    assert (school.name, school.currency.code, school.currency.exponent) == ("Hill School", "KES", 2)
    assert term is not None
    assert (term.name, term.year_name) == ("Autumn", "2026/27")


def test_there_is_one_school_and_it_is_made_once(books: Database) -> None:
    with pytest.raises(RuleBroken), books.writing() as session:
        service.make_school(
            session, actor=COMMAND_LINE, name="Other", currency="EUR", time_zone="Europe/Paris"
        )


@pytest.mark.parametrize(
    ("currency", "time_zone"), [("XYZ", "Europe/Paris"), ("XAU", "Europe/Paris"), ("EUR", "Mars/Olympus")]
)
def test_a_school_without_a_real_currency_or_time_zone_is_refused(
    database: Database, currency: str, time_zone: str
) -> None:
    with pytest.raises(BadInput), database.writing() as session:
        service.make_school(session, actor=COMMAND_LINE, name="S", currency=currency, time_zone=time_zone)


def test_before_the_school_is_set_up_the_refusal_says_so(database: Database) -> None:
    with database.reading() as session:
        assert not queries.has_school(session)
        with pytest.raises(NotFound, match="not set up"):
            queries.today(session)


def test_a_day_belongs_to_one_year_and_one_term(books: Database) -> None:
    shared = {"name": "Other", "starts_on": date(2027, 7, 1), "ends_on": date(2028, 6, 30)}
    with pytest.raises(BadInput, match="shares days"), books.writing() as session:
        service.add_year(session, actor=COMMAND_LINE, **shared)  # type: ignore[arg-type]

    terms = [("A", date(2027, 9, 1), date(2027, 12, 1)), ("B", date(2027, 12, 1), date(2028, 3, 1))]
    with pytest.raises(BadInput, match="shares days"), books.writing() as session:
        service.add_year(
            session,
            actor=COMMAND_LINE,
            name="2027/28",
            starts_on=date(2027, 9, 1),
            ends_on=date(2028, 7, 1),
            terms=terms,
        )


def test_a_new_student_is_there_as_typed_with_class_guardian_and_enrolment(books: Database) -> None:
    with books.writing() as session:
        student_id = add(session, " 1100003 ", "Alison ", "  O'Brien", ANN, class_name="form 1a")

    with books.reading() as session:
        student = queries.student(session, student_id)
        (guardian,) = queries.guardians(session, student_id)
        enrolled = session.scalar(select(Enrolment.class_id).where(Enrolment.student_id == student_id))
    assert (student.admission_no, student.name, student.class_name) == (
        "1100003",
        "Alison O'Brien",
        "Form 1A",
    )
    assert (guardian.name, guardian.phone, guardian.email, guardian.position) == (*vars(ANN).values(), 1)
    assert enrolled == student.class_id


def test_search_finds_by_name_number_guardian_and_phone(books: Database) -> None:
    with books.writing() as session:
        add(session, "1100003", "Alison", "O'Brien", ANN)
        add(session, "1100004", "Ali", "Tayeb", BOB)
        add(session, "1100005", "小明", "王")
        add(session, "1100006", "محمد", "الراشد")

    with books.reading() as session:
        assert found(session, "ali tay") == ["1100003", "1100004"]  # Alison's guardian is a Taylor
        assert found(session, "1100 003") == ["1100003"]
        assert found(session, "obrien") == found(session, "o’brien") == ["1100003"]
        assert found(session, "496 0096") == ["1100004"]
        assert found(session, "+44 191 496 0096") == ["1100004"]
        assert found(session, "小明") == ["1100005"]
        assert found(session, "مُحَمَّد") == ["1100006"]
        assert found(session, "bob") == ["1100004"]
        assert found(session, "11000") == ["1100003", "1100004", "1100006", "1100005"]  # o'brien, tayeb, …
        assert found(session, "zzz") == found(session, "  ") == []
        assert finding.matching_ids(" - ") is None


def test_children_of_one_guardian_share_the_family_account(books: Database) -> None:
    with books.writing() as session:
        first = add(session, "1", "Alison", "Taylor", ANN)
        second = add(session, "2", "Ben", "Taylor", NewGuardian("ANN  TAYLOR", "+44 (0)151 4960893"))
        other = add(session, "3", "Cy", "Stokes", BOB)

    with books.reading() as session:
        assert [s.id for s in queries.siblings(session, first)] == [second]
        assert queries.siblings(session, other) == []
        assert queries.guardians(session, first)[0].id == queries.guardians(session, second)[0].id
        assert len(session.scalars(select(Guardian.id)).all()) == 2


def test_a_guardian_known_to_two_families_makes_them_one_and_the_smaller_moves(books: Database) -> None:
    with books.writing() as session:
        first = add(session, "1", "Alison", "Taylor", ANN)
        second = add(session, "2", "Ben", "Taylor", ANN)
        third = add(session, "3", "Cy", "Stokes", BOB)

    with books.writing() as session:
        service.change_student(session, actor=COMMAND_LINE, student_id=third, guardians=[BOB, ANN])

    with books.reading() as session:
        large = queries.student(session, first).family_id
        assert {queries.student(session, s).family_id for s in (first, second, third)} == {large}
        assert set(session.scalars(select(Guardian.family_id))) == {large}
        assert [g.name for g in queries.guardians(session, third)] == ["Bob Stokes", "Ann Taylor"]
        (joined,) = events(session, f"family:{large}")
        assert joined.event == "students:family:join"
        assert joined.before is not None
        assert joined.before["students"] == [third]
        assert len(session.scalars(select(Family.id)).all()) == 2  # nothing is removed


def test_siblings_without_a_common_guardian_can_be_joined(books: Database) -> None:
    with books.writing() as session:
        first, second = add(session, "1", "A", "B", ANN), add(session, "2", "C", "D", BOB)
        service.join_families(session, actor=COMMAND_LINE, student_id=first, sibling_id=second)

    with books.reading() as session:
        assert [s.id for s in queries.siblings(session, second)] == [first]


def test_a_guardian_changed_for_one_child_is_changed_for_all_and_found_anew(books: Database) -> None:
    with books.writing() as session:
        first, second = add(session, "1", "Alison", "Taylor", ANN), add(session, "2", "Ben", "Taylor", ANN)

    with books.writing() as session:
        new = NewGuardian("Ann Taylor-Smith", "0151 496 0893", "new@example.org")
        service.change_student(session, actor=COMMAND_LINE, student_id=first, guardians=[new])

    with books.reading() as session:
        (guardian,) = queries.guardians(session, second)
        assert (guardian.name, guardian.email) == ("Ann Taylor-Smith", "new@example.org")
        assert found(session, "smith") == ["1", "2"]
        assert found(session, "ann@example") == []
        (change,) = events(session, f"guardian:{guardian.id}")
        assert change.before is not None
        assert change.before["email"] == "ann@example.org"


def test_a_new_child_is_found_by_what_is_kept_of_its_guardian_and_so_are_the_others(books: Database) -> None:
    with books.writing() as session:
        add(session, "1", "Alison", "Taylor", ANN)

    with books.writing() as session:
        add(session, "2", "Ben", "Taylor", NewGuardian(ANN.name, ANN.phone, "new@example.org"))
        add(session, "3", "Cleo", "Taylor", NewGuardian(ANN.name, ANN.phone))

    with books.reading() as session:
        assert found(session, "new@example") == ["1", "2", "3"]
        assert found(session, "ann@example") == []


def test_a_guardian_of_former_days_is_kept_and_no_longer_shown(books: Database) -> None:
    with books.writing() as session:
        student_id = add(session, "1", "Alison", "Taylor", ANN)

    with books.writing() as session:
        service.change_student(session, actor=COMMAND_LINE, student_id=student_id, guardians=[BOB])

    with books.reading() as session:
        assert [g.name for g in queries.guardians(session, student_id)] == ["Bob Stokes"]
        assert found(session, "ann") == []
        assert set(session.scalars(select(Guardian.name))) == {"Ann Taylor", "Bob Stokes"}


def test_a_change_changes_what_it_names_and_leaves_the_rest(books: Database) -> None:
    with books.writing() as session:
        student_id = add(session, "1", "Alison", "Taylor", ANN, class_name="Form 1A")
        form_2 = queries.classes(session)[1]

    with books.writing() as session:
        service.change_student(
            session, actor=COMMAND_LINE, student_id=student_id, class_id=form_2.id, last_name="Müller"
        )

    with books.reading() as session:
        student = queries.student(session, student_id)
        assert (student.name, student.class_name, student.status) == ("Alison Müller", "Form 2A", "enrolled")
        assert [g.name for g in queries.guardians(session, student_id)] == ["Ann Taylor"]
        assert found(session, "muller") == ["1"]
        assert session.scalars(select(Enrolment.class_id)).all() == [form_2.id]
        change = events(session, f"student:{student_id}")[-1]
        assert (change.actor, change.event) == ("command line", "students:student:change")
        assert change.after == {"last_name": "Müller", "name": "Alison Müller", "class_id": form_2.id}


def test_a_student_who_leaves_has_a_day_of_leaving_until_coming_back(books: Database) -> None:
    with books.writing() as session:
        student_id = add(session, "1", "Alison", "Taylor")
        service.change_student(session, actor=COMMAND_LINE, student_id=student_id, status="left")
        left = queries.student(session, student_id)
        service.change_student(session, actor=COMMAND_LINE, student_id=student_id, status="enrolled")
        back = queries.student(session, student_id)

    assert left.left_on == date(2026, 11, 23)
    assert back.left_on is None


def test_a_change_to_the_same_facts_is_no_change(books: Database) -> None:
    with books.writing() as session:
        student_id = add(session, "1", "Alison", "Taylor", ANN)
    with books.reading() as session:
        before = len(session.scalars(select(AuditEvent.id)).all())

    with books.writing() as session:
        service.change_student(
            session, actor=COMMAND_LINE, student_id=student_id, last_name="Taylor", guardians=[ANN]
        )

    with books.reading() as session:
        assert len(session.scalars(select(AuditEvent.id)).all()) == before


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"admission_no": ""}, "admission_no"),
        ({"admission_no": "0" * 40}, "admission_no"),
        ({"admission_no": "1"}, "admission_no"),
        ({"first_name": "", "last_name": ""}, "last_name"),
        ({"class_name": "Form 9Z"}, "class_name"),
        ({"class_id": 99}, "class_id"),
        ({"joined_on": date(1800, 1, 1)}, "joined_on"),
    ],
)
def test_a_student_that_cannot_be_is_refused_at_its_field_and_nothing_is_written(
    books: Database, typed: dict[str, object], field: str
) -> None:
    with books.writing() as session:
        add(session, "1", "Alison", "Taylor")

    new = {"admission_no": "2", "first_name": "Ben", "last_name": "T", "guardians": [ANN], **typed}
    with pytest.raises(BadInput) as refused, books.writing() as session:
        service.add_student(session, actor=COMMAND_LINE, **new)  # type: ignore[arg-type]

    assert refused.value.field == field
    with books.reading() as session:
        assert found(session, "1") == ["1"]
        assert found(session, "ben") == []
        assert session.scalars(select(Guardian.id)).all() == []


def test_one_bad_row_of_many_leaves_none(books: Database) -> None:
    rows = [NewStudent(str(n), "Ann", "Lee") for n in range(50)] + [NewStudent("7", "Twice", "Given")]

    with pytest.raises(BadInput, match="twice"), books.writing() as session:
        service.add_students(session, actor=COMMAND_LINE, rows=rows)

    with books.reading() as session:
        assert found(session, "ann") == []


def test_two_clerks_adding_one_family_at_once_make_one_family(books: Database) -> None:
    both = threading.Barrier(2)

    def clerk(no: str) -> None:
        both.wait()
        with books.writing() as session:
            add(session, no, "Child", no, ANN)

    clerks = [threading.Thread(target=clerk, args=(no,)) for no in ("1", "2")]
    for thread in clerks:
        thread.start()
    for thread in clerks:
        thread.join()

    with books.reading() as session:
        assert len(session.scalars(select(Guardian.id)).all()) == 1
        assert len(queries.siblings(session, queries.student_by_admission_no(session, "1").id)) == 1


def test_a_stranger_writes_nothing(books: Database) -> None:
    stranger = Actor(7, "stranger", "", "no-such-sign-in", frozenset({"administrator"}))

    with pytest.raises((SignInNeeded, NotAllowed)), books.writing() as session:
        service.add_student(session, actor=stranger, admission_no="1", first_name="A", last_name="B")
