"""A school of five families and its year 2026, told as a bursar lives it; `ENDS` is what it must come to.

Terms are of a hundred days, so that part of a term is a percent. Form 3 pays its tuition in halves. A term:
tuition 1,000 (Form 3 1,200), activities 50, and for Eve meals 200. Of siblings the second child is let off
10 % of the tuition, the third 20 %; Dan's mother teaches here and pays half.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from school import clock
from school.access.models import User
from school.access.rules import ADMINISTRATOR, COMMAND_LINE, FINANCE, HEAD, Actor
from school.approvals import service as approvals
from school.approvals.service import Asked
from school.cashier import queries as tills
from school.cashier import service as cashier
from school.db import Database
from school.fees import billing, grants, late_fee_rules, late_fee_run, options, schemes, waivers
from school.fees import queries as of_fees
from school.fees import service as fees
from school.fees.bills import Told
from school.fees.conceding import Rate
from school.fees.costing import Part
from school.ledger import queries as ledger_queries
from school.ledger import service as ledger
from school.ledger.service import Share, TenderPart
from school.students import calendar, classes, payers, policies, promotion, queries
from school.students import service as students
from school.students.next_year import next_classes, year_after
from school.students.service import NewGuardian
from tests import people

TERMS = [
    ("Term 1", dt.date(2026, 1, 5), dt.date(2026, 4, 14)),
    ("Term 2", dt.date(2026, 5, 4), dt.date(2026, 8, 11)),
    ("Term 3", dt.date(2026, 9, 1), dt.date(2026, 12, 9)),
]
FAMILIES = {  # the names of the guardians, then the children and their classes
    "Abel": (("Mrs Abel",), {"Ann": "Form 3", "Ben": "Form 2", "Cid": "Form 1"}),
    "Brook": (("Mrs Brook",), {"Dan": "Form 1"}),
    "Cole": (("Mrs Cole", "Mr Cole"), {"Eve": "Form 2"}),
    "East": (("Mr East",), {"Gus": "Form 3"}),
}

ENDS = {  # minor units, + owes, at the end of each term
    "Term 1": {
        "Ann": 0,  # 1,200 + 50 − 1,250
        "Ben": 450_00,  # 1,000 − 100 + 50 − 500
        "Cid": 600_00,  # 1,000 − 200 + 50 − 250
        "Dan": 0,  # 1,000 − 500 + 50 − 550
        "Eve": 100_00,  # 1,000 + 50 + 200 − 750 − 400
        "Gus": -250_00,  # 1,200 + 50 − 1,500
    },
    "Term 2": {
        "Ann": 0,  # + 1,250 − 1,250
        "Ben": 510_00,  # 450 + 950 − 900, and 10 for being late
        "Cid": 600_00,  # 600 + 850 − 850, and 10 for being late, waived
        "Dan": 0,
        "Eve": 0,  # 100 + 1,250 − 750 − 600
        "Flo": 0,  # half a term: 500 + 50, a cheque of 550 that bounced, its fee of 25, − 575
        "Gus": 410_00,  # − 250 + 1,250 − 600, and 10 for being late
    },
    "Term 3": {
        "Ann": 0,  # + 1,250 − 4,000, + 1,460 for Ben, + 1,290 for Cid
        "Ben": 0,  # 510 + 950 − 1,460
        "Cid": 160_00,  # 600 + 850 − 1,290
        "Dan": 0,
        "Eve": 0,  # + 1,250 − 1,250, meals for half the term: − 100, + 100 paid back
        "Flo": 250_00,  # 1,050 − 300 of a bursary − 500
        "Gus": 0,  # 410 + 1,250, gone after a fifth of the term: − 960, − 100, − 600 written off
    },
}
COLE = {"Term 1": (0, 100_00), "Term 2": (0, 0), "Term 3": (0, 0)}  # what Mrs and Mr Cole owe of 60 and 40 %
COSTS = {"SIBLINGS": 900_00, "STAFF": 1_500_00, "BURSARY": 300_00, "LATEWAIVED": 10_00}  # of the whole year


@dataclass
class Year:
    """The school as its people use it: `ids` are of students by name."""

    database: Database
    ids: dict[str, int] = field(default_factory=dict)
    terms: dict[str, int] = field(default_factory=dict)
    requests: int = 0

    def request(self) -> str:
        self.requests += 1
        return f"worked-year-{self.requests:04}"

    def do(self, day: dt.date, name: str, what: Callable[..., Any], /, **told: Any) -> Any:
        """What this user does on this day at noon, in a transaction of its own."""
        with clock.set_to(noon(day)), self.database.writing() as session:
            return what(session, actor=self.user(session, name), **told)

    def user(self, session: Session, name: str) -> Actor:
        user_id = session.scalars(select(User.id).where(User.name == name)).one()
        return people.signed_in(session, user_id)

    def posts(self, day: dt.date, what: Callable[..., Any], /, **told: Any) -> Any:
        return self.do(day, "finn", what, request_id=self.request(), **told)

    def pays(self, day: dt.date, tender: str, payer: str, **amounts: int) -> Any:
        """One receipt for these children; amounts in whole units."""
        shares = [Share(self.ids[name], amount * 100) for name, amount in amounts.items()]
        tenders = [TenderPart(tender, 100 * sum(amounts.values()))]
        return self.posts(day, ledger.record_payment, shares=shares, tenders=tenders, payer=payer)

    def bills(self, day: dt.date, term: str, due: dt.date, **told: Any) -> int:
        """A billing run to its end; how many entries it posted."""
        before = self.entries()
        run_id = self.posts(day, billing.begin, told=Told(self.terms[term], day, due, **told))
        so_far = None
        while so_far is None or not so_far.is_finished:
            so_far = self.do(day, "finn", billing.go_on, run_id=run_id, so_far=so_far, students_max=3)
        return self.entries() - before

    def entries(self) -> int:
        with self.database.reading() as session:
            return ledger_queries.last_entry(session)

    def closes(self, day: dt.date) -> None:
        """The till is counted and agrees, another signs, the day is done."""
        with self.database.reading() as session:
            cashier_id = session.scalars(select(User.id).where(User.name == "finn")).one()
            till = tills.till(session, cashier_id)
        cash = till.expected("CASH")
        number = self.posts(
            day,
            cashier.count,
            through_entry=till.through_entry,
            coins={100: cash // 100} if cash > 0 else {},
            counted={tender.account: tender.amount for tender in till.tenders},
        )
        self.do(day, "ada", cashier.sign, cash_up_id=number)
        self.do(day, "finn", cashier.close_day, day=day)


def noon(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, 12, tzinfo=dt.UTC)


def on(month: int, day: int) -> dt.date:
    return dt.date(2026, month, day)


def opened(database: Database) -> Year:
    """The school on its first day: families, fees, rules."""
    year = Year(database)
    with clock.set_to(noon(on(1, 2))), database.writing() as session:
        _calendar(session)
        for role, name in ((ADMINISTRATOR, "ada"), (FINANCE, "finn"), (HEAD, "hope")):
            people.user(session, role, name=name)
        for guardians, children in FAMILIES.values():
            for child, class_name in children.items():
                year.ids[child] = _student(session, child, class_name, guardians)
        year.terms = {term.name: term.id for term in queries.terms(session)}
        _fees(session)
        _rules(session, year)
    waiting = year.posts(
        on(1, 2), grants.request, student_id=year.ids["Dan"], scheme="STAFF", reason="Teaches here",
        valid_from=on(1, 1),
    )  # fmt: skip
    year.do(on(1, 2), "ada", grants.approve, grant_id=waiting.grant_id)
    return year


def _calendar(session: Session) -> None:
    who = COMMAND_LINE
    calendar.make_school(session, actor=who, name="Five Families", currency="USD", time_zone="UTC")
    ledger.install_standard_accounts(session)
    calendar.add_year(session, actor=who, name="2026", starts_on=on(1, 1), ends_on=on(12, 31), terms=TERMS)
    classes.add_classes(session, actor=who, names=["Form 1", "Form 2", "Form 3"])


def _student(
    session: Session, name: str, class_name: str, guardians: tuple[str, ...], joined: dt.date | None = None
) -> int:
    return students.add_student(
        session,
        actor=COMMAND_LINE,
        admission_no=f"Y-{name}",
        name=name,
        class_name=class_name,
        guardians=[NewGuardian(one, f"+1 555 {9_000_000 + sum(one.encode())}") for one in guardians],
        joined_on=joined,
    )


def _fees(session: Session) -> None:
    who, year_id = COMMAND_LINE, queries.years(session)[0].id
    fees.set_fee_head(session, actor=who, account="TUITION", position=1)
    fees.set_fee_head(session, actor=who, account="ACTIVITIES", prorated=False, position=2)
    fees.set_fee_head(session, actor=who, account="MEALS", optional=True, position=3)
    halves = fees.set_plan(
        session, actor=who, name="Halves", parts=[Part(5_000, due_days=0), Part(5_000, due_days=30)]
    )
    form_3 = next(c.id for c in queries.classes(session) if c.name == "Form 3")
    for account, amount, more in (
        ("TUITION", 1_000_00, {}),
        ("TUITION", 1_200_00, {"class_id": form_3, "plan_id": halves}),
        ("ACTIVITIES", 50_00, {}),
        ("MEALS", 200_00, {}),
    ):
        fees.set_fee(session, actor=who, year_id=year_id, account=account, amount_minor=amount, **more)


def _rules(session: Session, year: Year) -> None:
    who = COMMAND_LINE
    schemes.add_scheme(
        session,
        actor=who,
        name="Siblings",
        code="SIBLINGS",
        kind="sibling",
        rates=[Rate("TUITION", share_bp=1_000, ordinal=2), Rate("TUITION", share_bp=2_000, ordinal=3)],
    )
    schemes.add_scheme(
        session, actor=who, name="Staff", code="STAFF", kind="staff", rates=[Rate("TUITION", share_bp=5_000)]
    )
    schemes.add_scheme(session, actor=who, name="Bursary", code="BURSARY", kind="bursary")
    late_fee_rules.add_rule(
        session, actor=who, name="Late", due_from=on(4, 15), grace_days=14, flat_minor=10_00,
        least_open_minor=100_00,
    )  # fmt: skip
    limits = {policies.WRITE_OFF_LIMIT: 500_00, policies.BOUNCED_CHEQUE_FEE: 25_00}
    policies.change_policies(session, actor=who, values=limits)
    options.choose_option(session, actor=who, student_id=year.ids["Eve"], account="MEALS", from_on=on(1, 1))
    cole = queries.student(session, year.ids["Eve"]).family_id
    mother, father = (one.id for one in payers.guardians_of_family(session, cole))
    payers.share_charges(session, actor=who, family_id=cole, shares={mother: 6_000, father: 4_000})


def first_term(year: Year) -> None:
    assert year.bills(on(1, 5), "Term 1", due=on(1, 19)) == 6
    assert year.bills(on(1, 6), "Term 1", due=on(1, 19)) == 0
    year.pays(on(1, 12), "CASH", "Mrs Abel", Ann=1_250, Ben=500, Cid=250)
    year.pays(on(1, 13), "BANK", "Mrs Brook", Dan=550)
    year.pays(on(2, 2), "MOBILE", "Mrs Cole", Eve=750)
    year.pays(on(2, 10), "CHEQUE", "Mr Cole", Eve=400)
    year.pays(on(3, 2), "CASH", "Mr East", Gus=1_500)
    year.closes(on(4, 14))


def second_term(year: Year) -> None:
    assert year.bills(on(5, 4), "Term 2", due=on(5, 18)) == 6
    year.pays(on(5, 11), "BANK", "Mrs Abel", Ann=1_250, Ben=900, Cid=850)
    year.pays(on(5, 12), "BANK", "Mrs Brook", Dan=550)
    year.pays(on(5, 20), "MOBILE", "Mrs Cole", Eve=750)
    year.pays(on(6, 1), "BANK", "Mr Cole", Eve=600)
    year.pays(on(6, 8), "CASH", "Mr East", Gus=600)
    with clock.set_to(noon(on(6, 23))), year.database.writing() as session:
        year.ids["Flo"] = _student(session, "Flo", "Form 1", ("Mr Dune",), joined=on(6, 23))
    assert year.bills(on(6, 23), "Term 2", due=on(7, 7)) == 1
    cheque = year.pays(on(7, 1), "CHEQUE", "Mr Dune", Flo=550)
    year.posts(on(7, 6), ledger.bounce, entry_id=cheque.entry_id, reason="Refer to drawer", fee_minor=25_00)
    year.pays(on(7, 20), "CASH", "Mr Dune", Flo=575)
    _late_fees(year, on(8, 11))
    with year.database.reading() as session:
        [charge] = [c for c in ledger_queries.open_charges(session, year.ids["Cid"]) if c.open == 550_00]
    conceded = year.do(on(8, 11), "finn", waivers.waive, charge_id=charge.line_id, reason="Promised in June")
    assert conceded == 10_00
    year.closes(on(8, 11))


def _late_fees(year: Year, day: dt.date) -> None:
    for _ in range(2):  # the second charges nothing more
        run_id = year.posts(day, late_fee_run.begin, date=day)
        after, done = 0, False
        while not done:
            so_far = year.do(day, "finn", late_fee_run.go_on, run_id=run_id, after=after, students_max=2)
            after, done = so_far.after, so_far.is_finished


def third_term(year: Year) -> None:
    assert year.bills(on(9, 1), "Term 3", due=on(9, 15)) == 7
    year.pays(on(9, 10), "BANK", "Mrs Brook", Dan=550)
    year.pays(on(9, 15), "BANK", "Mrs Abel", Ann=4_000)
    for sibling, amount in (("Ben", 1_460_00), ("Cid", 1_290_00)):
        year.posts(
            on(9, 16), ledger.transfer, from_student_id=year.ids["Ann"], to_student_id=year.ids[sibling],
            amount_minor=amount, reason="Meant for all three",
        )  # fmt: skip
    year.pays(on(9, 17), "MOBILE", "Mrs Cole", Eve=750)
    year.pays(on(9, 17), "BANK", "Mr Cole", Eve=500)
    with clock.set_to(noon(on(9, 21))), year.database.writing() as session:
        students.change_student(
            session, actor=COMMAND_LINE, student_id=year.ids["Gus"], status="left", left_on=on(9, 20)
        )
        [[meals]] = of_fees.options(session, [year.ids["Eve"]]).values()
        options.end_option(session, actor=COMMAND_LINE, option_id=meals.id, until_on=on(10, 20))
    year.pays(on(10, 1), "CASH", "Mr Dune", Flo=500)
    bursary = year.posts(
        on(10, 1), grants.request, student_id=year.ids["Flo"], scheme="BURSARY", head="TUITION",
        share_bp=3_000, valid_from=on(9, 1), reason="Father lost his work",
    )  # fmt: skip
    year.do(on(10, 2), "ada", grants.approve, grant_id=bursary.grant_id)
    assert year.bills(on(10, 21), "Term 3", due=on(10, 30), credit_notes=True) == 3
    assert year.bills(on(10, 22), "Term 3", due=on(10, 30), credit_notes=True) == 0
    _part(year)
    year.closes(on(12, 9))


def _part(year: Year) -> None:
    """Eve's meals are paid back; what Gus still owes is given up, by two people."""
    refund = year.posts(
        on(10, 26), approvals.record, kind="refund", student_id=year.ids["Eve"], amount_minor=100_00,
        tender="CASH", reason="No meals any more",
    )  # fmt: skip
    assert not isinstance(refund, Asked)
    year.pays(on(11, 2), "BANK", "Mr East", Gus=100)
    asked = year.posts(
        on(11, 30), approvals.record, kind="write_off", student_id=year.ids["Gus"], amount_minor=600_00,
        reason="Left the country",
    )  # fmt: skip
    assert isinstance(asked, Asked)
    year.do(on(12, 1), "ada", approvals.approve, approval_id=asked.approval_id)


def turn(year: Year) -> promotion.Plan:
    """Into 2027: everybody a class higher, Ann out of school, arrears as they are."""
    with year.database.reading() as session:
        old, terms = queries.years(session)[0], queries.terms(session)
        mapping = next_classes(queries.classes(session))
    return year.posts(on(12, 31), _turned, from_year_id=old.id, into=year_after(old, terms), mapping=mapping)


def _turned(session: Session, **told: Any) -> promotion.Plan:
    return promotion.promote(session, **{**told, "actor": COMMAND_LINE})


PARTS = {"Term 1": first_term, "Term 2": second_term, "Term 3": third_term}
