"""The entries of bills: charges by their instalments, and what is forgiven of each pinned to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from school.fees import costing
from school.fees.bills import DUE_AT_ONCE, Bill, HeadBill, Told
from school.fees.queries import Pupil
from school.ledger.batch import NewEntry
from school.ledger.rules import NewLine
from school.students.queries import TermFacts


def entries(found: Iterable[Bill], told: Told, term: TermFacts) -> Iterator[tuple[int, NewEntry]]:
    """By student: the bill, and apart from it what is forgiven or taken back of charges that stand already.

    Bills that share their heads have the same lines.
    """
    makers: dict[int, _Maker] = {}
    for bill in found:
        if not bill.is_new:
            continue
        maker = makers.get(id(bill.heads))
        if maker is None:
            maker = makers[id(bill.heads)] = _Maker(bill, told, term)
        for entry in _entries(maker, bill, term):
            yield bill.pupil.id, entry


def _entries(maker: _Maker, bill: Bill, term: TermFacts) -> Iterator[NewEntry]:
    number = bill.entries_before
    for kind, lines, pins in maker.made(bill.pupil):
        why = None if kind == "bill" else f"Billing run of {term.name} {term.year_name}"
        request_id = f"bill:{term.id}:{bill.pupil.id}:{number}"
        yield NewEntry(kind, request_id, lines, pins, reason=why)
        number += 1


def of_scheme(bill: Bill, told: Told, term: TermFacts, scheme: str) -> NewEntry | None:
    """What the run would forgive by one scheme of charges that stand already; nothing is charged."""
    lines = [line for line in _Maker(bill, told, term).concessions if line.account == scheme]
    if not lines:
        return None
    why = f"Given at once for {term.name} {term.year_name}"
    return NewEntry(
        "concession", f"bill:{term.id}:{bill.pupil.id}:{bill.entries_before}", lines, {}, reason=why
    )


class _Maker:
    """The lines of a student's entries, fee head by fee head; `heads` are kept, so their id stays theirs."""

    def __init__(self, bill: Bill, told: Told, term: TermFacts) -> None:
        self.pupil, self.heads, self.told, self.term = bill.pupil, bill.heads, told, term
        self.bill: list[NewLine] = []
        self.pins: dict[int, int] = {}
        self.concessions: list[NewLine] = []
        self.credits: list[NewLine] = []
        for head in bill.heads:
            self._add(head)

    def made(self, pupil: Pupil) -> Iterator[tuple[str, list[NewLine], dict[int, int]]]:
        for kind, lines in (
            ("bill", self.bill),
            ("concession", self.concessions),
            ("credit_note", self.credits),
        ):
            if lines:
                yield kind, self._of(pupil, lines), self.pins if kind == "bill" else {}

    def _of(self, pupil: Pupil, lines: list[NewLine]) -> list[NewLine]:
        if pupil is self.pupil:
            return lines
        return [
            NewLine(
                pupil.id,
                line.account,
                line.amount,
                line.due_date,
                line.pays,
                pupil.class_now,
                line.term_id,
                line.memo,
            )
            for line in lines
        ]

    def _add(self, one: HeadBill) -> None:
        dues = costing.instalments(
            one.decision.charge,
            one.cost.parts or DUE_AT_ONCE,
            starts_on=self.term.starts_on if one.cost.parts else self.told.due_date,
            earliest=self.told.date,
        )
        left = dict(one.decision.concessions)
        given = _given(left, [due.amount_minor for due in dues]) if left else {}
        for n, due in enumerate(dues):
            charge = len(self.bill)
            self.bill.append(self._line(one.head.account, due.amount_minor, due.due_date, memo=one.cost.memo))
            for scheme, part in given.get(n, ()):
                self.pins[len(self.bill)] = charge
                self.bill.append(self._line(scheme, -part, memo=one.cost.memo))
        if one.charges:
            self._of_standing(one, left)

    def _of_standing(self, one: HeadBill, left: dict[str, int]) -> None:
        """What the new charges have no room for is forgiven of those that stand; and what is too much."""
        standing = _Standing(one)
        for scheme, amount in left.items():
            self.concessions += [self._line(scheme, -part, pays=pays) for part, pays in standing.take(amount)]
        self.credits += [
            self._line(one.head.account, -part, pays=pays)
            for part, pays in standing.take(one.decision.credit)
        ]

    def _line(
        self,
        account: str,
        amount: int,
        due: dt.date | None = None,
        *,
        pays: int | None = None,
        memo: str | None = None,
    ) -> NewLine:
        return NewLine(self.pupil.id, account, amount, due, pays, self.pupil.class_now, self.term.id, memo)


def _given(left: dict[str, int], rooms: list[int]) -> dict[int, list[tuple[str, int]]]:
    """What each scheme forgives of each new charge, in proportion to them; taken from what is `left`."""
    given: dict[int, list[tuple[str, int]]] = {}
    for scheme, amount in left.items():
        for n, part in enumerate(costing.spread(amount, rooms)):
            if part:
                given.setdefault(n, []).append((scheme, part))
                rooms[n] -= part
                left[scheme] -= part
    return given


class _Standing:
    """What of earlier charges can still be forgiven or taken back: what is due last goes first."""

    def __init__(self, one: HeadBill) -> None:
        last_first = sorted(
            one.charges, key=lambda line: (line.due_date or dt.date.min, line.id), reverse=True
        )
        self.rooms = {line.id: max(0, line.amount - one.credited.get(line.id, 0)) for line in last_first}

    def take(self, amount: int) -> Iterator[tuple[int, int]]:
        for line_id, room in self.rooms.items():
            part = min(amount, room)
            if part:
                self.rooms[line_id] -= part
                amount -= part
                yield part, line_id
