"""The story as entries: who was in which class and term then, which line is which, and what was reversed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush

from school.demo.families import Child
from school.demo.story import Event
from school.ledger.bulk import Prepared
from school.ledger.rules import NewLine, mirror

LAST_HOUR = timedelta(hours=1)  # what is recorded today was recorded just now, one after the other


@dataclass(frozen=True)
class Span:
    """A term in the database."""

    id: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True, order=True)
class _Undo:
    day: date
    entry_id: int
    first_line: int
    lines: tuple[NewLine, ...]
    reason: str


class Bookkeeper:
    """Numbers entries and lines as the bulk loader will: in the order told, from 1."""

    def __init__(
        self,
        *,
        terms: Sequence[Span],
        classes: dict[tuple[int, int], int],
        cashiers: Sequence[tuple[int, str]],
        now: datetime,
    ) -> None:
        self.terms = terms  # year by year, three a year
        self.classes = classes  # by form and stream
        self.cashiers = cashiers
        self.now = now
        self.entry_id = self.line_id = self.lately = 0
        self.undone: list[_Undo] = []
        self.tuition: dict[int, int] = {}  # student id → the newest tuition charge, which concessions pay

    def entries(self, events: Iterable[Event]) -> Iterator[Prepared]:
        for event in events:
            while self.undone and self.undone[0].day <= event.day:
                yield self._reversal(heappop(self.undone))
            yield self._entry(event)
        while self.undone:
            yield self._reversal(heappop(self.undone))

    def _entry(self, event: Event) -> Prepared:
        lines = tuple(self._line(event, item.child, n) for n, item in enumerate(event.items))
        first = self.line_id + 1
        prepared = self._prepared(event.kind, event.day, lines, event.payer, event.reference, event.reason)
        if event.undo and event.undo_on:
            heappush(self.undone, _Undo(event.undo_on, self.entry_id, first, lines, event.undo))
        for n, line in enumerate(lines):
            if line.account == "TUITION" and (n == 0 or lines[n - 1].student_id != line.student_id):
                self.tuition[line.student_id] = first + n
        return prepared

    def _line(self, event: Event, child: Child, n: int) -> NewLine:
        item = event.items[n]
        billed = self.terms[event.year * 3 + event.term].id if event.kind in ("bill", "concession") else None
        form = child.form_in(event.year) or child.last_form
        return NewLine(
            student_id=child.student_id,
            account=item.account,
            amount=item.amount,
            due_date=item.due,
            pays=self.tuition.get(child.student_id) if event.kind == "concession" else None,
            class_id=self.classes[form, child.stream],
            term_id=billed or self._term_on(event.day),
            memo=item.memo,
        )

    def _reversal(self, undo: _Undo) -> Prepared:
        term = self._term_on(undo.day)
        lines = tuple(
            mirror(line, undo.first_line + n, money_moves=True, term_id=term)
            for n, line in enumerate(undo.lines)
        )
        return self._prepared("reversal", undo.day, lines, None, None, undo.reason, undo.entry_id)

    def _prepared(
        self,
        kind: str,
        day: date,
        lines: tuple[NewLine, ...],
        payer: str | None,
        reference: str | None,
        reason: str | None,
        reverses: int | None = None,
    ) -> Prepared:
        self.entry_id += 1
        self.line_id += len(lines)
        actor_id, actor = self.cashiers[self.entry_id % 7 % len(self.cashiers)]
        at = datetime.combine(day, time(5 + self.entry_id % 8, self.entry_id % 60), UTC)
        return Prepared(
            kind=kind,
            date=day,
            at=at if at < self.now - LAST_HOUR else self._lately(),
            actor_id=actor_id,
            actor=actor,
            request_id=f"demo:{self.entry_id:08}",
            lines=lines,
            reverses=reverses,
            payer=payer,
            reference=reference,
            reason=reason,
        )

    def _lately(self) -> datetime:
        self.lately += 1
        return self.now - LAST_HOUR * 0.97**self.lately

    def _term_on(self, day: date) -> int | None:
        """The last term begun by the day, as the ledger places what is posted."""
        return next((term.id for term in reversed(self.terms) if term.starts_on <= day), None)
