"""The charts of the dashboard; each bar opens the rows behind it, and a table can say the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from school.languages import later
from school.reports.dashboard import AccountTotal, ClassRow
from school.ui import charts, links, open_charges, tables, words
from school.ui.board import Board
from school.ui.charts import Bar, Pair
from school.ui.tables import Goal

NO_TERM = later("No term has begun")
CLASSES_MAX = 30  # more bars than that are a wall, not a picture
WHOLE = 1000  # a rate is drawn in tenths of a percent
AGE_STRENGTHS = (0.35, 0.5, 0.65, 0.8, 1.0)
NUMBERS = {"Amount", "Billed", "Collected", "A year before", "Still owed", "Owed", "Owes", "Overdue", "Rate"}


def span(board: Board) -> str:
    first, last = board.months[0].month, board.months[-1].month
    return board.reader.say(
        "{first} to {last}, beside the year before",
        first=board.month_and_year(first),
        last=board.month_and_year(last),
    )


def class_bars(board: Board) -> list[Bar]:
    """Rates as parts of `WHOLE`, of the classes that had any charge or payment."""
    bars = []
    for row in _classes(board):
        rate, name = board.percent(row.rate_percent), row.name or board.reader.say(links.NO_CLASS)
        of = f"{board.amount(row.collected)} of {board.amount(row.billed - row.conceded)}"
        tenths = round((row.rate_percent or 0) * 10)
        bars.append(Bar(name, tenths, rate, f"{name}: {rate}, {of}", board.entries(class_name=row.name)))
    return bars


def age_bars(board: Board) -> list[Bar]:
    """The older the debt, the stronger the bar."""
    bars = []
    for (age, bucket), strength in zip(open_charges.BUCKETS.items(), AGE_STRENGTHS, strict=True):
        amount: int = getattr(board.ageing, bucket)
        called = board.reader.say(age)
        said = f"{called}: {board.amount(amount)}"
        bars.append(Bar(called, amount, board.brief(amount), said, board.charges(age), strength))
    return bars


def account_bars(rows: Sequence[AccountTotal], board: Board) -> list[Bar]:
    return [
        Bar(
            board.reader.say(row.name),
            row.amount,
            board.brief(row.amount),
            f"{row.name}: {board.amount(row.amount)}",
            board.entries(account=row.name),
        )
        for row in rows
        if row.amount
    ]


def months(board: Board, *, as_table: bool) -> None:
    rows = board.months
    goals = [board.entries_of_month(row.month) for row in rows]
    with _card("Collected month by month", span(board)):
        if as_table:
            columns = {
                "Month": [board.month_and_year(row.month) for row in rows],
                "Billed": [board.amount(row.billed) for row in rows],
                "Collected": [board.amount(row.collected) for row in rows],
                "A year before": [board.amount(row.collected_last_year) for row in rows],
            }
            return _table(columns, goals, key="dashboard.months", alt="Collected month by month")
        pairs = [
            Pair(
                board.month(row.month),
                row.collected,
                row.collected_last_year,
                f"{board.month_and_year(row.month)}: {board.amount(row.collected)} collected, "
                f"{board.amount(row.collected_last_year)} a year before",
                goal,
            )
            for row, goal in zip(rows, goals, strict=True)
        ]
        total = board.amount(sum(row.collected for row in rows))
        return charts.pairs(
            pairs,
            now="This year",
            before="Last year",
            minor=10**board.unit.exponent,
            key="dashboard.months",
            alt=f"Collected month by month beside last year; {total} this year",
        )


def by_class(board: Board, *, as_table: bool) -> None:
    rows = _classes(board)
    with _card("Collected by class", class_note(board)):
        if not rows:
            return _nothing("Nothing was billed for this term yet.")
        lowest = min(rows, key=_rate)
        return _rows(
            class_bars(board),
            lambda: {
                "Class": [row.name or links.NO_CLASS for row in rows],
                "Rate": [board.percent(row.rate_percent) for row in rows],
                "Collected": [board.amount(row.collected) for row in rows],
                "Billed": [board.amount(row.billed - row.conceded) for row in rows],
                "Still owed": [board.amount(row.outstanding) for row in rows],
            },
            as_table=as_table,
            key="dashboard.by_class",
            alt="Collection rate by class; the lowest is "
            f"{lowest.name or links.NO_CLASS}, {board.percent(lowest.rate_percent)}",
            whole=WHOLE,
        )


def ageing(board: Board, *, as_table: bool) -> None:
    with _card("How old the debt is", "Days since each charge was due"):
        if not board.ageing.open_total:
            return _nothing("Nothing is owed.")
        bars = age_bars(board)
        return _rows(
            bars,
            lambda: {"Age": [bar.label for bar in bars], "Owed": [board.amount(bar.size) for bar in bars]},
            as_table=as_table,
            key="dashboard.ageing",
            alt=f"What is owed by age; {board.amount(board.ageing.over_90)} is older than 90 days",
        )


def by_tender(board: Board, *, as_table: bool) -> None:
    _by_account(board, "Collected by tender", board.tenders, key="dashboard.by_tender", as_table=as_table)


def by_fee_head(board: Board, *, as_table: bool) -> None:
    _by_account(board, "Billed by fee head", board.fee_heads, key="dashboard.by_fee_head", as_table=as_table)


def debtors(board: Board) -> None:
    rows = board.debtors
    with _card("Who owes most", f"As at {words.date(board.figures.as_at)}; a name opens the account"):
        if not rows:
            return _nothing("Nobody owes anything.")
        columns = {
            "Student": [row.name for row in rows],
            "Class": [row.class_name or links.NO_CLASS for row in rows],
            "Owes": [board.amount(row.balance) for row in rows],
            "Overdue": [board.amount(row.overdue) for row in rows],
            "Oldest due date": [words.date(row.oldest_due) for row in rows],
        }
        goals: list[Goal] = [(links.STUDENT, links.student(row.student_id)) for row in rows]
        return _table(columns, goals, key="dashboard.debtors", alt="The students who owe most")


def _by_account(
    board: Board, title: str, totals: Sequence[AccountTotal], *, key: str, as_table: bool
) -> None:
    rows = [row for row in totals if row.amount]
    with _card(title, board.term or NO_TERM):
        if not rows:
            return _nothing("Nothing for this term yet.")
        largest = max(rows, key=lambda row: row.amount)
        return _rows(
            account_bars(rows, board),
            lambda: {
                "Account": [row.name for row in rows],
                "Amount": [board.amount(row.amount) for row in rows],
            },
            as_table=as_table,
            key=key,
            alt=f"{title}; most is {largest.name}, {board.amount(largest.amount)}",
        )


def _classes(board: Board) -> list[ClassRow]:
    """The classes with any charge or payment, youngest first; of very many, those with the lowest rates."""
    moved = [row for row in board.classes if row.billed or row.collected or row.conceded]
    if len(moved) <= CLASSES_MAX:
        return moved
    return sorted(moved, key=_rate)[:CLASSES_MAX]


def _rate(row: ClassRow) -> float:
    return math.inf if row.rate_percent is None else row.rate_percent


def class_note(board: Board) -> str:
    """Which term the rates are of, and which classes are shown."""
    shown, known = len(_classes(board)), sum(1 for row in board.classes if row.class_id)
    say = board.reader.say
    term = board.term or say(NO_TERM)
    if known <= CLASSES_MAX:
        return term
    return say("{term}, the {shown} lowest of {known}", term=term, shown=str(shown), known=str(known))


def _rows(
    bars: Sequence[Bar],
    columns: Callable[[], Mapping[str, Sequence[str]]],
    *,
    as_table: bool,
    key: str,
    alt: str,
    whole: int | None = None,
) -> None:
    """The same rows as bars, or in words and exact amounts."""
    if as_table:
        _table(columns(), [bar.goal for bar in bars], key=key, alt=alt)
    else:
        charts.rows(bars, key=key, alt=alt, whole=whole)


def _table(columns: Mapping[str, Sequence[str]], goals: Sequence[Goal], *, key: str, alt: str) -> None:
    first = next(iter(columns))
    amounts = [name for name in columns if name in NUMBERS]
    tables.rows(columns, goals, opens=first, amounts=amounts, key=f"{key}.table", alt=alt)


def _card(title: str, note: str) -> DeltaGenerator:
    card = st.container(border=True, height="stretch")
    card.header(title, anchor=False)
    card.markdown(words.quiet(note))
    return card


def _nothing(sentence: str) -> None:
    st.write(sentence)
