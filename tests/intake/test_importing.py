"""A file of students goes into the books: every good row, every bad one said, and again nothing changes."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import ADMINISTRATOR, COMMAND_LINE, FINANCE
from school.audit.models import AuditEvent
from school.checks.ledger import verify
from school.db import Database
from school.errors import BadInput, NotAllowed
from school.intake import importing, tables
from school.intake.importing import Choices, Plan
from school.ledger import queries as books
from school.ledger import service as ledger
from school.ledger.models import Entry, Line
from school.students import queries as students
from school.students.models import Guardian, Student
from tests import make, people
from tests.intake import files

ANN = ("1", "Ann", "Lee", "Form 1", "Gil Lee", "0711 000 111", "gil@example.org", "12.50")
BEN = ("2", "Ben", "Lee", "Form 2", "GIL LEE", "+254 711 000 111", "", "-7.00")


@pytest.fixture(autouse=True)
def march() -> Iterator[None]:
    with clock.set_to(make.NOON):
        yield


@pytest.fixture
def school(database: Database) -> Database:
    with database.writing() as session:
        make.school(session, currency="EUR")
    return database


def table(data: bytes, name: str = "register.csv") -> tables.Table:
    return tables.read(data, name)


def planned(database: Database, data: bytes, choices: Choices | None = None) -> Plan:
    with database.reading() as session:
        return importing.plan(session, table(data), choices)


def imported(database: Database, data: bytes, choices: Choices | None = None) -> Plan:
    with database.writing() as session:
        return importing.apply(session, actor=COMMAND_LINE, table=table(data), choices=choices)


def everything(session: Session) -> dict[str, tuple[str, str, int]]:
    """Name, class and balance of every student, by admission number."""
    return {
        fact.admission_no: (fact.name, fact.class_name, books.balance(session, fact.id))
        for fact in students.by_ids(session, session.scalars(select(Student.id))).values()
    }


def counts(session: Session) -> tuple[int, ...]:
    return tuple(
        session.scalar(select(func.count()).select_from(kind)) or 0
        for kind in (Student, Guardian, Entry, Line, AuditEvent)
    )


@pytest.mark.parametrize("name", ["riverside_register.csv", "lycee_eleves.csv"])
def test_a_whole_register_comes_out_as_its_truth_and_again_changes_nothing(
    school: Database, name: str
) -> None:
    truth = json.loads((files.EXAMPLES / f"{name}.truth.json").read_text())
    data = (files.EXAMPLES / name).read_bytes()

    dry = planned(school, data)
    done = imported(school, data)

    assert dry.as_json() == done.as_json()
    assert (done.good, len(done.bad), done.unchanged) == (truth["rows_good"], truth["rows_bad"], 0)
    assert done.total_minor == truth["opening_total_minor"]
    with school.reading() as session:
        before = counts(session)
        assert before[0] == truth["rows_good"]
        assert session.scalar(select(func.sum(Line.amount))) == truth["opening_total_minor"]
        assert verify(session) == []

    again = imported(school, data)

    assert (again.good, again.unchanged, again.total_minor) == (0, truth["rows_good"], 0)
    assert again.bad == done.bad
    with school.reading() as session:
        assert counts(session) == before


def test_every_bad_row_of_the_french_register_says_what_to_mend(school: Database) -> None:
    data = (files.EXAMPLES / "lycee_eleves.csv").read_bytes()

    bad = imported(school, data).bad

    assert [row.sentence for row in bad] == [
        "Row 12, “Matricule”: 1200003 stands in row 5 already.",
        "Row 42, “Matricule”: The admission number is missing.",
        "Row 62, “Solde dû”: “1.2.3,4” is not an amount like 1.250,00.",
        "Row 82, “Nom”: The student's name is missing.",
        "Row 102, “Solde dû”: “999999999999999999999999999999” is too large: 10,000,000,000.00 is the most.",
        "Row 122, “Solde dû”: “10,111” has more decimals than EUR, which has 2.",
    ]
    with school.reading() as session:
        odd = students.student_by_admission_no(session, "1290005")
        assert odd.first_name == '=HYPERLINK("http://x","y")'
        assert books.balance(session, odd.id) == 12_345


def test_the_same_register_as_a_spreadsheet_gives_the_same_books(school: Database) -> None:
    data = (files.EXAMPLES / "riverside_register.csv").read_bytes()
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    typed = [rows[0], *([int(row[0]), *row[1:7], float(row[7].replace(",", ""))] for row in rows[1:])]
    imported(school, data)

    again = imported(school, files.xlsx([["Riverside School"], [], *typed]))

    assert (again.good, again.unchanged, again.bad) == (0, 620, ())


def test_a_dry_run_writes_nothing(school: Database) -> None:
    with school.reading() as session:
        before = counts(session)

    plan = planned(school, files.register(ANN, BEN))

    assert (plan.good, plan.new, plan.new_classes) == (2, 2, ())
    with school.reading() as session:
        assert counts(session) == before


def test_students_arrive_with_class_guardian_family_and_opening_balance(school: Database) -> None:
    imported(school, files.register(ANN, BEN, ("3", "Cy", "Poe", "Form 10"), ("4", "Di", "Poe", "Form 9")))

    with school.reading() as session:
        assert everything(session) == {
            "1": ("Ann Lee", "Form 1", 1_250),
            "2": ("Ben Lee", "Form 2", -700),
            "3": ("Cy Poe", "Form 10", 0),
            "4": ("Di Poe", "Form 9", 0),
        }
        ann = students.student_by_admission_no(session, "1")
        assert [s.name for s in students.siblings(session, ann.id)] == ["Ben Lee"]
        assert [c.name for c in students.classes(session)] == ["Form 1", "Form 2", "Form 9", "Form 10"]
        (charge,) = books.open_charges(session, ann.id)
        assert (charge.due_date, charge.open) == (make.TODAY, 1_250)
        (entry,) = session.scalars(select(Entry).where(Entry.total == 1_250))
        assert (entry.kind, entry.actor, entry.reference) == ("opening", "command line", "register.csv")


def test_an_opening_balance_is_due_when_the_row_or_the_user_says(school: Database) -> None:
    data = files.register(
        ("1", "Ann", "Lee", "", "", "", "", "5", "01/04/2026"),
        ("2", "Ben", "Lee", "", "", "", "", "6"),
        headings=(*files.ENGLISH, "Due date"),
    )

    imported(school, data, Choices(opening_date=date(2026, 3, 1), due_date=date(2026, 5, 1)))

    with school.reading() as session:
        due = select(Line.due_date, Entry.date).join(Entry, Entry.id == Line.entry_id).order_by(Line.id)
        assert session.execute(due).all() == [
            (date(2026, 4, 1), date(2026, 3, 1)),
            (date(2026, 5, 1), date(2026, 3, 1)),
        ]


def test_a_later_file_changes_what_it_says_and_an_empty_cell_says_nothing(school: Database) -> None:
    imported(school, files.register(ANN, BEN))

    later = files.register(
        ("1", "Anne", "", "Form 2", "Gil Lee", "0722 000 222", "", ""),
        ("2", "Ben", "Lee", "", "", "", "", "-7"),
    )
    done = imported(school, later)

    assert (done.changed, done.unchanged, done.total_minor) == (1, 1, 0)
    with school.reading() as session:
        assert everything(session)["1"] == ("Anne Lee", "Form 2", 1_250)
        ann = students.student_by_admission_no(session, "1")
        assert students.guardians(session, ann.id)[0].email == "gil@example.org"
        assert [s.admission_no for s in students.search(session, "722 000 222")] == ["1", "2"]
    assert imported(school, later).good == 0


def test_an_opening_balance_that_arrives_later_is_posted_then(school: Database) -> None:
    imported(school, files.register(ANN[:7]))

    done = imported(school, files.register(ANN))

    assert (done.changed, done.total_minor) == (1, 1_250)


def test_another_opening_balance_is_refused_until_the_first_is_reversed(school: Database) -> None:
    imported(school, files.register(ANN))
    other = files.register((*ANN[:7], "15.00"))

    (bad,) = imported(school, other).bad
    with school.writing() as session:
        entry_id = session.scalar(select(Entry.id))
        assert entry_id is not None
        ledger.reverse(
            session, actor=COMMAND_LINE, request_id=make.request_id(), entry_id=entry_id, reason="typo"
        )
    as_it_was = imported(school, files.register(ANN))
    corrected = imported(school, other)

    assert "opening balance of EUR 12.50 for 1" in bad.message
    assert bad.column == "Balance"
    assert (as_it_was.good, as_it_was.unchanged) == (
        0,
        1,
    )  # what was taken back does not come again by itself
    assert (corrected.good, corrected.total_minor) == (1, 1_500)
    with school.reading() as session:
        assert everything(session)["1"][2] == 1_500
        assert verify(session) == []


def test_a_guardian_who_links_two_families_makes_them_one(school: Database) -> None:
    cy = ("3", "Cy", "Poe", "Form 1", "Hal Poe", "0733 000 333")
    imported(school, files.register(ANN, BEN, cy))

    imported(school, files.register(("3", "Cy", "Poe", "Form 1", "Gil Lee", "0711 000 111")))

    with school.reading() as session:
        cy_now = students.student_by_admission_no(session, "3")
        assert {s.admission_no for s in students.siblings(session, cy_now.id)} == {"1", "2"}
        assert [g.name for g in students.guardians(session, cy_now.id)] == ["Gil Lee", "Hal Poe"]


@pytest.mark.parametrize(
    ("currency", "written", "minor"),
    [("JPY", "1,250", 1_250), ("KWD", "10.005", 10_005), ("KES", "KSh 1,250.50", 125_050)],
)
def test_every_currency_keeps_its_decimals(
    database: Database, currency: str, written: str, minor: int
) -> None:
    with database.writing() as session:
        make.school(session, currency=currency)
    data = files.csv(("Adm No", "Name", "Balance"), ("1", "Ann", written), delimiter=";")

    done = imported(database, data)

    assert done.total_minor == minor
    with database.reading() as session:
        assert everything(session)["1"][2] == minor


@pytest.mark.parametrize(
    ("headings", "row", "typed"),
    [
        ("学号;姓名;班级;家长姓名;手机;期初余额", "S1;王小明;三年级;王大伟;13800138000;1250.50", "小明"),
        ("رقم الطالب;الاسم;ولي الأمر;رقم الهاتف;الرصيد", "١٠٠١;محمد الراشد;أحمد;٠٥٠١٢٣٤٥٦٧;١٢٥٠٫٥٠", "احمد"),
        ("प्रवेश संख्या;नाम;कक्षा;अभिभावक;मोबाइल;शेष", "1;प्रिया शर्मा;५;राज शर्मा;9876543210;1250.50", "शर्मा"),
        ("Номер ученика;ФИО;Класс;Родитель;Остаток", "1;Фёдор Иванов;5А;Анна Иванова;1250,50", "федор"),
    ],
)
def test_registers_of_any_script_are_imported_and_found(
    school: Database, headings: str, row: str, typed: str
) -> None:
    done = imported(school, f"{headings}\n{row}\n".encode())

    assert (done.good, done.bad, done.total_minor) == (1, (), 125_050)
    with school.reading() as session:
        (found,) = students.search(session, typed)
        assert found.name == row.split(";")[1]


def test_headings_nobody_knows_are_asked_about_and_remembered_once_told(school: Database) -> None:
    first = files.csv(("Tunnus", "Nimi", "Summa"), ("1", "Aino", "1.250"), ("2", "Eero", "2.400"))
    second = files.csv(("Summa", "Nimi", "Tunnus"), ("3.100", "Ilmari", "3"))
    told = Choices({"Tunnus": "admission_no", "Nimi": "name", "Summa": "balance"}, decimal_mark=",")

    with pytest.raises(BadInput, match="Its headings are “Tunnus”, “Nimi”, “Summa”"):
        planned(school, first)
    with pytest.raises(BadInput, match="comma or point"):
        planned(school, first, Choices(told.mapping))
    imported(school, first, told)

    assert planned(school, second).total_minor == 310_000


def test_letters_that_look_wrong_are_said_to_be_of_another_encoding(school: Database) -> None:
    data = files.csv(("Номер ученика", "ФИО", "Остаток"), ("1", "Фёдор", "5"), encoding="cp1251")

    with pytest.raises(BadInput, match="seems to be written in cp1251: choose that encoding"):
        planned(school, data)


def test_a_row_with_more_cells_than_headings_is_left_out_whole(school: Database) -> None:
    data = b"Adm No,Name,Balance\n1,Ann,1,250.00\n2,Ben,3.50,\n"

    plan = planned(school, data)

    assert [(bad.row, bad.column) for bad in plan.bad] == [(2, "")]
    assert "quotation marks" in plan.bad[0].message
    assert plan.total_minor == 350


def test_all_faults_of_a_row_stand_in_one_message(school: Database) -> None:
    (bad,) = planned(school, files.register(("", "Ann", "Lee", "", "", "", "nowhere", "x"), ANN)).bad

    assert bad.column == "Admission No"
    assert "The admission number is missing. “Balance”: “x” is not an amount" in bad.message


def test_two_imports_of_one_file_at_once_are_as_one(school: Database) -> None:
    data = files.register(
        *((str(n), "Ann", f"Lee {n}", "Form 1", f"G {n // 2}", f"07{n // 2:08}", "", "5") for n in range(60))
    )
    both, outcomes = threading.Barrier(2), []

    def administrator() -> None:
        both.wait()
        outcomes.append(imported(school, data))

    threads = [threading.Thread(target=administrator) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted((plan.good, plan.unchanged) for plan in outcomes) == [(0, 60), (60, 0)]
    with school.reading() as session:
        assert counts(session)[:4] == (60, 30, 60, 60)
        assert verify(session) == []


def test_only_who_may_import_does(school: Database) -> None:
    with school.writing() as session:
        finance = people.signed_in(session, people.user(session, FINANCE))
        administrator = people.signed_in(session, people.user(session, ADMINISTRATOR))

    with pytest.raises(NotAllowed), school.writing() as session:
        importing.apply(session, actor=finance, table=table(files.register(ANN)))
    with school.writing() as session:
        done = importing.apply(session, actor=administrator, table=table(files.register(ANN)))

    assert done.good == 1
    with school.reading() as session:
        told = session.scalars(select(AuditEvent).where(AuditEvent.event == "intake:file:import")).one()
        assert (told.actor, told.after) == (
            "ada",
            {"name": "register.csv", "new": 1, "changed": 0, "unchanged": 0, "bad": 0, "total_minor": 1_250},
        )
