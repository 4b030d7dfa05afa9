"""A file as a school has it becomes a table; what is no table is refused in one sentence."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime, time
from decimal import Decimal

import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from school.errors import BadFile
from school.intake import encodings, tables
from tests.intake import files

HEADINGS = ("Admission No", "Name", "Balance")


def read(data: bytes, name: str = "register.csv", **more: str) -> tables.Table:
    return tables.read(data, name, **more)  # type: ignore[arg-type]


def table_or_sentence(data: bytes) -> tables.Table | str:
    """The only two things that reading may give."""
    try:
        return read(data)
    except BadFile as refused:
        return refused.sentence


def cells(table: tables.Table) -> list[list[tables.Cell]]:
    return [list(row.cells) for row in table.rows]


@pytest.mark.parametrize("name", ["riverside_register.csv", "lycee_eleves.csv"])
def test_a_register_is_read_as_it_is(name: str) -> None:
    truth = json.loads((files.EXAMPLES / f"{name}.truth.json").read_text())

    table = read((files.EXAMPLES / name).read_bytes(), name)

    assert table.encoding == truth["encoding"]
    assert table.delimiter == truth["delimiter"]
    assert len(table.rows) == truth["rows_good"] + truth["rows_bad"]
    assert len(table.headings) == 8


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_delimiter_and_line_end(delimiter: str, end: str) -> None:
    data = files.csv(HEADINGS, ("1", "Zoé", "12"), ("2", "O'Brien", "13"), delimiter=delimiter, end=end)

    table = read(data)

    assert table.headings == HEADINGS
    assert table.delimiter == delimiter
    assert cells(table) == [["1", "Zoé", "12"], ["2", "O'Brien", "13"]]


@pytest.mark.parametrize(
    ("encoding", "certain"),
    [
        ("utf-8", True),
        ("utf-8-sig", True),
        ("utf-16", True),
        ("utf-16-le", True),
        ("utf-16-be", True),
        ("cp1252", False),
    ],
)
def test_the_encoding_is_told_by_the_file_or_by_the_setting(encoding: str, certain: bool) -> None:
    data = files.csv(HEADINGS, ("1", "José Ñandú", "12"), encoding=encoding)

    table = read(data)

    assert cells(table) == [["1", "José Ñandú", "12"]]
    assert table.certain is certain


def test_an_encoding_can_be_chosen_and_a_wrong_one_is_refused() -> None:
    data = files.csv(("Номер ученика", "Имя"), ("1", "Фёдор"), encoding="cp1251")

    assert read(data, encoding="cp1251").headings == ("Номер ученика", "Имя")
    with pytest.raises(BadFile, match="utf-8"):
        read(data, encoding="utf-8")
    with pytest.raises(BadFile, match="no-such"):
        read(data, encoding="no-such")
    with pytest.raises(BadFile):
        read(data, encoding="hex")


@pytest.mark.parametrize(
    ("headings", "encoding"),
    [
        (("Номер ученика", "Фамилия", "Имя", "Класс"), "cp1251"),
        (("رقم الطالب", "الاسم", "الصف"), "cp1256"),
        (("学号", "姓名", "班级"), "gb18030"),
    ],
)
def test_the_encoding_suggested_first_is_the_one_that_makes_the_headings_words(
    headings: tuple[str, ...], encoding: str
) -> None:
    data = files.csv(headings, *(("1", *headings[1:]),) * 5, encoding=encoding)

    suggested = encodings.suggestions(data)

    assert suggested[0].encoding == encoding
    assert headings[1] in suggested[0].preview


def test_titles_above_the_headings_and_empty_rows_are_passed_over_and_rows_keep_their_numbers() -> None:
    data = files.csv(
        ("Greenhill School",), ("Register of 23.11.2026", "", "page 1"), (), HEADINGS, ("1", "Ann", "2"),
        ("", "", ""), (), ("2", "Ben", "3"), HEADINGS, ("3", "Cy", "4"),
    )  # fmt: skip

    table = read(data)

    assert table.headings == HEADINGS
    assert [(row.number, row.cells[0]) for row in table.rows] == [(5, "1"), (8, "2"), (10, "3")]


def test_headings_nobody_knows_are_the_first_row_as_wide_as_the_table() -> None:
    data = files.csv(("Liste",), ("Tunnus", "Tieto", "Summa"), ("1", "a", "2"), ("2", "b", "3"))

    assert read(data).headings == ("Tunnus", "Tieto", "Summa")


def test_headings_the_user_names_are_found_below_titles() -> None:
    data = files.csv(("a", "b", "c"), ("x", "y", "z"), ("Tunnus", "Nimi", "Summa"), ("1", "a", "2"))

    assert tables.read(data, "r.csv", known=["tunnus", "nimi"]).headings == ("Tunnus", "Nimi", "Summa")


def test_quoted_line_ends_and_delimiters_stay_inside_their_cell() -> None:
    data = b'Admission No,Name,Notes\r\n1,"Taylor, Ann","two\r\nlines"\r\n2,"The ""Bear""",\r\n'

    table = read(data)

    assert cells(table) == [["1", "Taylor, Ann", "two\r\nlines"], ["2", 'The "Bear"', ""]]
    assert [row.number for row in table.rows] == [2, 3]


def test_a_named_separator_is_believed() -> None:
    table = read(b"sep=;\r\nAdmission No;Name\r\n1;Ann, Lee\r\n")

    assert (table.headings, cells(table)) == (("Admission No", "Name"), [["1", "Ann, Lee"]])
    assert table.rows[0].number == 3


def test_a_quotation_mark_left_open_is_refused_where_it_opens() -> None:
    data = b'Admission No,Name\r\n1,Ann\r\n2,"Ben\r\n3,Cy\r\n4,Di\r\n'

    with pytest.raises(BadFile, match="row 3: a quotation mark is opened and not closed"):
        read(data)


def test_zero_bytes_do_no_harm() -> None:
    table = read(b"Admission No,Name\r\n1,An\0n\r\n\0\0\0")

    assert table.rows[0].cells[0] == "1"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (b"\0" * 500, "is empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a picture"),
        (b"\x1f\x8b\x08\0\0\0", "a compressed file"),
        (b"<!DOCTYPE html><table><tr><td>1</td></tr></table>", "a web page or an XML file"),
        (b"{\\rtf1 Admission No, Name}", "a text document"),
        (b"SQLite format 3\0", "a database"),
        (bytes(range(1, 32)) * 20, "not a table of text"),
        (b"Admission No,Name\r\n", "no row below"),
        (b"," * 5000 + b"\n1", "more columns"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "cannot be opened as a spreadsheet"),
        (b"PK\x03\x04xl/ nothing more", "cannot be opened as a spreadsheet"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence_that_says_what_it_is(data: bytes, what: str) -> None:
    with pytest.raises(BadFile) as refused:
        read(data, "students.csv")

    assert what in refused.value.sentence
    assert "students.csv" in refused.value.sentence
    assert "\n" not in refused.value.sentence


@given(st.binary(max_size=400))
@example(b'"' * 300)
@example(b"\xff\xfe\x00\xd8")
@example(b"sep=\n")
@example(b'sep="\nAdmission No"Name\n1"2\n')
@example(b"\x00\x00\xfe\xff\xff\xff")
@settings(deadline=None, max_examples=300)
def test_no_bytes_at_all_make_anything_but_a_table_or_a_sentence(data: bytes) -> None:
    read_as = table_or_sentence(data)

    assert read_as.endswith(".") if isinstance(read_as, str) else read_as.rows and any(read_as.headings)


@given(st.text(alphabet="ab1,;\t|\"'\n\r\\ \0é", max_size=200))
@settings(deadline=None, max_examples=300)
def test_no_text_below_known_headings_makes_anything_but_a_table_or_a_sentence(text: str) -> None:
    read_as = table_or_sentence(f"Admission No,Name\n{text}".encode())

    assert read_as.endswith(".") if isinstance(read_as, str) else read_as.headings[0] == "Admission No"


def test_an_excel_sheet_gives_exact_numbers_dates_and_texts() -> None:
    table = read(
        files.xlsx(
            [
                ["Greenhill School"],
                [],
                ["Admission No", "Name", "Balance", "Date of joining"],
                ["0012", "=cmd()", 12.1, date(2026, 9, 1)],
                [1100000, "Ann", 1234567.89, datetime.combine(date(2026, 9, 2), time())],
                [1100001, "Ben", 0.1 + 0.2, ""],
            ]
        ),
        "register.xlsx",
    )

    assert table.sheet == "Register"
    assert [row.number for row in table.rows] == [4, 5, 6]
    assert cells(table) == [
        ["0012", "=cmd()", Decimal("12.1"), date(2026, 9, 1)],
        [Decimal(1100000), "Ann", Decimal("1234567.89"), date(2026, 9, 2)],
        [Decimal(1100001), "Ben", Decimal("0.3"), ""],
    ]
    assert tables.text_of(table.rows[1].cells[0]) == "1100000"


def test_of_several_sheets_the_one_with_known_headings_is_taken_and_another_can_be_chosen() -> None:
    data = files.xlsx([HEADINGS, ["1", "Ann", 5]], before=[["Read me"], ["first"]])

    assert read(data).sheet == "Register"
    assert read(data).sheets == ("Cover", "Register")
    assert read(data, sheet="Cover").headings == ("Read me",)
    with pytest.raises(BadFile, match="Cover, Register"):
        read(data, sheet="Nothing")


def test_a_cell_in_error_is_not_an_empty_cell() -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("R & D")
    sheet.write_row(0, 0, HEADINGS)
    sheet.write_row(1, 0, ["1", "Ann"])
    sheet.write_formula(1, 2, "=VLOOKUP(1,A1:B2,9)", None, "#REF!")
    book.close()

    assert cells(read(buffer.getvalue(), "r.xlsx")) == [["1", "Ann", "#REF!"]]


def test_an_opendocument_sheet_is_read_too() -> None:
    table = read(files.ods([["Admission No", "Name", "Balance"], ["7", "Zoé", 12.1]]), "r.ods")

    assert cells(table) == [["7", "Zoé", Decimal("12.1")]]


def archive(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def test_a_document_that_is_no_spreadsheet_says_so() -> None:
    with pytest.raises(BadFile, match="a text document"):
        read(archive(word__document=b"x"), "letter.csv")
    with pytest.raises(BadFile, match="a compressed file"):
        read(archive(register=b"Admission No,Name"), "register.zip")


def far_corner() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADINGS)
    sheet.write(1048575, 16383, "far")
    book.close()
    return buffer.getvalue()


def bomb() -> bytes:
    """A sheet that unpacks to a gigabyte and a half."""
    original = zipfile.ZipFile(io.BytesIO(files.xlsx([HEADINGS, ["1", "Ann", 5]])))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for part in original.infolist():
            if part.filename.endswith("sheet1.xml"):
                with made.open(part.filename, "w", force_zip64=True) as out:
                    for _ in range(150):
                        out.write(b" " * 10_000_000)
            else:
                made.writestr(part.filename, original.read(part))
    return buffer.getvalue()


@pytest.mark.parametrize("hostile", [far_corner, bomb])
def test_a_small_file_that_unpacks_to_anything_ends_its_own_process_and_ours_goes_on(hostile: object) -> None:
    data = hostile()  # type: ignore[operator]

    with pytest.raises(BadFile, match="“register"):
        read(data, "register.xlsx")


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=15)
def test_a_damaged_spreadsheet_is_a_table_or_a_sentence(damage: list[tuple[int, int]]) -> None:
    whole = bytearray(files.xlsx([HEADINGS, ["1", "Ann", 5]]))
    for place, byte in damage:
        whole[4 + place % (len(whole) - 4)] = byte

    read_as = table_or_sentence(bytes(whole))

    assert read_as.endswith(".") if isinstance(read_as, str) else read_as.rows
