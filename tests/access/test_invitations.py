"""A code opens one door once; nobody but the person knows the password, and nothing works late or twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from school import clock
from school.access import invitations, passwords, queries, service, sign_ins
from school.access.invitations import Invited
from school.access.models import Invitation, SignInAttempt, User
from school.access.rules import ADMINISTRATOR, COMMAND_LINE, FINANCE, HEAD, Actor
from school.audit.models import AuditEvent
from school.db import Database
from school.errors import BadInput, NotAllowed, RuleBroken, SchoolError
from school.settings import settings
from tests import people

MORNING = datetime(2026, 3, 20, 8, tzinfo=UTC)
LIFE = timedelta(hours=settings().invitation_hours_max)
OTTERS = "seven quiet otters"
CHOSEN = passwords.Chosen(people.cheap_hash(OTTERS))


def invite(session: Session, name: str = "bea", actor: Actor = COMMAND_LINE, **how: object) -> Invited:
    given = {"full_name": "Bea Bell", "email": "bea@example.org", "roles": [FINANCE], **how}
    return invitations.invite(session, actor=actor, name=name, **given)  # type: ignore[arg-type]


def row(session: Session, user_id: int) -> User:
    return session.scalars(select(User).where(User.id == user_id)).one()


def opens(database: Database, code: str) -> bool:
    with database.reading() as session:
        return invitations.facts(session, code) is not None


def test_a_code_opens_for_whom_it_was_made_until_a_password_is_chosen(database: Database) -> None:
    with clock.set_to(MORNING), database.writing() as session:
        made = invite(session)

    with clock.set_to(MORNING + LIFE - timedelta(seconds=1)), database.writing() as session:
        found = invitations.facts(session, made.code)
        user_id = invitations.accept(session, code=made.code, password=CHOSEN).user_id

    assert found == invitations.InvitationFacts(made.user_id, "bea", "Bea Bell", "welcome", MORNING + LIFE)
    assert user_id == made.user_id
    assert user_id is not None
    with database.reading() as session:
        assert passwords.matches(OTTERS, row(session, user_id).password_hash)
        assert not row(session, user_id).must_change_password


def test_a_code_is_read_however_it_is_typed(database: Database) -> None:
    with database.writing() as session:
        code = invite(session).code

    for typed in (
        code.lower(),
        code.replace("-", " "),
        f"  {code.replace('-', '')}\n",
        code.replace("0", "o"),
    ):
        assert opens(database, typed)


@pytest.mark.parametrize(
    "typed", ["", "-", "ABCD", "ABCD-EFGH-JKMN-PQRS", "x" * 10_000, "\ud800", "' OR 1=1 --", "日本語" * 9]
)
def test_anything_else_opens_nothing(database: Database, typed: str) -> None:
    with database.writing() as session:
        invite(session)

        assert invitations.facts(session, typed) is None
        with pytest.raises(RuleBroken, match="does not open anything"):
            invitations.accept(session, code=typed, password=CHOSEN)


def test_only_the_hash_of_a_code_is_kept_and_the_audit_log_never_saw_it(database: Database) -> None:
    with database.writing() as session:
        made = invite(session)
        invitations.accept(session, code=made.code, password=CHOSEN)

    with database.reading() as session:
        kept = [str(v) for v in session.execute(select(*Invitation.__table__.columns)).one()]
        told = [str(v) for r in session.execute(select(*AuditEvent.__table__.columns)) for v in r]
        events = session.scalars(select(AuditEvent.event).order_by(AuditEvent.id)).all()
    shown = {made.code, made.code.replace("-", ""), CHOSEN.hash}
    assert not [value for value in kept + told if any(secret in value for secret in shown)]
    assert events[-3:] == ["access:user:add", "access:code:make", "access:code:use"]


def late(database: Database, made: Invited) -> None:
    clock._set_to = MORNING + LIFE


def used(database: Database, made: Invited) -> None:
    with database.writing() as session:
        invitations.accept(session, code=made.code, password=CHOSEN)


def revoked(database: Database, made: Invited) -> None:
    with database.writing() as session:
        invitations.revoke(session, actor=COMMAND_LINE, user_id=made.user_id)


def replaced(database: Database, made: Invited) -> None:
    with database.writing() as session:
        invitations.reset(session, actor=COMMAND_LINE, user_id=made.user_id)


def disabled(database: Database, made: Invited) -> None:
    with database.writing() as session:
        people.user(session, ADMINISTRATOR)
        service.disable(session, actor=COMMAND_LINE, user_id=made.user_id, reason="left")


@pytest.mark.parametrize("happens", [late, used, revoked, replaced, disabled])
def test_a_code_opens_nothing_any_more(
    database: Database, happens: Callable[[Database, Invited], None]
) -> None:
    with clock.set_to(MORNING):
        with database.writing() as session:
            made = invite(session)

        happens(database, made)

        assert not opens(database, made.code)
        with database.writing() as session, pytest.raises(RuleBroken) as refused:
            invitations.accept(session, code=made.code, password=CHOSEN)
    assert refused.value.sentence == invitations.USELESS


def test_of_many_who_use_one_code_at_once_one_chooses_the_password(database: Database) -> None:
    with database.writing() as session:
        made = invite(session)
    hashes = [passwords.Chosen(people.cheap_hash(f"{OTTERS} {i}")) for i in range(6)]

    def use(chosen: passwords.Chosen) -> passwords.Chosen | None:
        try:
            with database.writing() as session:
                invitations.accept(session, code=made.code, password=chosen)
        except RuleBroken:
            return None
        return chosen

    with ThreadPoolExecutor(6) as pool:
        accepted = [chosen for chosen in pool.map(use, hashes) if chosen]

    assert len(accepted) == 1
    with database.reading() as session:
        assert row(session, made.user_id).password_hash == accepted[0].hash


def test_a_reset_and_a_code_used_at_once_leave_one_of_the_two_and_never_an_old_password(
    database: Database,
) -> None:
    with database.writing() as session:
        made = [invite(session, f"bea{i}") for i in range(6)]

    def accept(one: Invited) -> None:
        try:
            with database.writing() as session:
                invitations.accept(session, code=one.code, password=CHOSEN)
                sign_ins.open_sign_in(session, user_id=one.user_id)
        except RuleBroken:
            return

    def reset(one: Invited) -> Invited:
        with database.writing() as session:
            return invitations.reset(session, actor=COMMAND_LINE, user_id=one.user_id)

    with ThreadPoolExecutor(4) as pool:
        for one in made:
            using, resetting = pool.submit(accept, one), pool.submit(reset, one)
            using.result()

            assert opens(database, resetting.result().code)
            with database.reading() as session:
                assert row(session, one.user_id).password_hash == ""


def test_a_reset_ends_every_sign_in_and_the_old_password_at_once(database: Database) -> None:
    with database.writing() as session:
        boss = people.signed_in(session, people.user(session, ADMINISTRATOR))
        finn = people.user(session, FINANCE)
        cookie = people.cookie(session, finn)

        made = invitations.reset(session, actor=boss, user_id=finn)

        assert queries.sign_in_of_token(session, cookie) is None
        assert not passwords.matches(people.PASSWORD, row(session, finn).password_hash)
        assert not passwords.matches("", row(session, finn).password_hash)
        found = invitations.facts(session, made.code)
        assert found is not None
        assert found.purpose == "reset"


def test_nobody_resets_themself_or_somebody_disabled(database: Database) -> None:
    with database.writing() as session:
        boss = people.signed_in(session, people.user(session, ADMINISTRATOR))
        finn = people.user(session, FINANCE)
        service.disable(session, actor=boss, user_id=finn, reason="left")

        with pytest.raises(RuleBroken, match="your profile page"):
            invitations.reset(session, actor=boss, user_id=boss.user_id or 0)
        with pytest.raises(RuleBroken, match="Enable the user first"):
            invitations.reset(session, actor=boss, user_id=finn)


def test_of_two_administrators_who_reset_each_other_at_once_one_stays(database: Database) -> None:
    with database.writing() as session:
        ids = [people.user(session, ADMINISTRATOR, name=name) for name in ("ada", "abe")]
        actors = [people.signed_in(session, user_id) for user_id in ids]

    def reset(i: int) -> bool:
        try:
            with database.writing() as session:
                invitations.reset(session, actor=actors[i], user_id=ids[1 - i])
        except NotAllowed:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(reset, range(2)))

    assert sorted(done) == [False, True]
    with database.reading() as session:
        assert queries.any_administrator(session)


WRONG = {
    "no name": ({"name": ""}, "users.name"),
    "a name with a space": ({"name": "two words"}, "users.name"),
    "nobody's name": ({"full_name": "  "}, "users.full_name"),
    "an endless name": ({"full_name": "x" * 121}, "users.full_name"),
    "an odd address": ({"email": "bea at example.org"}, "users.email"),
    "two addresses": ({"email": "a@x.org, b@x.org"}, "users.email"),
    "no role": ({"roles": []}, "users.roles"),
    "an unknown role": ({"roles": ["god"]}, "users.roles"),
}


@pytest.mark.parametrize(("typed", "field"), WRONG.values(), ids=WRONG)
def test_an_invitation_that_cannot_be_made_is_refused_where_it_was_typed(
    database: Database, typed: dict[str, object], field: str
) -> None:
    with pytest.raises(BadInput) as refused, database.writing() as session:
        invite(session, **typed)  # type: ignore[arg-type]

    assert refused.value.field == field
    with database.reading() as session:
        assert session.scalars(select(User)).all() == []


def test_who_is_invited_already_is_not_invited_again_under_another_name_by_mistake(
    database: Database,
) -> None:
    with database.writing() as session:
        made = invite(session)

        with pytest.raises(BadInput, match="Bea Bell is invited already under this user name"):
            invite(session, "BEA")

        assert invitations.facts(session, made.code) is not None


@pytest.mark.parametrize("role", [FINANCE, HEAD])
def test_only_who_manages_users_makes_or_takes_codes(database: Database, role: str) -> None:
    with database.writing() as session:
        actor = people.signed_in(session, people.user(session, role))
        other = people.user(session, ADMINISTRATOR)

        for forbidden in (
            lambda: invite(session, actor=actor),
            lambda: invitations.reset(session, actor=actor, user_id=other),
            lambda: invitations.revoke(session, actor=actor, user_id=other),
        ):
            with pytest.raises(NotAllowed, match="Your role does not allow this"):
                forbidden()


def test_only_what_looks_like_a_code_and_never_was_one_is_a_guess(database: Database) -> None:
    with database.writing() as session:
        old = invite(session)
        invitations.revoke(session, actor=COMMAND_LINE, user_id=old.user_id)

        assert invitations.is_guess(session, "0000-1111-2222-3333")
        assert not invitations.is_guess(session, old.code)
        assert not invitations.looks_like_one("hello")
        with pytest.raises(SchoolError):
            invite(session, invitations.guess_name("0000-1111-2222-3333"))


def test_a_chosen_password_ends_the_wait_of_wrong_ones(database: Database) -> None:
    with clock.set_to(MORNING):
        with database.writing() as session:
            made = invite(session)
        for _ in range(5):
            with database.writing() as session:
                sign_ins.begin(session, name="bea", address="")
        with database.writing() as session, pytest.raises(NotAllowed):
            sign_ins.begin(session, name="bea", address="")

        with database.writing() as session:
            invitations.accept(session, code=made.code, password=CHOSEN, address="10.0.0.7")

        with database.writing() as session:
            assert sign_ins.begin(session, name="bea", address="").user_id == made.user_id
    with database.reading() as session:
        right = session.scalars(select(SignInAttempt).where(SignInAttempt.succeeded)).one()
        assert (right.name, right.address) == ("bea", "10.0.0.7")
