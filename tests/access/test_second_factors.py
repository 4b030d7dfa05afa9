"""A second factor is a code that works once, at its moment, for its owner; a recovery code stands in once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from school import clock
from school.access import passwords, queries, second_factors, service
from school.access.models import RecoveryCode, SecondFactor
from school.access.rules import ADMINISTRATOR, COMMAND_LINE, FINANCE, HEAD, Actor, hashed
from school.audit.models import AuditEvent
from school.db import Database
from school.errors import BadInput, NotAllowed, NotFound, RuleBroken, SchoolError, SignInNeeded
from tests import people

MORNING = datetime(2026, 3, 20, 8, 0, 10, tzinfo=UTC)
HALF_MINUTE = timedelta(seconds=30)
GOOD = passwords.Chosen(people.cheap_hash("seven quiet otters"))


def finn(session: Session) -> Actor:
    return people.signed_in(session, people.user(session, FINANCE))


def code(secret: str, at: datetime | None = None) -> str:
    """What an authenticator app shows."""
    return pyotp.TOTP(secret).at(at or clock.now())


def enrol(session: Session, actor: Actor) -> tuple[str, tuple[str, ...]]:
    """The secret and the recovery codes of a factor that is confirmed now."""
    secret = second_factors.begin_enrolment(session, actor=actor, issuer="Hill School").secret
    return secret, second_factors.confirm(session, actor=actor, code=code(secret))


def accepts(database: Database, actor: Actor, typed: str) -> bool:
    with database.writing() as session:
        return second_factors.accepts(session, user_id=int(actor.user_id or 0), code=typed)


@pytest.fixture
def enrolled(database: Database) -> tuple[Actor, str, tuple[str, ...]]:
    """Finn, whose factor was confirmed in the morning; his secret and recovery codes."""
    with clock.set_to(MORNING), database.writing() as session:
        actor = finn(session)
        return actor, *enrol(session, actor)


def test_the_app_is_told_the_school_the_user_and_the_secret(database: Database) -> None:
    with database.writing() as session:
        offered = second_factors.begin_enrolment(session, actor=finn(session), issuer="St. Mary’s & Co")

    read = pyotp.parse_uri(offered.uri)
    assert (read.issuer, read.name, read.secret) == ("St. Mary’s & Co", "finn", offered.secret)
    assert len(offered.secret) * 5 >= 160


def test_a_secret_is_offered_again_for_a_while_and_then_another(database: Database) -> None:
    with clock.set_to(MORNING), database.writing() as session:
        actor = finn(session)
        first = second_factors.begin_enrolment(session, actor=actor, issuer="S")
        assert second_factors.begin_enrolment(session, actor=actor, issuer="S") == first

    with clock.set_to(MORNING + second_factors.OFFER_LIFE), database.writing() as session:
        with pytest.raises(NotFound, match="too long"):
            second_factors.confirm(session, actor=actor, code=code(first.secret))
        assert second_factors.begin_enrolment(session, actor=actor, issuer="S") != first


def test_two_tabs_that_begin_at_once_are_offered_one_secret(database: Database) -> None:
    with database.writing() as session:
        actor = finn(session)

    def begin_at_once(_: int) -> str:
        with database.writing() as session:
            return second_factors.begin_enrolment(session, actor=actor, issuer="S").secret

    with ThreadPoolExecutor(6) as pool:
        offered = set(pool.map(begin_at_once, range(6)))

    assert len(offered) == 1


def test_a_factor_counts_only_after_its_first_code(database: Database) -> None:
    with database.writing() as session:
        actor = finn(session)
        user_id = int(actor.user_id or 0)
        with pytest.raises(NotFound):
            second_factors.confirm(session, actor=actor, code="123456")
        secret = second_factors.begin_enrolment(session, actor=actor, issuer="S").secret
        assert second_factors.state(session, user_id) is None
        assert not second_factors.accepts(session, user_id=user_id, code=code(secret))
        wrong = "000000" if code(secret) != "000000" else "111111"
        with pytest.raises(BadInput) as refused:
            second_factors.confirm(session, actor=actor, code=wrong)
        assert refused.value.field == "code"

        second_factors.confirm(session, actor=actor, code=code(secret))

        facts = second_factors.state(session, user_id)
        assert facts is not None
        assert facts.recovery_left == 10


def test_setting_it_up_ends_the_sign_ins_that_never_showed_a_code(database: Database) -> None:
    with database.writing() as session:
        actor = finn(session)
        elsewhere = people.signed_in(session, int(actor.user_id or 0))

        enrol(session, actor)

        assert queries.is_alive(session, str(actor.sign_in_id))
        assert not queries.is_alive(session, str(elsewhere.sign_in_id))


@pytest.mark.parametrize(
    ("half_minutes", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_half_a_minute_off_and_no_more(
    database: Database, enrolled: tuple[Actor, str, object], half_minutes: int, accepted: bool
) -> None:
    actor, secret, _ = enrolled
    now = MORNING + timedelta(minutes=10)

    with clock.set_to(now):
        assert accepts(database, actor, code(secret, now + half_minutes * HALF_MINUTE)) is accepted


@pytest.mark.parametrize("written", ["{}", " {} ", "{:.3} {:.3}"])
def test_a_code_works_once_however_it_is_written(
    database: Database, enrolled: tuple[Actor, str, object], written: str
) -> None:
    actor, secret, _ = enrolled
    with clock.set_to(MORNING + timedelta(minutes=1)):
        now = code(secret)
        typed = f"{now[:3]} {now[3:]}" if ":" in written else written.format(now)

        assert accepts(database, actor, typed)
        assert not accepts(database, actor, typed)
        assert not accepts(database, actor, now)


def test_a_code_older_than_the_last_is_dead_even_while_its_half_minute_counts(
    database: Database, enrolled: tuple[Actor, str, object]
) -> None:
    actor, secret, _ = enrolled
    now = MORNING + timedelta(minutes=1)
    with clock.set_to(now):
        assert accepts(database, actor, code(secret, now + HALF_MINUTE))

        assert not accepts(database, actor, code(secret, now))


def test_the_code_that_confirmed_it_does_not_sign_in(
    database: Database, enrolled: tuple[Actor, str, object]
) -> None:
    actor, secret, _ = enrolled
    with clock.set_to(MORNING):
        assert not accepts(database, actor, code(secret))


def test_of_many_who_show_one_code_at_once_one_comes_in(
    database: Database, enrolled: tuple[Actor, str, tuple[str, ...]]
) -> None:
    actor, secret, recovery = enrolled
    with clock.set_to(MORNING + timedelta(minutes=1)), ThreadPoolExecutor(8) as pool:
        for typed in (code(secret), recovery[0]):
            answers = list(pool.map(lambda _, typed=typed: accepts(database, actor, typed), range(8)))

            assert answers.count(True) == 1


@pytest.mark.postgres
def test_a_code_shown_while_it_is_being_used_is_refused(postgresql_database: Database) -> None:
    database = postgresql_database
    with clock.set_to(MORNING), database.writing() as session:
        actor = finn(session)
        secret, _ = enrol(session, actor)

    with clock.set_to(MORNING + timedelta(minutes=1)), ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            first = second_factors.accepts(session, user_id=int(actor.user_id or 0), code=code(secret))
            second = pool.submit(accepts, database, actor, code(secret))
            while not session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                assert not second.done()

        assert (first, second.result()) == (True, False)


def test_a_recovery_code_works_once_however_it_is_typed(
    database: Database, enrolled: tuple[Actor, str, tuple[str, ...]]
) -> None:
    actor, _, recovery = enrolled

    assert accepts(database, actor, recovery[0].lower().replace("-", " "))
    assert not accepts(database, actor, recovery[0])
    assert accepts(database, actor, recovery[1].replace("0", "o").replace("1", "l"))

    with database.reading() as session:
        facts = second_factors.state(session, int(actor.user_id or 0))
        assert facts is not None
        assert facts.recovery_left == 8


def test_of_recovery_codes_only_the_hash_is_kept_and_they_are_long(
    database: Database, enrolled: tuple[Actor, str, tuple[str, ...]]
) -> None:
    _, _, recovery = enrolled

    with database.reading() as session:
        kept = set(session.scalars(select(RecoveryCode.code_hash)))
    assert kept == {hashed(made) for made in recovery}
    assert len(set(recovery)) == 10
    assert all(len(made.replace("-", "")) * 5 >= 112 for made in recovery)


@pytest.mark.parametrize("typed", ["", " ", "0", "-", "１２３４５６", "\udc00", "x" * 10_000, "' OR 1=1 --"])
def test_what_is_no_code_is_refused(
    database: Database, enrolled: tuple[Actor, str, object], typed: str
) -> None:
    assert not accepts(database, enrolled[0], typed)


def test_nobody_shows_anothers_code(database: Database, enrolled: tuple[Actor, str, tuple[str, ...]]) -> None:
    _, secret, recovery = enrolled
    with clock.set_to(MORNING + timedelta(minutes=1)), database.writing() as session:
        hope = people.signed_in(session, people.user(session, HEAD))
        enrol(session, hope)

        for typed in (code(secret), recovery[0]):
            assert not second_factors.accepts(session, user_id=int(hope.user_id or 0), code=typed)


def test_new_recovery_codes_kill_the_old(
    database: Database, enrolled: tuple[Actor, str, tuple[str, ...]]
) -> None:
    actor, _, old = enrolled
    with clock.set_to(MORNING):
        with database.writing() as session:
            new = second_factors.new_recovery_codes(session, actor=actor)

        assert not accepts(database, actor, old[0])
        assert accepts(database, actor, new[0])


def test_a_new_telephone_takes_over_with_its_first_code_and_not_before(
    database: Database, enrolled: tuple[Actor, str, tuple[str, ...]]
) -> None:
    actor, old, recovery = enrolled
    with clock.set_to(MORNING + timedelta(minutes=1)):
        with database.writing() as session:
            new = second_factors.begin_enrolment(session, actor=actor, issuer="S").secret
        assert accepts(database, actor, code(old))
        assert not accepts(database, actor, code(new))

    with clock.set_to(MORNING + timedelta(minutes=2)), database.writing() as session:
        second_factors.confirm(session, actor=actor, code=code(new))
    with clock.set_to(MORNING + timedelta(minutes=3)):
        assert not accepts(database, actor, code(old))
        assert not accepts(database, actor, recovery[0])
        assert accepts(database, actor, code(new))


def test_whose_role_asks_for_a_factor_may_do_nothing_before_it_is_there(database: Database) -> None:
    with database.writing() as session:
        boss = people.signed_in(session, people.user(session, ADMINISTRATOR))
        actor = finn(session)
        second_factors.require_for(session, actor=boss, roles=[FINANCE])
        with pytest.raises(NotAllowed, match="Set up your second factor"):
            service.authorise(session, actor, "payments.record")
        service.authorise(session, boss, "users.manage")

        enrol(session, actor)

        service.authorise(session, actor, "payments.record")
        assert second_factors.required_roles(session) == {FINANCE}


@pytest.mark.parametrize("asks", [HEAD, ADMINISTRATOR])
def test_who_has_two_roles_needs_a_factor_when_either_asks(database: Database, asks: str) -> None:
    with database.writing() as session:
        both = people.signed_in(session, people.user(session, HEAD, ADMINISTRATOR))
        second_factors.require_for(session, actor=COMMAND_LINE, roles=[asks])

        standing = queries.standing(session, both.sign_in_id)

    assert standing is not None
    assert standing.must_enrol
    assert standing.actor.roles == {HEAD, ADMINISTRATOR}


def test_the_owner_removes_it_unless_a_role_asks_for_it(
    database: Database, enrolled: tuple[Actor, str, tuple[str, ...]]
) -> None:
    actor, secret, recovery = enrolled
    with clock.set_to(MORNING + timedelta(minutes=1)):
        with database.writing() as session:
            second_factors.require_for(session, actor=COMMAND_LINE, roles=[FINANCE])
            with pytest.raises(RuleBroken, match="Your role asks"):
                second_factors.remove_own(session, actor=actor)
            second_factors.require_for(session, actor=COMMAND_LINE, roles=[])
            second_factors.remove_own(session, actor=actor)

        assert not accepts(database, actor, code(secret))
        assert not accepts(database, actor, recovery[0])


def test_an_administrator_removes_it_with_a_reason_and_the_sign_ins_end(
    database: Database, enrolled: tuple[Actor, str, object]
) -> None:
    actor, _, _ = enrolled
    with clock.set_to(MORNING), database.writing() as session:
        boss = people.signed_in(session, people.user(session, ADMINISTRATOR))
        user_id = int(actor.user_id or 0)
        with pytest.raises(BadInput):
            second_factors.remove(session, actor=boss, user_id=user_id, reason=" ")

        second_factors.remove(session, actor=boss, user_id=user_id, reason="telephone lost")

        assert second_factors.state(session, user_id) is None
        assert not queries.is_alive(session, str(actor.sign_in_id))
        with pytest.raises(RuleBroken):
            second_factors.remove(session, actor=boss, user_id=user_id, reason="again")


Act = Callable[[Session, Actor], object]
BY_ADMINISTRATORS: dict[str, Act] = {
    "remove": lambda session, actor: second_factors.remove(session, actor=actor, user_id=1, reason="x"),
    "require": lambda session, actor: second_factors.require_for(session, actor=actor, roles=[]),
}
BY_OWNERS: dict[str, Act] = {
    "begin": lambda session, actor: second_factors.begin_enrolment(session, actor=actor, issuer="S"),
    "confirm": lambda session, actor: second_factors.confirm(session, actor=actor, code="123456"),
    "renew": lambda session, actor: second_factors.new_recovery_codes(session, actor=actor),
    "remove": lambda session, actor: second_factors.remove_own(session, actor=actor),
}


@pytest.mark.parametrize("act", BY_ADMINISTRATORS.values(), ids=BY_ADMINISTRATORS.keys())
@pytest.mark.parametrize("role", [FINANCE, HEAD])
def test_only_administrators_decide_for_others(database: Database, act: Act, role: str) -> None:
    with database.writing() as session:
        actor = people.signed_in(session, people.user(session, role))
        with pytest.raises(NotAllowed):
            act(session, actor)


@pytest.mark.parametrize("act", BY_OWNERS.values(), ids=BY_OWNERS.keys())
def test_whose_sign_in_has_ended_changes_nothing(database: Database, act: Act) -> None:
    with database.writing() as session:
        actor = finn(session)
        service.end_sign_ins(session, user_id=int(actor.user_id or 0), why="test")
        borrowed = Actor(
            0, "eve", "Eve", people.signed_in(session, actor.user_id or 0).sign_in_id, actor.roles
        )
        for who in (actor, borrowed, COMMAND_LINE):
            with pytest.raises(SignInNeeded):
                act(session, who)
        assert session.scalar(select(func.count()).select_from(SecondFactor)) == 0


def test_a_role_nobody_has_heard_of_is_refused(database: Database) -> None:
    with database.writing() as session, pytest.raises(SchoolError):
        second_factors.require_for(session, actor=COMMAND_LINE, roles=["root"])


def test_every_change_is_in_the_audit_log_without_any_secret(
    database: Database, enrolled: tuple[Actor, str, tuple[str, ...]]
) -> None:
    actor, secret, recovery = enrolled
    with clock.set_to(MORNING), database.writing() as session:
        user_id = int(actor.user_id or 0)
        second_factors.accepts(session, user_id=user_id, code=recovery[0])
        second_factors.new_recovery_codes(session, actor=actor)
        second_factors.require_for(session, actor=COMMAND_LINE, roles=[HEAD])
        second_factors.remove(session, actor=COMMAND_LINE, user_id=user_id, reason="lost")

    with database.reading() as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(row.event, row.actor, row.subject, row.reason) for row in rows] == [
        ("access:second-factor:set-up", "finn", f"user:{user_id}", None),
        ("access:recovery-code:use", "finn", f"user:{user_id}", None),
        ("access:recovery-codes:make", "finn", f"user:{user_id}", None),
        ("access:second-factor:require", "command line", "roles", None),
        ("access:second-factor:remove", "command line", f"user:{user_id}", "lost"),
    ]
    told = str([(row.before, row.after) for row in rows])
    assert secret not in told
    assert not any(made in told for made in recovery)
