"""Who is one guardian and which students are one family account.

Two guardians with the same folded name and the same phone digits or e-mail are one person, in a file and in
the books alike. Students who share a guardian share the family account. This reads; `family_accounts` writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from school.db import among
from school.students import queries
from school.students.models import Guardian, Student
from school.students.rules import PHONE_TAILS, NewGuardian, digits, fold, identities


@dataclass(frozen=True)
class Member:
    """A student and the guardians written beside it. `student_id` is None for one who is still to be added.

    `keeps_others`: guardians the books know and this list does not name stay the student's guardians.
    """

    student_id: int | None
    guardians: tuple[NewGuardian, ...]
    keeps_others: bool = False

    @property
    def is_whole(self) -> bool:
        """True of a list that is all there is: a telephone it leaves empty is one no longer."""
        return self.student_id is not None and not self.keeps_others


@dataclass(frozen=True)
class Person:
    """A guardian as it will be; `guardian_id` is None for a new one, `was` is set where it changes."""

    guardian_id: int | None
    facts: NewGuardian
    was: NewGuardian | None


@dataclass(frozen=True)
class Placement:
    """Per member, in order: `people[i]` are its guardians (places in `persons`), `household[i]` its family.

    `mentioned[i]` are the persons of the guardians written beside it, one for one. `families[h]` are the
    existing families of household h, the one that stays first; empty for a new family.
    `relinked[i]`: the member's guardians are not those the books hold.
    """

    persons: tuple[Person, ...]
    people: tuple[tuple[int, ...], ...]
    mentioned: tuple[tuple[int, ...], ...]
    household: tuple[int, ...]
    families: tuple[tuple[int, ...], ...]
    relinked: tuple[bool, ...]

    def changes(self, i: int) -> bool:
        """Whether settling this changes member i's guardians, one written beside it, or its family."""
        return (
            self.relinked[i]
            or len(self.families[self.household[i]]) > 1
            or any(self.persons[p].was is not None for p in self.mentioned[i])
        )


class _Sets:
    """Disjoint sets of hashable things; the root of a set is the thing seen first."""

    def __init__(self) -> None:
        self._parent: dict[object, object] = {}
        self._age: dict[object, int] = {}

    def root(self, thing: object) -> object:
        if thing not in self._parent:
            self._parent[thing] = thing
            self._age[thing] = len(self._age)
        while self._parent[thing] != thing:
            self._parent[thing] = self._parent[self._parent[thing]]
            thing = self._parent[thing]
        return thing

    def join(self, one: object, other: object) -> None:
        a, b = self.root(one), self.root(other)
        if a != b:
            older, younger = (a, b) if self._age[a] < self._age[b] else (b, a)
            self._parent[younger] = older


@dataclass(frozen=True)
class _Known:
    """A guardian in the books."""

    id: int
    family_id: int
    facts: NewGuardian


@dataclass(eq=False)
class _Group:
    """All mentions of one person. `facts`: of each the first that is written; `known`: who it may be."""

    mentions: list[tuple[int, int]] = field(default_factory=list)  # which member, and which of its guardians
    facts: NewGuardian = field(default_factory=NewGuardian)
    keys: set[str] = field(default_factory=set)
    known: list[int] = field(default_factory=list)

    def add(self, mention: tuple[int, int], facts: NewGuardian) -> None:
        self.mentions.append(mention)
        self.facts = _overlaid(facts, self.facts)
        self.keys |= set(identities(facts))

    def take(self, guardian: _Known, taken: dict[int, NewGuardian]) -> None:
        self.known.append(guardian.id)
        taken.setdefault(guardian.id, _overlaid(guardian.facts, self.facts))


def place(session: Session, members: Sequence[Member]) -> Placement:
    """The persons and families of these students, by what is written beside them and what the books hold."""
    existing = [m.student_id for m in members if m.student_id is not None]
    own = _own_guardians(session, existing)
    known = _known_guardians(session, members, own)
    groups = _groups(members)
    _recognise(groups, members, known, own)
    persons, people, mentioned, relinked = _persons(members, groups, known, own)
    household, families = _families(session, members, persons, people, known)
    return Placement(
        tuple(persons), tuple(people), tuple(mentioned), tuple(household), tuple(families), tuple(relinked)
    )


def _own_guardians(session: Session, student_ids: Sequence[int]) -> dict[int, list[int]]:
    return {s: [g.id for g in found] for s, found in queries.guardians_of(session, student_ids).items()}


def _known_guardians(
    session: Session, members: Iterable[Member], own: Mapping[int, Sequence[int]]
) -> dict[int, _Known]:
    """The guardians these students have, and all who are called as one of those written."""
    columns = select(Guardian.id, Guardian.family_id, Guardian.name, Guardian.phone, Guardian.email)
    called = among(Guardian.folded, {fold(g.name) for m in members for g in m.guardians})
    theirs = among(Guardian.id, {g for guardians in own.values() for g in guardians})
    rows = session.execute(columns.where(or_(called, theirs)).order_by(Guardian.id))
    return {row.id: _Known(row.id, row.family_id, NewGuardian(*row[2:])) for row in rows}


def _groups(members: Sequence[Member]) -> list[_Group]:
    """One group for each person written, in the order of the first mention."""
    sets = _Sets()
    mentions = [((i, n), g) for i, m in enumerate(members) for n, g in enumerate(m.guardians)]
    for mention, facts in mentions:
        for key in identities(facts):
            sets.join(key, mention)
    groups: dict[object, _Group] = {}
    for mention, facts in mentions:
        groups.setdefault(sets.root(mention), _Group()).add(mention, facts)
    return list(groups.values())


def _recognise(
    groups: Sequence[_Group],
    members: Sequence[Member],
    known: Mapping[int, _Known],
    own: Mapping[int, Sequence[int]],
) -> None:
    """Find each group among the guardians of the books: by what identifies it, else as its student's own.

    A guardian is taken by the first group that fits, and by others only as far as they do not contradict it:
    so the same rows find the same guardians again after what they say is written.
    """
    by_key: dict[str, list[int]] = {}
    for guardian in known.values():
        for key in identities(guardian.facts):
            by_key.setdefault(key, []).append(guardian.id)
    taken: dict[int, NewGuardian] = {}  # as they will be
    for group in groups:
        for guardian_id in sorted({g for key in group.keys for g in by_key.get(key, ())}):
            if guardian_id not in taken or _agrees(group.facts, taken[guardian_id]):
                group.take(known[guardian_id], taken)
    for group in groups:
        if not group.known:
            beside = (
                (members[i], g) for i, _ in group.mentions for g in own.get(members[i].student_id or 0, ())
            )
            for member, guardian_id in beside:
                if _is_own(group.facts, known[guardian_id].facts, taken.get(guardian_id), member):
                    group.take(known[guardian_id], taken)
                    break


def _is_own(written: NewGuardian, held: NewGuardian, taken: NewGuardian | None, member: Member) -> bool:
    """Whether a student's own guardian is the one now written with another phone, e-mail or spelling.

    A list that keeps others adds a new name; it renames no one.
    """
    if fold(written.name) == fold(held.name):
        return taken is None or _agrees(written, taken)
    return taken is None and not member.keeps_others and bool(_contacts(written) & _contacts(held))


def _agrees(written: NewGuardian, taken: NewGuardian) -> bool:
    return _contacts(written) <= _contacts(taken)


def _contacts(guardian: NewGuardian) -> set[str]:
    return {fold(guardian.email), digits(guardian.phone)[-PHONE_TAILS[0] :]} - {""}


def _overlaid(held: NewGuardian, written: NewGuardian) -> NewGuardian:
    """What is held, with what is written where anything is."""
    return NewGuardian(written.name or held.name, written.phone or held.phone, written.email or held.email)


def _persons(
    members: Sequence[Member],
    groups: Sequence[_Group],
    known: Mapping[int, _Known],
    own: Mapping[int, Sequence[int]],
) -> tuple[list[Person], list[tuple[int, ...]], list[tuple[int, ...]], list[bool]]:
    group_of = {mention: group for group in groups for mention in group.mentions}
    before = [list(own.get(member.student_id or 0, ())) for member in members]
    named: list[list[object]] = []
    written: dict[object, NewGuardian] = {}
    exact: dict[object, NewGuardian] = {}
    for i, member in enumerate(members):
        named.append([_meant(group_of[i, n], before[i]) for n in range(len(member.guardians))])
        for who, facts in zip(named[i], member.guardians, strict=True):
            written[who] = _overlaid(facts, written.get(who, NewGuardian()))
            if member.is_whole and who in before[i]:
                exact[who] = facts
    everyone = list(dict.fromkeys([*written, *(g for held in before for g in held)]))
    place = {who: p for p, who in enumerate(everyone)}
    persons = [
        _person(known.get(who) if isinstance(who, int) else None, written.get(who), exact.get(who))
        for who in everyone
    ]
    people, relinked = [], []
    for member, held, now in zip(members, before, named, strict=True):
        wanted: list[object] = list(dict.fromkeys(now))
        if member.keeps_others:
            wanted = [*held] if set(now) <= set(held) else list(dict.fromkeys([*now, *held]))
        people.append(tuple(place[who] for who in wanted))
        relinked.append(wanted != held)
    return persons, people, [tuple(place[who] for who in whos) for whos in named], relinked


def _meant(group: _Group, own: Sequence[int]) -> object:
    """A guardian's id, the student's own first; or the group itself, for someone new."""
    return next((g for g in own if g in group.known), group.known[0] if group.known else group)


def _person(held: _Known | None, written: NewGuardian | None, exact: NewGuardian | None) -> Person:
    if held is None:
        return Person(None, written or NewGuardian(), None)
    facts = exact or _overlaid(held.facts, written or NewGuardian())
    return Person(held.id, facts, held.facts if facts != held.facts else None)


def _families(
    session: Session,
    members: Sequence[Member],
    persons: Sequence[Person],
    people: Sequence[tuple[int, ...]],
    known: Mapping[int, _Known],
) -> tuple[list[int], list[tuple[int, ...]]]:
    """Each member's household, and the existing families of each household."""
    present = queries.family_ids(session, [m.student_id for m in members if m.student_id is not None])
    groups = _Sets()
    all_families: dict[int, None] = {}
    for i, member in enumerate(members):
        groups.root(("member", i))
        if member.student_id is not None:
            groups.join(("family", present[member.student_id]), ("member", i))
            all_families[present[member.student_id]] = None
        for p in people[i]:
            groups.join(("person", p), ("member", i))
    for p, who in enumerate(persons):
        if who.guardian_id is not None:
            groups.join(("family", known[who.guardian_id].family_id), ("person", p))
            all_families[known[who.guardian_id].family_id] = None
    joined: dict[object, list[int]] = {}
    for family_id in all_families:
        joined.setdefault(groups.root(("family", family_id)), []).append(family_id)
    counts = sizes(session, [f for some in joined.values() if len(some) > 1 for f in some])
    numbers: dict[object, int] = {}
    household = [numbers.setdefault(groups.root(("member", i)), len(numbers)) for i in range(len(members))]
    families = [tuple(sorted(joined.get(root, ()), key=lambda f: (-counts.get(f, 0), f))) for root in numbers]
    return household, families


def sizes(session: Session, family_ids: Sequence[int]) -> dict[int, int]:
    """How many students each of these families has."""
    query = select(Student.family_id, func.count()).group_by(Student.family_id)
    return dict(session.execute(query.where(among(Student.family_id, family_ids))).all())
