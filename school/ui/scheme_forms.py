"""The dialogs of schemes: what one gives, of which fee and at most, and its change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st
from sqlalchemy.orm import Session

from school.access.rules import Actor
from school.errors import BadInput
from school.fees import schemes
from school.fees.conceding import Rate
from school.fees.scheme_listing import SchemeFacts
from school.money import Currency
from school.ui import concession_words as says
from school.ui import fee_dialogs, forms, links, percents, words

EVERY = ""  # of the fee heads
_HEAD, _SHARE, _AMOUNT, _CAP, _CAP_BP = "fees.head", "fees.share", "fees.amount", "fees.cap", "fees.cap_bp"
_CHILDREN = {2: "Second child", 3: "Third child", 4: "Every later child"}
_BY_CHILD = {2: "fees.rates", 3: "fees.third", 4: "fees.later"}

Heads = Mapping[str, str]
Reads = Callable[[Mapping[str, Any]], dict[str, Any]]


def add(request_id: str, actor: Actor, heads: Heads, unit: Currency) -> None:
    name = forms.text_field("Name", key="fees.name", placeholder="Staff children")
    kind = forms.choice_field("Kind", says.KINDS, key="fees.kind", chosen="bursary")
    terms = _terms(str(kind.value), heads, unit, None)

    def read(stands: Mapping[str, Any]) -> Callable[[Session], str]:
        return partial(
            schemes.add_scheme, actor=actor, name=name.at(stands).words(), kind=kind.code(), **terms(stands)
        )

    fee_dialogs.button(
        "Add the scheme", request_id, read, lambda code: f"The scheme is added, on the account {code}."
    )


def change_of(account: str, actor: Actor, known: Sequence[SchemeFacts], heads: Heads, unit: Currency) -> None:
    scheme = next((s for s in known if s.account == account), None)
    if scheme is None:
        fee_dialogs.close()
    else:
        fee_dialogs.show(words.plain(scheme.name), _change, actor, scheme, heads, unit)


def _change(request_id: str, actor: Actor, scheme: SchemeFacts, heads: Heads, unit: Currency) -> None:
    about = {**links.entries(account=scheme.name)}
    st.page_link(links.ENTRIES, label="What it has given", icon=":material/list_alt:", query_params=about)
    active = st.toggle("In use", scheme.active, key="fees.active")
    terms = _terms(scheme.kind, heads, unit, scheme)
    st.markdown(words.quiet("It counts from the next billing run on. What was given stays."))

    def read(stands: Mapping[str, Any]) -> Callable[[Session], None]:
        in_use = bool(stands.get("fees.active", active))
        return partial(
            schemes.change_scheme, actor=actor, scheme=scheme.account, active=in_use, **terms(stands)
        )

    told = f"{words.plain(scheme.name)} is changed. The next billing run looks at it."
    fee_dialogs.button("Keep the changes", request_id, read, lambda _: told)


def _terms(kind: str, heads: Heads, unit: Currency, scheme: SchemeFacts | None) -> Reads:
    """Draws what a scheme of this kind gives; what comes back reads it as the writers take it."""
    rates = scheme.rates if scheme else ()
    if kind == "sibling":
        of_rates = _sibling_rates(heads, rates)
        cap_bp = percents.percent_field(
            "Most a family gets", key=_CAP_BP, value=scheme.cap_bp if scheme else None
        )
        return lambda stands: {
            "rates": of_rates(stands),
            "cap_bp": cap_bp.at(stands).basis_points(most=schemes.FAMILY_CAP_MAX),
        }
    one = _one_rate(heads, unit, rates)
    was = words.amount(scheme.cap, unit) if scheme and scheme.cap else ""
    cap = forms.amount_field("Most for a student in a term", key=_CAP, unit=unit, value=was)
    approval = st.toggle(
        "Another person approves each grant", scheme.needs_approval if scheme else True, key="fees.approval"
    )
    return lambda stands: {
        "rates": one(stands),
        "cap_minor": cap.at(stands).minor() if cap.at(stands).text.strip() else None,
        "needs_approval": bool(stands.get("fees.approval", approval)),
    }


def _sibling_rates(heads: Heads, rates: Sequence[Rate]) -> Callable[[Mapping[str, Any]], list[Rate]]:
    of_child = {rate.ordinal: rate for rate in rates}
    if len(of_child) < len(rates) or not of_child.keys() <= _CHILDREN.keys() or any(r.amount for r in rates):
        st.markdown(words.quiet("What it gives was set up by another way, and stays as it is."))
        return lambda _: list(rates)
    first = next(iter(heads), None)  # tuition, as a rule: the first on every bill
    head = _head(heads, rates[0].head if rates else first, key="fees.sibling_head")
    st.markdown(words.quiet("The child in the oldest class is the first, and pays in full."))
    with st.container(horizontal=True):
        shares = {
            n: percents.percent_field(
                label, key=_BY_CHILD[n], value=of_child[n].share_bp if n in of_child else None
            )
            for n, label in _CHILDREN.items()
        }

    def read(stands: Mapping[str, Any]) -> list[Rate]:
        code = head.at(stands).code() or None
        found = {n: share.at(stands).basis_points() for n, share in shares.items()}
        return [Rate(code, share_bp=share, ordinal=n) for n, share in found.items() if share]

    return read


def _one_rate(
    heads: Heads, unit: Currency, rates: Sequence[Rate]
) -> Callable[[Mapping[str, Any]], list[Rate]]:
    if len(rates) > 1:
        st.markdown(words.quiet("What it gives was set up by another way, and stays as it is."))
        return lambda _: list(rates)
    head, share, amount = part(heads, unit, rates[0] if rates else None)
    st.markdown(words.quiet("Leave both empty where each grant says what it gives."))

    def read(stands: Mapping[str, Any]) -> list[Rate]:
        if not (stands.get(_SHARE) or stands.get(_AMOUNT)):
            return []
        told = read_part(stands, head, share, amount)
        return [Rate(told["head"], told["share_bp"], told["amount_minor"])]

    return read


def part(
    heads: Heads, unit: Currency, rate: Rate | None = None
) -> tuple[forms.TypedChoice, percents.TypedPercent, forms.TypedAmount]:
    head = _head(heads, rate.head if rate else None)
    with st.container(horizontal=True):
        share = percents.percent_field("Percentage", key=_SHARE, value=rate.share_bp if rate else None)
        was = words.amount(rate.amount, unit) if rate and rate.amount else ""
        amount = forms.amount_field("or amount a term", key=_AMOUNT, unit=unit, value=was)
    return head, share, amount


def _head(heads: Heads, chosen: str | None, *, key: str = _HEAD) -> forms.TypedChoice:
    options = {EVERY: "Every fee head", **heads}
    return forms.choice_field("Of which fee", options, key=key, chosen=chosen or EVERY)


def read_part(
    stands: Mapping[str, Any],
    head: forms.TypedChoice,
    share: percents.TypedPercent,
    amount: forms.TypedAmount,
) -> dict[str, Any]:
    share_bp = share.at(stands).basis_points()
    minor = amount.at(stands).minor() if amount.at(stands).text.strip() else None
    if (share_bp is None) == (minor is None):
        raise BadInput("Give either a percentage or an amount.", field=_SHARE)
    return {"head": head.at(stands).code() or None, "share_bp": share_bp, "amount_minor": minor}
