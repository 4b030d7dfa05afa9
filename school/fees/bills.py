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
from school.fees.posted import PostedLine, Sorted
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
    prices, whole = Prices(tariff), _Whole()
    drafts = [prices.draft(pupil, chosen.get(pupil.id, ())) for pupil in pupils]
    before = posted.before(session, told.term_id, ids)
    by_hand = posted.by_hand(session, told.term_id, ids, {head.account for head in tariff.heads})
    standing = {
        student_id: Sorted(before.lines.get(student_id, ()), by_hand.get(student_id, ()))
        for student_id in before.lines.keys() | by_hand.keys()
    }
    conceded = _conceded(session, tariff, drafts, standing)
    return [
        Bill(
            draft.pupil,
            _heads(told, prices, whole, draft, standing.get(draft.pupil.id), conceded.get(draft.pupil.id)),
            draft.warned,
            before.entries.get(draft.pupil.id, 0),
        )
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
    session: Session, tariff: Tariff, drafts: Iterable[Draft], standing: Mapping[int, Sorted]
) -> dict[int, dict[str, dict[str, int]]]:
    """What the schemes forgive, by student, fee head and scheme; what was given stays on its fee head."""
    charges = [
        HeadCharge(draft.pupil.id, head, cost.amount_minor)
        for draft in drafts
        for head, cost in draft.costs.items()
        if cost.amount_minor
    ]
    given = {student_id: lines.by_scheme() for student_id, lines in standing.items()}
    found: dict[int, dict[str, dict[str, int]]] = {}
    for one in concessions.granted(session, term_id=tariff.term.id, charges=charges, given=given):
        of_head = found.setdefault(one.student_id, {}).setdefault(one.head, {})
        of_head[one.scheme] = of_head.get(one.scheme, 0) + one.amount_minor
    return found


def _heads(
    told: Told,
    prices: Prices,
    whole: _Whole,
    draft: Draft,
    standing: Sorted | None,
    conceded: Mapping[str, Mapping[str, int]] | None,
) -> list[HeadBill]:
    """Each fee head that costs something or was charged; what was decided is warned about in the draft."""
    if standing is None and conceded is None and draft.pupil.status != "left":
        return whole.heads(prices, draft.costs)
    now = standing or Sorted((), ())
    found = []
    for head in _all_heads(prices.tariff, now):
        code = head.account
        by_hand = now.by_hand(code)
        if code not in draft.costs and code not in now.charged:
            continue
        cost, charged = draft.costs.get(code, Cost(0)), now.charged.get(code, 0)
        decision = costing.decide(
            cost.amount_minor,
            charged=charged,
            by_hand=by_hand if told.by_hand else 0,
            conceded=(conceded or {}).get(code, {}),
            given=now.given.get(code, {}),
            takes_charges=draft.pupil.status != "left",
            credit_notes=told.credit_notes,
        )
        draft.warned += _warned(head, decision, by_hand)
        found.append(HeadBill(head, cost, charged, decision, now.charges.get(code, ()), now.credited))
    return found


class _Whole:
    """Nothing was charged yet and nothing is forgiven: so it is for most students, and those whose costs are
    one and the same share their heads.
    """

    def __init__(self) -> None:
        self._heads: dict[int, tuple[dict[str, Cost], list[HeadBill]]] = {}

    def heads(self, prices: Prices, costs: dict[str, Cost]) -> list[HeadBill]:
        if id(costs) not in self._heads:  # which stays theirs: the costs are kept beside
            heads = [
                HeadBill(prices.heads[code], cost, 0, costing.Decision(cost.amount_minor), (), {})
                for code, cost in costs.items()
            ]
            self._heads[id(costs)] = costs, heads
        return self._heads[id(costs)][1]


def _all_heads(tariff: Tariff, standing: Sorted) -> Iterator[HeadFacts]:
    """The fee heads of the term, then those that are none any more and were charged."""
    yield from tariff.heads
    for code in sorted(standing.charged.keys() - {head.account for head in tariff.heads}):
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
