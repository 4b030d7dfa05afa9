"""Who is one guardian and which students are one family account.

Two guardians with the same folded name and the same phone digits or e-mail are one person, in a file and in
the books alike. Students who share a guardian share the family account. This reads; `family_accounts` writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

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


class _Groups:
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


def place(session: Session, members: Sequence[Member]) -> Placement:
    """The persons and families of these students, by what is written beside them and what the books hold."""
    existing = [m.student_id for m in members if m.student_id is not None]
    own = _own_guardians(session, existing)
    known = _known_guardians(session, members, own)
    groups = _same_people(members, known, own)
    persons, people, mentioned, relinked = _persons(members, known, own, groups)
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
    names = sorted({fold(g.name) for m in members for g in m.guardians})
    ids = sorted({g for guardians in own.values() for g in guardians})
    wanted = [Guardian.folded.in_(some) for some in queries.chunks(names)]
    wanted += [Guardian.id.in_(some) for some in queries.chunks(ids)]
    rows = (row for condition in wanted for row in session.execute(columns.where(condition)))
    return dict(sorted((row.id, _Known(row.id, row.family_id, NewGuardian(*row[2:]))) for row in rows))


Mention = tuple[int, int]  # member, and which of its guardians


def _mentions(members: Sequence[Member]) -> Iterable[tuple[Mention, NewGuardian]]:
    return (((i, n), g) for i, m in enumerate(members) for n, g in enumerate(m.guardians))


def _same_people(
    members: Sequence[Member], known: Mapping[int, _Known], own: Mapping[int, Sequence[int]]
) -> _Groups:
    """Groups of mentions and guardian ids that are one person."""
    groups = _Groups()
    for guardian in known.values():
        groups.root(guardian.id)
        for key in identities(guardian.facts):
            groups.join(guardian.id, key)
    for mention, facts in _mentions(members):
        for key in identities(facts):
            groups.join(key, mention)
    found = {groups.root(g) for g in known}
    spoken_for = {groups.root(mention) for mention, _ in _mentions(members)} & found
    for mention, facts in _mentions(members):
        member = members[mention[0]]
        if member.student_id is None or groups.root(mention) in found:
            continue
        for guardian_id in own.get(member.student_id, ()):
            free = groups.root(guardian_id) not in spoken_for
            if _is_now(facts, known[guardian_id].facts, free=free, may_be_renamed=not member.keeps_others):
                groups.join(guardian_id, mention)
                found.add(groups.root(mention))
                spoken_for.add(groups.root(mention))
                break
    return groups


def _is_now(written: NewGuardian, held: NewGuardian, *, free: bool, may_be_renamed: bool) -> bool:
    """Whether a student's own guardian is the one now written with another phone, e-mail or spelling.

    `free`: no one else written matches it better. A list that keeps others adds a name, it renames no one.
    """
    if fold(written.name) == fold(held.name):
        return free or not (written.phone or written.email)
    return free and may_be_renamed and bool(_contacts(written) & _contacts(held))


def _contacts(guardian: NewGuardian) -> set[str]:
    return {fold(guardian.email), digits(guardian.phone)[-PHONE_TAILS[0] :]} - {""}


def _persons(
    members: Sequence[Member],
    known: Mapping[int, _Known],
    own: Mapping[int, Sequence[int]],
    groups: _Groups,
) -> tuple[list[Person], list[tuple[int, ...]], list[tuple[int, ...]], list[bool]]:
    before = [list(own.get(member.student_id or 0, ())) for member in members]
    named = _named(members, known, before, groups)
    written = _written(members, groups)
    facts: dict[object, NewGuardian] = {
        who: written[groups.root((i, n))] for i, whos in enumerate(named) for n, who in enumerate(whos)
    }
    everyone = dict.fromkeys([*facts, *(g for held in before for g in held)])
    place = {who: p for p, who in enumerate(everyone)}
    persons = [_person(known.get(who) if isinstance(who, int) else None, facts.get(who)) for who in everyone]
    people, relinked = [], []
    for member, held, now in zip(members, before, named, strict=True):
        wanted: list[object] = list(dict.fromkeys(now))
        if member.keeps_others:
            wanted = [*held] if set(now) <= set(held) else list(dict.fromkeys([*now, *held]))
        people.append(tuple(place[who] for who in wanted))
        relinked.append(wanted != held)
    return persons, people, [tuple(place[who] for who in whos) for whos in named], relinked


def _named(
    members: Sequence[Member],
    known: Mapping[int, _Known],
    before: Sequence[Sequence[int]],
    groups: _Groups,
) -> list[list[object]]:
    """Who is meant by each guardian written: a guardian's id, the student's own first, or a new one."""
    in_group: dict[object, list[int]] = {}
    for guardian_id in known:
        in_group.setdefault(groups.root(guardian_id), []).append(guardian_id)
    named: list[list[object]] = []
    for i, member in enumerate(members):
        roots = [groups.root((i, n)) for n in range(len(member.guardians))]
        same = [in_group.get(root, []) for root in roots]
        own = [next((g for g in before[i] if g in ids), ids[0] if ids else None) for ids in same]
        named.append([("new", root) if g is None else g for g, root in zip(own, roots, strict=True)])
    return named


def _written(members: Sequence[Member], groups: _Groups) -> dict[object, NewGuardian]:
    """What is written of each person: of each field the first not empty, so two rows cannot quarrel."""
    written: dict[object, NewGuardian] = {}
    for mention, facts in _mentions(members):
        root = groups.root(mention)
        first = written.get(root, facts)
        written[root] = NewGuardian(
            first.name or facts.name, first.phone or facts.phone, first.email or facts.email
        )
    return written


def _person(held: _Known | None, written: NewGuardian | None) -> Person:
    if held is None:
        return Person(None, written or NewGuardian(), None)
    facts = replace(held.facts, **{k: v for k, v in vars(written or NewGuardian()).items() if v})
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
    groups = _Groups()
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
    return {
        family_id: count
        for some in queries.chunks(family_ids)
        for family_id, count in session.execute(query.where(Student.family_id.in_(some)))
    }
