"""Any number of values is one condition with one parameter, which is a look into the column's index."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Select, event, select, text

from school.db import Database, among
from school.students.models import SchoolClass

PECULIAR = ["O'Brien", 'say "x"', "{a,b}", "C:\\n", "007", "日本", "NULL", " "]


def add_classes(session, names: Iterable[str]) -> None:
    rows = [{"name": name} for name in names]
    session.execute(text("INSERT INTO school_class (name, position) VALUES (:name, 0)"), rows)


def called(*names: str) -> Select[Any]:
    return select(SchoolClass.name).where(among(SchoolClass.name, names)).order_by(SchoolClass.id)


def test_a_text_is_found_as_it_is_written_and_among_none_is_no_row(database: Database) -> None:
    with database.writing() as session:
        add_classes(session, [*PECULIAR, "7", "a"])

        assert session.scalars(called(*PECULIAR)).all() == PECULIAR
        assert session.scalars(called("7")).all() == ["7"]
        assert session.scalars(called()).all() == []
        others = select(SchoolClass.name).where(~among(SchoolClass.name, iter(PECULIAR)))
        assert set(session.scalars(others)) == set(session.scalars(others)) == {"7", "a"}


def test_each_list_has_its_own_answer_from_a_statement_compiled_once(database: Database) -> None:
    with database.writing() as session:
        add_classes(session, "abc")
    one, other = called("a"), called("b", "c", *map(str, range(100_000)))
    by_id = select(SchoolClass.name).where(among(SchoolClass.id, named="ids")).order_by(SchoolClass.id)

    assert one._generate_cache_key() == other._generate_cache_key()
    assert one._generate_cache_key() is not None
    for door in (database.reading, database.writing):
        with door() as session:
            assert session.scalars(one).all() == ["a"]
            assert session.scalars(other).all() == ["b", "c"]
            assert session.scalars(by_id, {"ids": {1}}).all() == ["a"]
            assert session.scalars(by_id, {"ids": [3, 2, 2]}).all() == ["b", "c"]


@pytest.mark.parametrize(
    ("column", "values"), [(SchoolClass.id, range(500)), (SchoolClass.name, [*map(str, range(500))])]
)
def test_many_values_are_looked_up_in_the_index(database: Database, column: Any, values: Any) -> None:
    asked: list[Any] = []
    with database.writing() as session:
        add_classes(session, map(str, range(10_000)))
        session.execute(text("ANALYZE school_class"))
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
        session.execute(select(SchoolClass.position).where(among(column, values)))
        statement, parameters = asked[0]
        how = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
        plan = connection.exec_driver_sql(how + statement, parameters).all()

    sought = "SEARCH school_class USING" if database.is_sqlite else "Index"
    assert any(sought in str(row) for row in plan), plan
