"""A file says what it would do before it does it, does it once, and no row is dropped in silence."""

from __future__ import annotations

import csv
import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from school.access import service as access
from school.access.models import User
from school.access.rules import COMMAND_LINE
from school.db import Database
from school.intake.importing import BadRow
from school.ledger.models import Entry, Line
from school.students.models import Student
from school.ui.import_desk import bad_rows_csv
from tests.pages.conftest import Open

EXAMPLES = Path(__file__).parents[1] / "intake" / "examples"
SMALL = b"Admission No,Name,Class,Balance\n1,Ann Lee,Form 1,120.50\n2,Ben Ray,Form 2,-20.00\n3,,Form 2,1.00\n"


def upload(at: AppTest, name: str, content: bytes) -> AppTest:
    at.file_uploader(key="imports.file").upload(name, content)
    return at.run()


def example(name: str) -> tuple[bytes, dict[str, Any]]:
    truth = json.loads((EXAMPLES / f"{name}.truth.json").read_text(encoding="utf-8"))
    return (EXAMPLES / name).read_bytes(), truth


def workbook() -> bytes:
    """Two sheets of students: two in the first, one in the second."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in {"Students": [("1", "Ann"), ("2", "Ben")], "Leavers": [("3", "Cy")]}.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate([("Admission No", "Name"), *rows]):
                sheet.write_row(at, 0, row)
    return out.getvalue()


def counts(at: AppTest) -> dict[str, int]:
    return {metric.label: int(str(metric.value).replace(",", "")) for metric in at.metric}


def left_out(at: AppTest) -> Any:
    return next(table.value for table in at.dataframe if "What is wrong" in table.value)


def column(at: AppTest, label: str) -> Any:
    return next(box for box in at.selectbox if box.label == label)


def said(at: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*at.success, *at.info, *at.error, *at.markdown])


def held(database: Database) -> tuple[int, int]:
    """Students in the books, and the sum of what is posted."""
    with database.reading() as session:
        students = session.scalars(select(func.count()).select_from(Student)).one()
        posted = session.scalars(select(func.coalesce(func.sum(Line.amount), 0))).one()
        return students, int(posted)


@pytest.mark.parametrize("name", ["riverside_register.csv", "lycee_eleves.csv"])
def test_a_register_as_a_school_has_it_is_imported_and_agrees_with_its_truth(
    books: Database, open_page: Open, name: str
) -> None:
    content, truth = example(name)
    at = upload(open_page("imports", name="ada"), name, content)
    assert counts(at) == {
        "New students": truth["rows_good"],
        "Changed": 0,
        "As they are": 0,
        "Left out": truth["rows_bad"],
    }
    assert held(books) == (0, 0)

    at.button(key="imports.apply").click().run()

    assert not at.exception
    assert held(books) == (truth["rows_good"], truth["opening_total_minor"])
    assert f"{truth['rows_good']:,} new students" in at.success[0].value
    assert counts(at)["As they are"] == truth["rows_good"]
    assert not any(button.key == "imports.apply" for button in at.button)


def test_every_row_left_out_is_named_with_its_reason(books: Database, open_page: Open) -> None:
    content, truth = example("lycee_eleves.csv")

    at = upload(open_page("imports", name="ada"), "lycee_eleves.csv", content)

    rows = left_out(at)
    assert list(rows["Row"]) == ["12", "42", "62", "82", "102", "122"]
    assert len(rows) == len(truth["bad"])
    assert list(rows["Column"]) == ["Matricule", "Matricule", "Solde dû", "Nom", "Solde dû", "Solde dû"]
    assert "1200003 stands in row 5 already." in list(rows["What is wrong"])


def test_the_same_file_again_changes_nothing(books: Database, open_page: Open) -> None:
    first = upload(open_page("imports", name="ada"), "small.csv", SMALL)
    first.button(key="imports.apply").click().run()
    before = held(books)

    again = upload(open_page("imports", name="ada"), "small.csv", SMALL)

    assert "Nothing to import: the books hold every good row already." in said(again)
    assert not any(button.key == "imports.apply" for button in again.button)
    assert held(books) == before == (2, 10_050)


def test_after_a_reload_the_address_still_says_what_was_done(books: Database, open_page: Open) -> None:
    at = upload(open_page("imports", name="ada"), "small.csv", SMALL)
    at.button(key="imports.apply").click().run()

    reloaded = open_page("imports", name="ada", file=at.query_params["file"])

    assert "2 new students" in reloaded.success[0].value
    assert "1 row left out: choose the file again to see them." in reloaded.success[0].value
    assert [link.label for link in reloaded.main.get("page_link")][-2:] == [
        "See the students",
        "See what is owed",
    ]


def test_a_file_that_was_never_imported_has_nothing_to_say(books: Database, open_page: Open) -> None:
    at = open_page("imports", name="ada", file=hashlib.sha256(SMALL).hexdigest())

    assert not at.exception
    assert not at.success


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\0", "is a picture, not a table"),
        ("empty.csv", b"", "is empty"),
        ("letter.pdf", b"%PDF-1.7\n", "is a PDF document, not a table"),
        ("broken.xlsx", b"PK\x03\x04" + b"\0" * 40, "broken.xlsx"),
        ("noise.csv", bytes(range(256)) * 8, "noise.csv"),
        ("headings.csv", b"Admission No,Name\n", "has headings and no row below them"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_sentence_and_nothing_is_written(
    books: Database, open_page: Open, name: str, content: bytes, sentence: str
) -> None:
    at = upload(open_page("imports", name="ada"), name, content)

    assert not at.exception
    assert [sentence in error.value for error in at.error] == [True]
    assert not any(button.key == "imports.apply" for button in at.button)
    assert held(books) == (0, 0)


def test_headings_nobody_knows_are_mapped_by_the_user_and_remembered(
    books: Database, open_page: Open
) -> None:
    content = b"Foo,Bar,Baz\n77,Ann Lee,12.00\n"
    at = upload(open_page("imports", name="ada"), "odd.csv", content)
    assert "Say which column holds the admission number." in said(at)

    column(at, "Foo").select("admission_no").run()
    assert "Say which column holds the name" in said(at)
    column(at, "Bar").select("name").run()
    column(at, "Baz").select("balance").run()
    at.button(key="imports.apply").click().run()

    assert held(books) == (1, 1_200)
    later = upload(open_page("imports", name="ada"), "odd.csv", b"Foo,Bar,Baz\n78,Ben Ray,3.00\n")
    assert column(later, "Foo").value == "admission_no"
    assert counts(later)["New students"] == 1


def test_two_columns_for_one_field_are_refused_until_one_is_left_out(
    books: Database, open_page: Open
) -> None:
    content = b"Admission No,Name,Balance,Balance b/f\n1,Ann,1.00,2.00\n"
    at = upload(open_page("imports", name="ada"), "two.csv", content)
    assert "Two columns are given as the opening balance: leave one out." in said(at)

    column(at, "Balance").select("ignore").run()
    at.button(key="imports.apply").click().run()

    assert held(books) == (1, 200)


def test_amounts_that_read_two_ways_wait_for_the_decimal_mark(books: Database, open_page: Open) -> None:
    content = b"Admission No;Name;Balance\n1;Ann;1.250\n2;Ben;2.500\n"
    at = upload(open_page("imports", name="ada"), "doubt.csv", content)
    assert "“Balance” holds “1.250”" in said(at)

    column(at, "Decimals after a").select("Comma: 1.250,00").run()

    assert counts(at)["New students"] == 2
    assert "3,750.00** owed in all" in said(at)


def test_the_opening_date_is_the_date_of_the_entries(books: Database, open_page: Open) -> None:
    at = upload(open_page("imports", name="ada"), "small.csv", SMALL)

    at.date_input(key="imports.opening_date").set_value("2026-01-05").run()
    at.button(key="imports.apply").click().run()

    with books.reading() as session:
        assert {str(day) for day in session.scalars(select(Entry.date))} == {"2026-01-05"}


def test_another_encoding_can_be_chosen_where_the_file_does_not_tell(
    books: Database, open_page: Open
) -> None:
    content = "Admission No,Name\n1,Łukasz Żak\n".encode("cp1250")
    at = upload(open_page("imports", name="ada"), "pl.csv", content)
    assert "See that names look right" in said(at).replace("\\", "")

    next(box for box in at.selectbox if box.label.startswith("Encoding")).select("cp1250").run()
    at.button(key="imports.apply").click().run()

    with books.reading() as session:
        assert session.scalars(select(Student.name)).one() == "Łukasz Żak"


def test_a_capability_taken_away_before_the_click_writes_nothing(books: Database, open_page: Open) -> None:
    at = upload(open_page("imports", name="ada"), "small.csv", SMALL)
    with books.writing() as session:
        ada = session.scalars(select(User.id).where(User.name == "ada")).one()
        hope = session.scalars(select(User.id).where(User.name == "hope")).one()
        access.change_roles(session, actor=COMMAND_LINE, user_id=hope, roles=["administrator"])
        access.change_roles(session, actor=COMMAND_LINE, user_id=ada, roles=["head"])

    at.button(key="imports.apply").click().run()

    assert not at.exception
    assert held(books) == (0, 0)
    assert "imports.file" not in {uploader.key for uploader in at.file_uploader}


@pytest.mark.parametrize("name", ["finn", "hope", None])
def test_who_may_not_import_sees_no_uploader(books: Database, open_page: Open, name: str | None) -> None:
    at = open_page("imports", name=name)

    assert not at.exception
    assert not at.file_uploader


def test_the_rows_left_out_leave_as_a_file_that_no_spreadsheet_runs() -> None:
    text = bad_rows_csv([BadRow(3, "Name", '=HYPERLINK("x")'), BadRow(4, "", "Too long, “quoted”")])

    rows = list(csv.reader(text.removeprefix("\ufeff").splitlines()))
    assert rows[0] == ["Row", "Column", "What is wrong"]
    assert not rows[1][2].startswith("=")
    assert rows[2] == ["4", "", "Too long, “quoted”"]


def test_of_very_many_bad_rows_the_first_are_shown_and_all_are_counted(
    books: Database, open_page: Open
) -> None:
    content = "Admission No,Name\n" + "".join(f"{n},\n" for n in range(1, 301))

    at = upload(open_page("imports", name="ada"), "bad.csv", content.encode())

    assert counts(at)["Left out"] == 300
    assert "**300 rows left out.** These are the first 200." in said(at)
    assert len(left_out(at)) == 200
    assert "Nothing to import: no row is good." in said(at)


def test_a_sheet_of_a_workbook_can_be_chosen(books: Database, open_page: Open) -> None:
    at = upload(open_page("imports", name="ada"), "two.xlsx", workbook())
    assert counts(at)["New students"] == 2

    column(at, "Sheet").select("Leavers").run()

    assert counts(at)["New students"] == 1
