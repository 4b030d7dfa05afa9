"""The arithmetic of the books is exact for every input, and the same input always gives the same answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school.ledger.rules import NewLine, Share, TenderPart, allocate, cross_cut, entry_hash, mirror

DAY = date(2026, 1, 31)
amounts = st.integers(1, 10**12)


@dataclass(frozen=True)
class Charge:
    open: int


@st.composite
def payments(draw: st.DrawFn) -> tuple[list[Share], list[TenderPart]]:
    """Shares and tenders of the same total."""
    shares = [Share(n, amount) for n, amount in enumerate(draw(st.lists(amounts, min_size=1, max_size=6)))]
    total = sum(share.amount_minor for share in shares)
    cuts = sorted(set(draw(st.lists(st.integers(1, total - 1), max_size=4)))) if total > 1 else []
    parts = [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]
    return shares, [TenderPart(f"T{n}", part) for n, part in enumerate(parts)]


@given(payments())
def test_every_share_is_paid_whole_and_every_tender_used_up(
    payment: tuple[list[Share], list[TenderPart]],
) -> None:
    shares, tenders = payment

    parts = cross_cut(shares, tenders)

    paid, used = Counter[Share](), Counter[TenderPart]()
    for share, tender, part in parts:
        assert part > 0
        paid[share] += part
        used[tender] += part
    assert paid == {share: share.amount_minor for share in shares}
    assert used == {tender: tender.amount_minor for tender in tenders}
    assert len(parts) <= len(shares) + len(tenders) - 1


def test_equal_piles_meet_whole() -> None:
    shares = [Share(1, 100), Share(2, 900)]
    tenders = [TenderPart("CASH", 900), TenderPart("CARD", 100)]

    parts = cross_cut(shares, tenders)

    assert [(share.student_id, tender.account, part) for share, tender, part in parts] == [
        (2, "CASH", 900),
        (1, "CARD", 100),
    ]


def test_ties_are_cut_in_the_order_given() -> None:
    shares = [Share(2, 50), Share(1, 50)]
    tenders = [TenderPart("CARD", 50), TenderPart("CASH", 50)]

    parts = cross_cut(shares, tenders)

    assert [(share.student_id, tender.account) for share, tender, _ in parts] == [(2, "CARD"), (1, "CASH")]


@pytest.mark.parametrize(
    ("amount", "parts"), [(0, []), (30, [30]), (40, [30, 10]), (100, [30, 50, 20]), (140, [30, 50, 20])]
)
def test_a_payment_settles_charges_in_their_order_until_it_is_used_up(amount: int, parts: list[int]) -> None:
    charges = [Charge(30), Charge(50), Charge(20)]

    allocated = allocate(charges, amount)

    assert [part for _, part in allocated] == parts
    assert [charge for charge, _ in allocated] == charges[: len(parts)]


def test_the_mirror_of_a_charge_credits_that_very_charge_in_its_own_term() -> None:
    charge = NewLine(1, "TUITION", 100, DAY, class_id=4, term_id=2, memo="March")

    assert mirror(charge, 17, money_moves=False, term_id=3) == NewLine(
        1, "TUITION", -100, None, pays=17, class_id=4, term_id=2, memo="March"
    )


def test_the_mirror_of_a_pinned_payment_takes_it_off_the_same_charge_in_the_term_it_bounces() -> None:
    payment = NewLine(1, "CASH", -100, pays=9, class_id=4, term_id=2)

    assert mirror(payment, 17, money_moves=True, term_id=3) == NewLine(
        1, "CASH", 100, pays=9, class_id=4, term_id=3
    )


ENTRY = [
    5,
    "payment",
    DAY,
    "2026-01-31T12:00:00.000000Z",
    None,
    "bursar",
    "request-1",
    "R",
    1,
    None,
    "Ö",
    "",
    "",
    1,
    -5,
]
LINE = [9, 1, 3, "CASH", -5, None, None, 1, 2, None]


def test_the_hash_depends_on_every_value_and_on_the_entry_before() -> None:
    hashes = {entry_hash("", ENTRY, [LINE]), entry_hash("a", ENTRY, [LINE]), entry_hash("", ENTRY, [])}
    hashes |= {entry_hash("", [*ENTRY[:n], "other", *ENTRY[n + 1 :]], [LINE]) for n in range(len(ENTRY))}
    hashes |= {entry_hash("", ENTRY, [[*LINE[:n], "other", *LINE[n + 1 :]]]) for n in range(len(LINE))}

    assert len(hashes) == 3 + len(ENTRY) + len(LINE)


def test_text_cannot_be_moved_from_one_field_to_the_next() -> None:
    entry = [*ENTRY]
    entry[10:13] = ["a", "b", None]
    moved = [*ENTRY]
    moved[10:13] = ['a","b', None, None]

    assert entry_hash("", entry, [LINE]) != entry_hash("", moved, [LINE])


def test_a_date_hashes_as_it_is_written() -> None:
    assert entry_hash("", ENTRY, [LINE]) == entry_hash("", [*ENTRY[:2], "2026-01-31", *ENTRY[3:]], [LINE])


def test_what_has_no_one_spelling_is_not_hashed() -> None:
    with pytest.raises(TypeError, match="never part of an entry"):
        entry_hash("", [object()], [])
    with pytest.raises(TypeError, match="never part of an entry"):
        entry_hash("", [datetime(2026, 1, 1)], [])  # noqa: DTZ001 - a moment without its zone is the point
