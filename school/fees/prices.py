"""What a term costs each student: the fees of the class, for the days at school, and what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from school.fees import costing
from school.fees.costing import Days, Part
from school.fees.queries import FeeFacts, HeadFacts, OptionFacts, Pupil, Tariff
from school.languages import unmarked


@dataclass(frozen=True)
class Warned:
    """`what` is one of WARNINGS; `head` and `amount_minor` as far as it is about any."""

    what: str
    head: str = ""
    amount_minor: int = 0


@dataclass(frozen=True)
class Cost:
    """What one fee head comes to for one student in the term, and for which days where not for all."""

    amount_minor: int
    parts: tuple[Part, ...] | None = None
    memo: str | None = None


@dataclass
class Draft:
    """One student while the bill is made."""

    pupil: Pupil
    costs: dict[str, Cost]
    warned: list[Warned] = field(default_factory=list)


class Prices:
    """The tariff of a term, and what it comes to by class for those who are there from first to last."""

    def __init__(self, tariff: Tariff) -> None:
        self.tariff = tariff
        self.heads = {head.account: head for head in tariff.heads}
        self.days = Days(tariff.term.starts_on, tariff.term.ends_on)
        self._of_class: dict[int | None, dict[str, Cost]] = {}
        self._fees: dict[int | None, dict[str, FeeFacts]] = {}

    def draft(self, pupil: Pupil, chosen: Sequence[OptionFacts]) -> Draft:
        draft = Draft(pupil, {})
        present = Days(pupil.joined_on, pupil.left_on).within(self.days)
        if present is None:
            return draft
        if present == self.days and not chosen:
            draft.costs = self._whole(pupil.class_id)
        else:
            draft.costs = {
                head.account: cost
                for head in self.tariff.heads
                if (cost := self._of(draft, head, present, chosen)) and cost.amount_minor
            }
        if pupil.class_id is None:
            draft.warned.append(Warned("no_class"))
        elif all(self.heads[code].optional for code in draft.costs):
            draft.warned.append(Warned("no_fee"))
        return draft

    def _whole(self, class_id: int | None) -> dict[str, Cost]:
        """What whoever is in this class all term pays, who has chosen nothing."""
        if class_id not in self._of_class:
            costs = {
                head.account: _cost(self, head, fee, [(self.days, fee.amount)])
                for head in self.tariff.heads
                if not head.optional and (fee := self.fee(head, class_id))
            }
            self._of_class[class_id] = {code: cost for code, cost in costs.items() if cost}
        return self._of_class[class_id]

    def fee(self, head: HeadFacts, class_id: int | None) -> FeeFacts | None:
        """The row of the fee structure that counts."""
        if class_id not in self._fees:
            self._fees[class_id] = {
                code: row
                for code, rows in self.tariff.fees.items()
                if (row := costing.counts(rows, term_id=self.tariff.term.id, class_id=class_id))
            }
        return self._fees[class_id].get(head.account)

    def _of(self, draft: Draft, head: HeadFacts, present: Days, chosen: Sequence[OptionFacts]) -> Cost | None:
        fee = self.fee(head, draft.pupil.class_id)
        if not head.optional:
            return _cost(self, head, fee, [(present, fee.amount)]) if fee else None
        spans = []
        for option in chosen:
            days = option.days.within(present) if option.account == head.account else None
            amount = option.amount or (fee.amount if fee else None)
            if days and amount:
                spans.append((days, amount))
            elif days:
                draft.warned.append(Warned("no_price", head.name))
        return _cost(self, head, fee, spans)


def _cost(
    prices: Prices, head: HeadFacts, fee: FeeFacts | None, spans: Sequence[tuple[Days, int]]
) -> Cost | None:
    """The cost of the days of each span; what is not prorated costs the whole, once."""
    if not spans:
        return None
    plan = prices.tariff.plans.get(fee.plan_id) if fee and fee.plan_id else None
    parts = plan.parts if plan else None
    if not head.prorated:
        return Cost(spans[-1][1], parts)
    whole, days = costing.length(prices.days), sum(costing.length(days) for days, _ in spans)
    amount = sum(costing.prorated(amount, days, prices.days) for days, amount in spans)
    return Cost(amount, parts, _part_of(prices.tariff, days, whole) if days < whole else None)


def _part_of(tariff: Tariff, days: int, whole: int) -> str:
    """`Term 1, 40 of 90 days`"""
    said = tariff.language.count(
        "{term}, {days} of {n} day",
        "{term}, {days} of {n} days",
        whole,
        term=tariff.term.name,
        days=str(days),
    )
    return unmarked(said)
