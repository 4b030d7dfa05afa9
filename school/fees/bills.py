"""What a billing run would post for each student: what the fees come to, less what runs posted before.

Whatever is decided here is decided on rows that were read in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from school.fees import concessions, costing, posted, queries
from school.fees.concessions import HeadCharge
from school.fees.costing import Part
from school.fees.posted import Before, PostedLine, Sorted, net
from school.fees.prices import Cost, Draft, Prices, Warned
from school.fees.queries import HeadFacts, Pupil, Tariff

PREVIEWED = 1_000  # students read at a time
DUE_AT_ONCE = (Part(10_000, due_days=0),)


@dataclass(frozen=True)
class Told:
    """What a run is told. `due_date` is that of a fee without a plan; no classes means all of them.

    With `credit_notes` it takes back what is less than was charged; with `by_hand` it counts what was charged
    by hand on a fee head in the term as charged.
    """

    term_id: int
    date: dt.date
    due_date: dt.date
    class_ids: tuple[int, ...] | None = None
    credit_notes: bool = False
    by_hand: bool = True


WARNINGS = {
    "no_class": "in no class",
    "no_fee": "no fee for this class",
    "no_price": "chosen, but without a fee",
    "by_hand": "charged by hand already",
    "less": "less than was charged",
    "left": "left, so not charged for the days at school",
    "over": "more concession than the rules give now",
}


@dataclass(frozen=True)
class HeadBill:
    """One fee head of one student: what it comes to, what runs charged, and what the run makes of it."""

    head: HeadFacts
    cost: Cost
    charged: int
    decision: costing.Decision
    charges: Sequence[PostedLine]  # that stand: what a concession or a credit note can still be about
    credited: dict[int, int]  # of these charges, by runs


@dataclass(frozen=True)
class Bill:
    pupil: Pupil
    heads: Sequence[HeadBill]
    warned: Sequence[Warned]
    entries_before: int = 0

    @property
    def charged(self) -> int:
        return sum(head.charged for head in self.heads)

    @property
    def charge(self) -> int:
        return sum(head.decision.charge for head in self.heads)

    @property
    def credit(self) -> int:
        return sum(head.decision.credit for head in self.heads)

    @property
    def concession(self) -> int:
        return sum(sum(head.decision.concessions.values()) for head in self.heads)

    @property
    def owes_more(self) -> int:
        return self.charge - self.credit - self.concession

    @property
    def is_new(self) -> bool:
        return bool(self.charge or self.credit or self.concession)


def bills(session: Session, told: Told, tariff: Tariff, pupils: Sequence[Pupil]) -> list[Bill]:
    """The bills of whole families, because concessions look at siblings; of those in the classes told."""
    ids = [pupil.id for pupil in pupils]
    chosen = queries.options(session, ids)
    prices = Prices(tariff)
    drafts = [prices.draft(pupil, chosen.get(pupil.id, ())) for pupil in pupils]
    before = posted.before(session, told.term_id, ids)
    conceded = _conceded(session, tariff, drafts, before)
    by_hand = posted.by_hand(session, told.term_id, ids, {head.account for head in tariff.heads})
    return [
        _bill(told, prices, draft, before, by_hand.get(draft.pupil.id, ()), conceded.get(draft.pupil.id))
        for draft in drafts
        if told.class_ids is None or draft.pupil.class_id in told.class_ids
    ]


def preview(session: Session, told: Told) -> list[Bill]:
    """What the run would look at, by family and student."""
    tariff, after, found = queries.tariff(session, told.term_id), 0, list[Bill]()
    while pupils := queries.next_pupils(
        session, tariff.term, after=after, students_max=PREVIEWED, class_ids=told.class_ids
    ):
        found += bills(session, told, tariff, pupils)
        after = pupils[-1].family_id
    return found


def _conceded(
    session: Session, tariff: Tariff, drafts: Iterable[Draft], before: Before
) -> dict[int, dict[str, dict[str, int]]]:
    """What the schemes forgive, by student, fee head and scheme; what was given stays on its fee head."""
    charges = [
        HeadCharge(draft.pupil.id, head, cost.amount_minor)
        for draft in drafts
        for head, cost in draft.costs.items()
        if cost.amount_minor
    ]
    found: dict[int, dict[str, dict[str, int]]] = {}
    given = {student_id: Sorted(lines, ()).by_scheme() for student_id, lines in before.lines.items()}
    for one in concessions.granted(session, term_id=tariff.term.id, charges=charges, given=given):
        of_head = found.setdefault(one.student_id, {}).setdefault(one.head, {})
        of_head[one.scheme] = of_head.get(one.scheme, 0) + one.amount_minor
    return found


def _bill(
    told: Told,
    prices: Prices,
    draft: Draft,
    before: Before,
    by_hand: Sequence[PostedLine],
    conceded: Mapping[str, Mapping[str, int]] | None,
) -> Bill:
    standing = before.lines.get(draft.pupil.id, ())
    entries = before.entries.get(draft.pupil.id, 0)
    if not (standing or by_hand or conceded) and draft.pupil.status != "left":
        return Bill(
            draft.pupil, [_first(prices, *cost) for cost in draft.costs.items()], draft.warned, entries
        )
    counted = by_hand if told.by_hand else ()
    sorted_out = Sorted(standing, counted)
    found = []
    for head in _heads(prices.tariff, standing):
        code = head.account
        if code not in draft.costs and code not in sorted_out.charged:
            continue
        cost, charged = draft.costs.get(code, Cost(0)), sorted_out.charged.get(code, 0)
        decision = costing.decide(
            cost.amount_minor,
            charged=charged,
            by_hand=net(counted, code),
            conceded=(conceded or {}).get(code, {}),
            given=sorted_out.given.get(code, {}),
            takes_charges=draft.pupil.status != "left",
            credit_notes=told.credit_notes,
        )
        draft.warned += _warned(head, decision, net(by_hand, code))
        charges = sorted_out.charges.get(code, ())
        found.append(HeadBill(head, cost, charged, decision, charges, sorted_out.credited))
    return Bill(draft.pupil, found, draft.warned, entries)


def _first(prices: Prices, code: str, cost: Cost) -> HeadBill:
    """Nothing was charged yet and nothing is forgiven: so it is for most students."""
    return HeadBill(prices.heads[code], cost, 0, costing.Decision(cost.amount_minor), (), {})


def _heads(tariff: Tariff, standing: Iterable[PostedLine]) -> Iterator[HeadFacts]:
    """The fee heads of the term, then those that are none any more and were charged."""
    yield from tariff.heads
    known = {head.account for head in tariff.heads}
    charged = {line.account for line in standing if line.due_date is not None} - known
    for code in sorted(charged):
        yield HeadFacts(code, code, True, False, True, 0, False, False)


def _warned(head: HeadFacts, decision: costing.Decision, by_hand: int) -> Iterator[Warned]:
    for what, amount in (
        ("by_hand", by_hand),
        ("less", decision.less),
        ("left", decision.refused),
        ("over", decision.over),
    ):
        if amount:
            yield Warned(what, head.name, amount)
