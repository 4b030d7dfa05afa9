"""What a billing run would post for each student: what the fees come to, less what runs posted before.

Whatever is decided here is decided on rows that were read in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from school.fees import concessions, costing, posted, queries
from school.fees.concessions import HeadCharge
from school.fees.costing import Days, Part
from school.fees.posted import Before, PostedLine, Sorted, net
from school.fees.queries import FeeFacts, HeadFacts, OptionFacts, Pupil, Tariff

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


@dataclass(frozen=True)
class Warned:
    """`what` is one of WARNINGS; `head` and `amount_minor` as far as it is about any."""

    what: str
    head: str = ""
    amount_minor: int = 0


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
class Cost:
    """What one fee head comes to for one student in the term, and for which days where not for all."""

    amount_minor: int
    parts: tuple[Part, ...] | None = None
    memo: str | None = None


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


@dataclass
class _Draft:
    """One student while the bill is made."""

    pupil: Pupil
    costs: dict[str, Cost]
    warned: list[Warned] = field(default_factory=list)


def bills(session: Session, told: Told, tariff: Tariff, family_ids: Sequence[int]) -> list[Bill]:
    """The bills of these families, which are whole, because concessions look at siblings."""
    pupils = queries.pupils(session, tariff.term, family_ids)
    ids = [pupil.id for pupil in pupils]
    chosen = queries.options(session, ids)
    drafts = [_draft(tariff, pupil, chosen.get(pupil.id, ())) for pupil in pupils]
    before = posted.before(session, told.term_id, ids)
    conceded = _conceded(session, tariff, drafts, before)
    by_hand = posted.by_hand(session, told.term_id, ids, [head.account for head in tariff.heads])
    return [
        _bill(told, tariff, draft, before, by_hand.get(draft.pupil.id, ()), conceded.get(draft.pupil.id, {}))
        for draft in drafts
        if told.class_ids is None or draft.pupil.class_id in told.class_ids
    ]


def preview(session: Session, told: Told) -> list[Bill]:
    """What the run would look at, by family and student."""
    tariff, after, found = queries.tariff(session, told.term_id), 0, list[Bill]()
    while families := queries.next_families(
        session, tariff.term, after=after, students_max=1_000, class_ids=told.class_ids
    ):
        found += bills(session, told, tariff, families)
        after = families[-1]
    return found


def _conceded(
    session: Session, tariff: Tariff, drafts: Iterable[_Draft], before: Before
) -> dict[int, dict[str, dict[str, int]]]:
    """What the schemes forgive, by student, fee head and scheme; what was given stays on its fee head."""
    charges = [
        HeadCharge(draft.pupil.id, head, cost.amount_minor)
        for draft in drafts
        for head, cost in draft.costs.items()
        if cost.amount_minor
    ]
    found: dict[int, dict[str, dict[str, int]]] = {}
    given = {
        student_id: {
            (head, scheme): amount
            for head, of_head in Sorted(lines, ()).given.items()
            for scheme, amount in of_head.items()
        }
        for student_id, lines in before.lines.items()
    }
    for one in concessions.granted(session, term_id=tariff.term.id, charges=charges, given=given):
        of_head = found.setdefault(one.student_id, {}).setdefault(one.head, {})
        of_head[one.scheme] = of_head.get(one.scheme, 0) + one.amount_minor
    return found


def _draft(tariff: Tariff, pupil: Pupil, chosen: Sequence[OptionFacts]) -> _Draft:
    draft = _Draft(pupil, {})
    term = Days(tariff.term.starts_on, tariff.term.ends_on)
    present = Days(pupil.joined_on, pupil.left_on).within(term)
    if present is None:
        return draft
    for head in tariff.heads:
        fee = costing.counts(
            tariff.fees.get(head.account, ()), term_id=tariff.term.id, class_id=pupil.class_id
        )
        if head.optional:
            spans = [option for option in chosen if option.account == head.account]
            cost = _chosen(draft, tariff, head, fee, spans, present)
        else:
            cost = _cost(tariff, head, fee, [(present, fee.amount)]) if fee else None
        if cost and cost.amount_minor:
            draft.costs[head.account] = cost
    if pupil.class_id is None:
        draft.warned.append(Warned("no_class"))
    elif not any(not head.optional and head.account in draft.costs for head in tariff.heads):
        draft.warned.append(Warned("no_fee"))
    return draft


def _chosen(
    draft: _Draft,
    tariff: Tariff,
    head: HeadFacts,
    fee: FeeFacts | None,
    options: Sequence[OptionFacts],
    present: Days,
) -> Cost | None:
    spans = []
    for option in options:
        days, amount = option.days.within(present), option.amount or (fee.amount if fee else None)
        if days and amount is None:
            draft.warned.append(Warned("no_price", head.name))
        elif days and amount is not None:
            spans.append((days, amount))
    return _cost(tariff, head, fee, spans)


def _cost(
    tariff: Tariff, head: HeadFacts, fee: FeeFacts | None, spans: Sequence[tuple[Days, int]]
) -> Cost | None:
    """The cost of the days of each span; what is not prorated costs the whole, once."""
    if not spans:
        return None
    plan = tariff.plans.get(fee.plan_id) if fee and fee.plan_id else None
    parts = plan.parts if plan else None
    if not head.prorated:
        return Cost(spans[-1][1], parts)
    term = Days(tariff.term.starts_on, tariff.term.ends_on)
    whole, days = costing.length(term), sum(costing.length(days) for days, _ in spans)
    amount = sum(costing.prorated(amount, days, term) for days, amount in spans)
    memo = f"{tariff.term.name}, {days} of {whole} days" if days < whole else None
    return Cost(amount, parts, memo)


def _bill(
    told: Told,
    tariff: Tariff,
    draft: _Draft,
    before: Before,
    by_hand: Sequence[PostedLine],
    conceded: dict[str, dict[str, int]],
) -> Bill:
    standing = before.lines.get(draft.pupil.id, ())
    if not standing and not draft.costs:
        return Bill(draft.pupil, (), draft.warned, before.entries.get(draft.pupil.id, 0))
    counted = by_hand if told.by_hand else ()
    sorted_out = Sorted(standing, counted)
    found = []
    for head in _heads(tariff, standing):
        code = head.account
        if code not in draft.costs and code not in sorted_out.charged:
            continue
        cost = draft.costs.get(code, Cost(0))
        decision = costing.decide(
            cost.amount_minor,
            charged=sorted_out.charged.get(code, 0),
            by_hand=net(counted, code),
            conceded=conceded.get(code, {}),
            given=sorted_out.given.get(code, {}),
            takes_charges=draft.pupil.status != "left",
            credit_notes=told.credit_notes,
        )
        draft.warned += _warned(head, decision, net(by_hand, code))
        found.append(
            HeadBill(
                head,
                cost,
                sorted_out.charged.get(code, 0),
                decision,
                sorted_out.charges.get(code, ()),
                sorted_out.credited,
            )
        )
    return Bill(draft.pupil, found, draft.warned, before.entries.get(draft.pupil.id, 0))


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
