"""What a person may do is read from the database inside the write: it is right at that moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from school.access import invitations, passwords, queries, service, sign_ins
from school.access.models import User
from school.access.rules import ADMINISTRATOR, COMMAND_LINE, FINANCE, HEAD, Actor
from school.audit.models import AuditEvent
from school.db import Database
from school.errors import BadInput, NotAllowed, RuleBroken, SignInNeeded
from tests import people

GOOD = passwords.Chosen(people.cheap_hash("seven quiet otters"))


def add(session: Session, name: str = "Bea", actor: Actor = COMMAND_LINE, **how: object) -> int:
    given = {"password": GOOD, "roles": [FINANCE], **how}
    return service.add_user(session, actor=actor, name=name, **given)  # type: ignore[arg-type]


def test_a_live_sign_in_may_do_what_its_roles_say_and_no_more(database: Database) -> None:
    with database.writing() as session:
        finance = people.signed_in(session, people.user(session, FINANCE))

        service.authorise(session, finance, "payments.record")
        with pytest.raises(NotAllowed, match="Your role does not allow this"):
            service.authorise(session, finance, "users.manage")


def end_sign_in(session: Session, actor: Actor) -> None:
    sign_ins.sign_out(session, sign_in_id=str(actor.sign_in_id))


def disable(session: Session, actor: Actor) -> None:
    service.disable(session, actor=COMMAND_LINE, user_id=int(actor.user_id or 0), reason="test")


def take_role(session: Session, actor: Actor) -> None:
    service.change_roles(session, actor=COMMAND_LINE, user_id=int(actor.user_id or 0), roles=[HEAD])


def reset(session: Session, actor: Actor) -> None:
    service.reset_password(session, actor=COMMAND_LINE, user_id=int(actor.user_id or 0), password=GOOD)


@pytest.mark.parametrize("happens", [end_sign_in, disable, take_role, reset])
def test_an_actor_remembered_from_before_may_not_write_after(
    database: Database, happens: Callable[[Session, Actor], None]
) -> None:
    with database.writing() as session:
        people.user(session, ADMINISTRATOR)
        finance = people.signed_in(session, people.user(session, FINANCE))
    with database.writing() as session:
        happens(session, finance)

    with database.writing() as session, pytest.raises(NotAllowed):
        service.authorise(session, finance, "payments.record")


def test_somebody_elses_sign_in_does_not_serve(database: Database) -> None:
    with database.writing() as session:
        boss = people.signed_in(session, people.user(session, ADMINISTRATOR))
        people.user(session, FINANCE)
        forged = Actor(boss.user_id, "ada", "Ada", "no-such-sign-in", boss.roles)
        borrowed = Actor((boss.user_id or 0) + 1, "finn", "Finn", boss.sign_in_id, boss.roles)

        for actor in (forged, borrowed):
            with pytest.raises(SignInNeeded):
                service.authorise(session, actor, "users.manage")


def test_until_a_given_password_is_changed_nothing_else_may_be_done(database: Database) -> None:
    with database.writing() as session:
        user_id = people.user(session, FINANCE, must_change=True)
        actor = people.signed_in(session, user_id)
        with pytest.raises(NotAllowed, match="Choose a new password"):
            service.authorise(session, actor, "payments.record")

        service.change_own_password(session, actor=actor, password=GOOD)

        service.authorise(session, actor, "payments.record")


def test_a_changed_password_ends_every_other_sign_in(database: Database) -> None:
    with database.writing() as session:
        user_id = people.user(session, FINANCE)
        here, elsewhere = people.signed_in(session, user_id), people.cookie(session, user_id)

        service.change_own_password(session, actor=here, password=GOOD)

        assert queries.is_alive(session, str(here.sign_in_id))
        assert queries.sign_in_of_token(session, elsewhere) is None


def test_a_user_name_is_one_name_however_it_is_written(database: Database) -> None:
    with database.writing() as session:
        user_id = add(session, " Bea ")

        assert session.scalar(select(User.name).where(User.id == user_id)) == "bea"
        with pytest.raises(BadInput, match="already a user called bea"):
            add(session, "BEA")


def test_of_many_who_choose_one_name_at_once_one_gets_it_and_the_others_a_sentence(
    database: Database,
) -> None:
    def choose(_: int) -> str:
        try:
            with database.writing() as session:
                add(session, "bea")
        except BadInput as refused:
            return refused.sentence
        return "added"

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(choose, range(6)))

    assert sorted(set(answers)) == ["There is already a user called bea. Choose another name.", "added"]
    assert answers.count("added") == 1


@pytest.mark.parametrize("name", ["", "   ", "two words", "x" * 65, "tab\tin it", "new\nline", "\u202eeab"])
def test_an_odd_user_name_is_refused(database: Database, name: str) -> None:
    with database.writing() as session, pytest.raises(BadInput) as refused:
        add(session, name)

    assert refused.value.field == "users.name"


@pytest.mark.parametrize("roles", [[], ["root"], ["finance", "god"]])
def test_a_role_nobody_has_heard_of_is_refused(database: Database, roles: list[str]) -> None:
    with database.writing() as session, pytest.raises(BadInput):
        add(session, roles=roles)


def remove_role(session: Session, user_id: int) -> None:
    service.change_roles(session, actor=COMMAND_LINE, user_id=user_id, roles=[FINANCE])


def close_door(session: Session, user_id: int) -> None:
    service.disable(session, actor=COMMAND_LINE, user_id=user_id, reason="test")


@pytest.mark.parametrize("change", [remove_role, close_door])
def test_the_last_administrator_stays_one(database: Database, change: Callable[[Session, int], None]) -> None:
    with database.writing() as session:
        only = people.user(session, ADMINISTRATOR)

    with pytest.raises(RuleBroken, match="last administrator"), database.writing() as session:
        change(session, only)

    with database.reading() as session:
        assert queries.any_administrator(session)


def test_every_change_of_a_user_is_in_the_audit_log_without_the_password(database: Database) -> None:
    with database.writing() as session:
        people.user(session, ADMINISTRATOR)
        user_id = add(session)
        service.change_roles(session, actor=COMMAND_LINE, user_id=user_id, roles=[HEAD])
        service.reset_password(session, actor=COMMAND_LINE, user_id=user_id, password=GOOD)
        service.disable(session, actor=COMMAND_LINE, user_id=user_id, reason="left the school")
        service.enable(session, actor=COMMAND_LINE, user_id=user_id)

    with database.reading() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.subject == f"user:{user_id}")).all()
        told = [(row.event, row.before, row.after, row.reason) for row in rows]
    assert told == [
        ("access:user:add", None, {"name": "bea", "full_name": "", "roles": ["finance"]}, None),
        ("access:user:change-roles", {"roles": ["finance"]}, {"roles": ["head"]}, None),
        ("access:password:reset", None, None, None),
        ("access:user:disable", None, None, "left the school"),
        ("access:user:enable", None, None, None),
    ]


def test_the_last_administrator_is_one_who_can_sign_in(database: Database) -> None:
    with database.writing() as session:
        only = people.user(session, ADMINISTRATOR)
        invited = {"name": "bea", "full_name": "Bea", "email": "", "roles": [ADMINISTRATOR]}
        invitations.invite(session, actor=COMMAND_LINE, **invited)  # type: ignore[arg-type]

    with pytest.raises(RuleBroken, match="last administrator"), database.writing() as session:
        remove_role(session, only)


@pytest.mark.parametrize("change", [remove_role, close_door])
def test_of_two_administrators_taken_away_at_once_one_stays(
    database: Database, change: Callable[[Session, int], None]
) -> None:
    with database.writing() as session:
        ids = [people.user(session, ADMINISTRATOR, name=name) for name in ("ada", "abe")]

    def take_away(user_id: int) -> bool:
        try:
            with database.writing() as session:
                change(session, user_id)
        except RuleBroken:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(take_away, ids))

    assert sorted(done) == [False, True]


def test_nobody_disables_themself_and_nobody_is_disabled_without_a_reason(database: Database) -> None:
    with database.writing() as session:
        people.user(session, ADMINISTRATOR, name="abe")
        boss = people.signed_in(session, people.user(session, ADMINISTRATOR))
        finn = people.user(session, FINANCE)

        with pytest.raises(RuleBroken, match="disable yourself"):
            service.disable(session, actor=boss, user_id=boss.user_id or 0, reason="tired")
        with pytest.raises(BadInput) as refused:
            service.disable(session, actor=boss, user_id=finn, reason="  ")

    assert refused.value.field == "users.reason"


def test_roles_somebody_else_changed_in_the_meantime_are_not_overwritten(database: Database) -> None:
    with database.writing() as session:
        people.user(session, ADMINISTRATOR)
        finn = people.user(session, FINANCE)
        service.change_roles(session, actor=COMMAND_LINE, user_id=finn, roles=[HEAD])

        with pytest.raises(RuleBroken, match="Somebody else has changed these roles"):
            service.change_roles(
                session, actor=COMMAND_LINE, user_id=finn, roles=[FINANCE, ADMINISTRATOR], seen=[FINANCE]
            )


def test_a_changed_name_and_address_say_what_stood_there_before(database: Database) -> None:
    with database.writing() as session:
        people.user(session, ADMINISTRATOR)
        finn = people.user(session, FINANCE)
        change = {"full_name": " Finn  Ó Briain ", "email": " finn@example.org "}

        service.change_user(session, actor=COMMAND_LINE, user_id=finn, **change)
        service.change_user(session, actor=COMMAND_LINE, user_id=finn, **change)

    with database.reading() as session:
        told = session.scalars(select(AuditEvent).where(AuditEvent.subject == f"user:{finn}")).one()
    assert (told.event, told.before, told.after) == (
        "access:user:change",
        {"full_name": "Finn", "email": ""},
        {"full_name": "Finn Ó Briain", "email": "finn@example.org"},
    )


def test_a_sign_in_is_ended_by_its_own_user_or_by_who_manages_users(database: Database) -> None:
    with database.writing() as session:
        boss = people.signed_in(session, people.user(session, ADMINISTRATOR))
        hope = people.signed_in(session, people.user(session, HEAD))
        finn_id = people.user(session, FINANCE)
        here, there, elsewhere = (people.signed_in(session, finn_id) for _ in range(3))
        lasting = [str(actor.sign_in_id) for actor in (here, there, elsewhere)]

        with pytest.raises(NotAllowed):
            service.end_sign_in(session, actor=hope, sign_in_id=lasting[0])
        with pytest.raises(NotAllowed):
            service.end_all(session, actor=hope, user_id=finn_id)
        service.end_sign_in(session, actor=here, sign_in_id=lasting[1])
        service.end_sign_in(session, actor=boss, sign_in_id=lasting[2])
        service.end_sign_in(session, actor=boss, sign_in_id=lasting[2])

        assert [queries.is_alive(session, one) for one in lasting] == [True, False, False]
        told = session.scalars(select(AuditEvent).where(AuditEvent.event == "access:sign-in:end")).all()
        assert [(row.actor, row.after) for row in told] == [("finn", {"ended": 1}), ("ada", {"ended": 1})]


def test_all_sign_ins_end_but_the_one_that_is_kept(database: Database) -> None:
    with database.writing() as session:
        finn_id = people.user(session, FINANCE)
        here, there = people.signed_in(session, finn_id), people.signed_in(session, finn_id)

        ended = service.end_all(session, actor=here, user_id=finn_id, but=here.sign_in_id)

        assert ended == 1
        assert queries.is_alive(session, str(here.sign_in_id))
        assert not queries.is_alive(session, str(there.sign_in_id))
