"""A sign-in lives until it is revoked, expires, goes idle, or its user is disabled; guessing gets slower."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from school import clock
from school.access import listing, queries, service, sign_ins
from school.access.models import SignIn, SignInAttempt, User
from school.access.rules import ADMINISTRATOR, FINANCE
from school.db import Database
from school.errors import NotAllowed, SchoolError
from school.settings import settings
from tests import people

MORNING = datetime(2026, 3, 20, 8, tzinfo=UTC)


HOME, ELSEWHERE = "A" * 43, "B" * 43  # names of browsers


def fail(
    database: Database, name: str = "finn", address: str = "10.0.0.9", browser: str | None = None
) -> None:
    with database.writing() as session:
        sign_ins.begin(session, name=name, address=address, browser=browser)


def refusal(
    database: Database, name: str = "finn", address: str = "10.0.0.9", browser: str | None = None
) -> str | None:
    try:
        fail(database, name, address, browser)
    except NotAllowed as error:
        return error.sentence
    return None


def test_the_ticket_is_claimed_once_within_a_minute(database: Database) -> None:
    with clock.set_to(MORNING), database.writing() as session:
        opened = sign_ins.open_sign_in(session, user_id=people.user(session, FINANCE))

    with clock.set_to(MORNING + timedelta(seconds=59)), database.writing() as session:
        first = sign_ins.claim(session, ticket=opened.ticket, held_token=None)
        second = sign_ins.claim(session, ticket=opened.ticket, held_token=None)

    assert first is not None
    assert second is None
    with clock.set_to(MORNING + timedelta(minutes=1)), database.reading() as session:
        assert queries.sign_in_of_token(session, first) == opened.id


def test_a_ticket_older_than_a_minute_opens_nothing(database: Database) -> None:
    with clock.set_to(MORNING), database.writing() as session:
        opened = sign_ins.open_sign_in(session, user_id=people.user(session, FINANCE))

    with clock.set_to(MORNING + timedelta(seconds=60)), database.writing() as session:
        assert sign_ins.claim(session, ticket=opened.ticket, held_token=None) is None


def test_a_sign_in_that_nobody_took_up_ends_with_its_ticket_and_stays_ended(database: Database) -> None:
    with clock.set_to(MORNING), database.writing() as session:
        finn = people.user(session, FINANCE)
        left, taken, held = (sign_ins.open_sign_in(session, user_id=finn) for _ in range(3))
        sign_ins.take_up(session, sign_in_id=taken.id)
        sign_ins.claim(session, ticket=held.ticket, held_token=None)
        at_first = listing.open_count(session, finn)

    with clock.set_to(MORNING + sign_ins.TICKET_LIFE), database.writing() as session:
        sign_ins.take_up(session, sign_in_id=left.id)
        alive = [queries.is_alive(session, one.id) for one in (left, taken, held)]
        why = {one.id: one.ended_why for one in listing.sign_ins_of(session, finn)}
        counted = listing.open_count(session, finn), listing.user(session, finn).open_sign_ins

    assert (at_first, alive, counted) == (3, [False, True, True], (2, 2))
    assert why == {left.id: "the page it was opened for was gone", taken.id: None, held.id: None}


def test_two_browsers_showing_one_ticket_at_once_get_one_cookie(database: Database) -> None:
    with database.writing() as session:
        opened = sign_ins.open_sign_in(session, user_id=people.user(session, FINANCE))

    def claim(_: int) -> bool:
        with database.writing() as session:
            return sign_ins.claim(session, ticket=opened.ticket, held_token=None) is not None

    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(claim, range(8)))

    assert claimed.count(True) == 1


def test_neither_ticket_nor_token_is_kept(database: Database) -> None:
    with database.writing() as session:
        opened = sign_ins.open_sign_in(session, user_id=people.user(session, FINANCE))
    with database.writing() as session:
        claimed = sign_ins.claim(session, ticket=opened.ticket, held_token=None)

    assert claimed is not None
    with database.reading() as session:
        kept = [str(value) for value in session.execute(select(*SignIn.__table__.columns)).one()]
    assert not [value for value in kept if claimed in value or opened.ticket in value]


def test_signing_in_ends_the_sign_in_of_the_cookie_it_replaces(database: Database) -> None:
    with database.writing() as session:
        before = people.cookie(session, people.user(session, FINANCE))
        other = sign_ins.open_sign_in(session, user_id=people.user(session, ADMINISTRATOR))

    with database.writing() as session:
        sign_ins.claim(session, ticket=other.ticket, held_token=before)

    with database.reading() as session:
        assert queries.sign_in_of_token(session, before) is None
        assert queries.is_alive(session, other.id)


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(
            timedelta(hours=settings().sign_in_hours_max), id="used or not, it ends after its hours"
        ),
        pytest.param(timedelta(minutes=settings().idle_minutes_max), id="unused, it ends after its minutes"),
    ],
)
def test_a_sign_in_ends_by_itself(database: Database, later: timedelta) -> None:
    with clock.set_to(MORNING), database.writing() as session:
        actor = people.signed_in(session, people.user(session, FINANCE))
    sign_in_id = str(actor.sign_in_id)
    idle_ends = timedelta(minutes=settings().idle_minutes_max)
    uses = int(later / idle_ends) if later > idle_ends else 0
    for i in range(1, uses * 2):
        with clock.set_to(MORNING + i * idle_ends / 2), database.writing() as session:
            sign_ins.seen(session, sign_in_id=sign_in_id)

    with clock.set_to(MORNING + later - timedelta(seconds=1)), database.reading() as session:
        just_before = queries.is_alive(session, sign_in_id)
    with clock.set_to(MORNING + later), database.reading() as session:
        then = queries.is_alive(session, sign_in_id)

    assert (just_before, then) == (True, False)


def test_a_disabled_user_is_out_at_the_next_look(database: Database) -> None:
    with database.writing() as session:
        boss = people.signed_in(session, people.user(session, ADMINISTRATOR))
        finance = people.user(session, FINANCE)
        cookie = people.cookie(session, finance)

    with database.writing() as session:
        service.disable(session, actor=boss, user_id=finance, reason="left the school")

    with database.reading() as session:
        assert queries.sign_in_of_token(session, cookie) is None
    with database.writing() as session, pytest.raises(NotAllowed):
        sign_ins.open_sign_in(session, user_id=finance)


def test_a_sign_in_of_a_user_who_is_not_active_serves_nothing_even_if_it_was_never_ended(
    database: Database,
) -> None:
    with database.writing() as session:
        finance = people.user(session, FINANCE)
        actor, cookie = people.signed_in(session, finance), people.cookie(session, finance)
        session.execute(update(User).where(User.id == finance).values(status="disabled"))

    with database.reading() as session:
        assert queries.actor_of_sign_in(session, actor.sign_in_id) is None
        assert not queries.is_alive(session, str(actor.sign_in_id))
        assert queries.sign_in_of_token(session, cookie) is None


def test_the_fifth_wrong_password_makes_the_next_one_wait_and_longer_each_time(database: Database) -> None:
    with database.writing() as session:
        people.user(session, FINANCE)
    waits = []
    moment = MORNING

    for _ in range(12):
        with clock.set_to(moment):
            sentence = refusal(database)
        if sentence is None:
            waits.append(0)
            continue
        number, unit = re.search(r"Wait (\d+) (second|minute)", sentence).groups()  # type: ignore[union-attr]
        waits.append(int(number) * (60 if unit == "minute" else 1))
        moment += timedelta(seconds=waits[-1])

    assert waits == [0, 0, 0, 0, 0, 30, 0, 60, 0, 120, 0, 240]


def test_the_wait_never_exceeds_a_quarter_of_an_hour(database: Database) -> None:
    moment = MORNING
    for _ in range(15):
        with clock.set_to(moment):
            fail(database)
        moment += timedelta(minutes=15)

    with clock.set_to(moment - timedelta(minutes=14)):
        assert "15 minutes" in str(refusal(database)) or "14 minutes" in str(refusal(database))


def test_an_unknown_name_waits_as_a_known_one_does(database: Database) -> None:
    with database.writing() as session:
        people.user(session, FINANCE)
    with clock.set_to(MORNING):
        for _ in range(5):
            fail(database, "finn")
            fail(database, "nobody")

        assert refusal(database, "finn") == refusal(database, "nobody") is not None


def test_a_right_password_forgives_the_wrong_ones_before_it(database: Database) -> None:
    with database.writing() as session:
        finance = people.user(session, FINANCE)
    with clock.set_to(MORNING):
        for _ in range(4):
            fail(database)
        with database.writing() as session:
            attempt = sign_ins.begin(session, name="finn", address="10.0.0.9")
            sign_ins.open_sign_in(session, user_id=finance, attempt_id=attempt.id)

        for _ in range(4):
            fail(database)

        assert refusal(database) is None


def test_many_names_from_one_address_wait_too(database: Database) -> None:
    with clock.set_to(MORNING):
        for i in range(50):
            fail(database, f"guess{i}", "203.0.113.7")

        assert "Too many attempts" in str(refusal(database, "finn", "203.0.113.7"))
        assert refusal(database, "finn", "10.0.0.9") is None


def test_where_addresses_are_not_known_nobody_is_locked_out_by_another(database: Database) -> None:
    with clock.set_to(MORNING):
        for i in range(60):
            fail(database, f"guess{i}", "")

        assert refusal(database, "finn", "") is None


def test_guesses_made_at_once_are_counted_one_by_one(database: Database) -> None:
    with database.writing() as session:
        people.user(session, FINANCE)

    with ThreadPoolExecutor(16) as pool:
        refused = list(pool.map(lambda _: refusal(database), range(40)))

    assert refused.count(None) == 5
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 5


@pytest.fixture
def at_home(database: Database) -> Database:
    """Finn has signed in from HOME before."""
    with clock.set_to(MORNING - timedelta(days=2)), database.writing() as session:
        sign_ins.open_sign_in(session, user_id=people.user(session, FINANCE), browser=HOME)
    return database


@pytest.mark.parametrize("address", ["203.0.113.7", "10.0.0.9"])
def test_a_guesser_elsewhere_does_not_lock_out_the_browser_one_has_signed_in_from(
    at_home: Database, address: str
) -> None:
    with clock.set_to(MORNING):
        for i in range(50):
            refusal(at_home, "finn", address)
            refusal(at_home, f"guess{i}", address)
        assert refusal(at_home, "finn", address, ELSEWHERE) is not None

        assert refusal(at_home, "finn", "10.0.0.9", HOME) is None


def test_guessing_in_a_browser_one_has_signed_in_from_waits_too(at_home: Database) -> None:
    with clock.set_to(MORNING):
        refused = [refusal(at_home, browser=HOME) for _ in range(8)]

        assert refused.count(None) == 5
        assert refusal(at_home, browser=ELSEWHERE) is None, "and the count elsewhere is its own"


def test_the_owner_coming_in_at_home_forgives_nothing_elsewhere(at_home: Database) -> None:
    with clock.set_to(MORNING):
        for _ in range(5):
            fail(at_home, browser=ELSEWHERE)
        with at_home.writing() as session:
            attempt = sign_ins.begin(session, name="finn", address="10.0.0.9", browser=HOME)
            assert attempt.user_id is not None
            sign_ins.open_sign_in(session, user_id=attempt.user_id, attempt_id=attempt.id, browser=HOME)

        assert refusal(at_home, browser=ELSEWHERE) is not None


def test_a_browser_known_for_one_name_is_a_strangers_for_another(at_home: Database) -> None:
    with clock.set_to(MORNING):
        for _ in range(5):
            fail(at_home, "hope")

        assert refusal(at_home, "hope", browser=HOME) is not None


def test_who_must_wait_is_told_so_by_reading_alone(at_home: Database) -> None:
    with clock.set_to(MORNING):
        for _ in range(5):
            fail(at_home)

        with at_home.reading() as session, pytest.raises(NotAllowed, match="Wait 30 seconds"):
            sign_ins.hear(session, name="finn", address="10.0.0.9")
        with at_home.reading() as session:
            own_line = sign_ins.hear(session, name="finn", address="10.0.0.9", browser=HOME)
            line_elsewhere = sign_ins.hear(session, name="hope", address="10.0.0.9", browser=HOME)

    assert line_elsewhere == "10.0.0.9"
    assert own_line not in {"10.0.0.9", HOME}, "and the name of the browser itself is not kept"


def test_only_the_browser_that_typed_the_password_claims_the_ticket(database: Database) -> None:
    with database.writing() as session:
        opened = sign_ins.open_sign_in(session, user_id=people.user(session, FINANCE), browser=HOME)

    with database.writing() as session:
        for browser in (None, ELSEWHERE, ""):
            assert sign_ins.claim(session, ticket=opened.ticket, held_token=None, browser=browser) is None

        assert sign_ins.claim(session, ticket=opened.ticket, held_token=None, browser=HOME)


def test_a_refused_attempt_does_not_make_the_wait_longer(database: Database) -> None:
    with clock.set_to(MORNING):
        for _ in range(5):
            fail(database)
        for _ in range(20):
            with pytest.raises(SchoolError):
                fail(database)

    with clock.set_to(MORNING + timedelta(seconds=30)):
        assert refusal(database) is None


def test_last_seen_is_written_at_most_every_five_minutes() -> None:
    with clock.set_to(MORNING):
        assert not sign_ins.due_to_be_seen(MORNING - timedelta(minutes=5))
        assert sign_ins.due_to_be_seen(MORNING - timedelta(minutes=5, seconds=1))
