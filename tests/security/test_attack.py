"""A flood of guesses locks out nobody else, and never makes the server keep or do more than it can."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from school.access.models import SignInAttempt, User
from school.access.rules import FINANCE, WRONG_BY_NAME_FREE
from school.db import Database
from school.stability.wire import Browser, Gone
from school.ui import strangers
from school.ui.strangers import Pace, SlowForStrangers
from tests import coroutines, databases, make, people
from tests.interruptions import often
from tests.security.test_sockets import Visits, claim, visiting
from tests.serving import Site, serving

GUESSERS, GUESSES = 8, 4
FAR = "203.0.113.7"


class From(Browser):
    """A browser at another address, as the proxy of the school tells it."""

    def __init__(self, origin: str, address: str) -> None:
        super().__init__(origin)
        self._address = address

    @property
    def cookie_header(self) -> dict[str, str]:
        return super().cookie_header | {"X-Forwarded-For": self._address}


@pytest.fixture(scope="module", params=often.ENGINES)
def books(request: pytest.FixtureRequest) -> Iterator[Database]:
    with databases.fresh(request.param) as database:
        with database.writing() as session:
            make.school(session)
            people.everybody(session)
            people.user(session, FINANCE, name="amina")
        yield database


@pytest.fixture(scope="module")
def site(books: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(books, tmp_path_factory.mktemp("attack")) as running:
        yield running
        assert "Traceback" not in running.log


def test_a_flood_of_guesses_locks_out_neither_its_victim_at_home_nor_anybody_elsewhere(site: Site) -> None:
    async def live_through(visits: Visits) -> dict[str, bool]:
        victim, at_work = await visits.signed_in("finn")
        guessing = asyncio.gather(*(guess(visits, n) for n in range(GUESSERS)))
        while not guessing.done():
            assert not (await at_work.act()).signed_out
        said = {sentence for heard in await guessing for sentence in heard}
        assert any("not right" in sentence for sentence in said)
        assert any("Too many attempts" in sentence for sentence in said)
        await at_work.act(press="frame.sign_out")
        again = await visits.sign_in(victim, "finn")
        elsewhere = await visits.sign_in(From(site.url, "198.51.100.4"), "amina")
        return {
            "the victim, in the browser of before": not again.screen.signed_out,
            "its cookie": await claim(victim, again) == 204,
            "somebody at another address": not elsewhere.screen.signed_out,
        }

    came_in = visiting(site, live_through)

    assert came_in == {
        "the victim, in the browser of before": True,
        "its cookie": True,
        "somebody at another address": True,
    }
    with site.database.reading() as session:
        wrong = select(SignInAttempt.name, func.count()).where(~SignInAttempt.succeeded).group_by("name")
        counted = dict(map(tuple, session.execute(wrong)))
        assert set(session.scalars(select(User.status))) == {"active"}
    tried = GUESSERS * GUESSES
    assert WRONG_BY_NAME_FREE <= counted["finn"] < tried // 2, "some were refused, uncounted"
    assert sum(counted.values()) < tried


async def guess(visits: Visits, number: int) -> list[str]:
    """Wrong passwords over one socket, in turn for one known name and for others."""
    tab = visits.tab(From(visits.site.url, FAR))
    await tab.connect()
    await tab.drawn()
    said = []
    for n in range(GUESSES):
        name = "finn" if n % 2 else f"guess{number}-{n}"
        await tab.act(press="sign_in.send", **{"sign_in.name": name, "sign_in.password": f"wrong {n}"})
        said += tab.screen.errors()
    return said


def test_an_address_that_opens_too_many_sockets_is_turned_away_and_others_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(strangers, "OPEN_BY_ADDRESS_MAX", 3)
    monkeypatch.setattr(strangers, "TURNED_AWAY_AFTER_S", 0)

    async def crowd() -> tuple[int, bool, int, int]:
        many = Sockets()
        for _ in range(10):
            await many.open(FAR)
        inside = many.inside
        other = await many.open("198.51.100.4")
        await many.close()
        return inside, other, many.inside, len(many.door._open)

    assert coroutines.finish(crowd()) == (3, True, 0, 0)


def test_nothing_is_kept_of_sockets_that_have_gone_however_many_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strangers, "OPEN_MAX", 20)
    monkeypatch.setattr(strangers, "TURNED_AWAY_AFTER_S", 0)

    async def flood() -> tuple[int, int]:
        many = Sockets()
        for n in range(300):
            await many.open(f"203.0.{n // 250}.{n % 250}")
        most = many.inside
        await many.close()
        return most, len(many.door._open)

    assert coroutines.finish(flood()) == (20, 0)


def test_strangers_go_one_after_another_and_addresses_take_turns() -> None:
    async def wait() -> list[str]:
        pace, went = Pace(each_s=0.001, first_few=1), []

        async def go(who: str, address: str) -> None:
            await pace.turn(address)
            went.append(who)

        guesses = [asyncio.create_task(go(f"guess {n}", FAR)) for n in range(5)]
        await asyncio.sleep(0)
        bursar = asyncio.create_task(go("bursar", "198.51.100.4"))
        await asyncio.gather(*guesses, bursar)
        await pace._beat
        assert pace._beat is None
        assert not pace._lines
        return went

    assert coroutines.finish(wait()) == ["guess 0", "guess 1", "bursar", "guess 2", "guess 3", "guess 4"]


def test_a_message_too_large_for_a_sign_in_form_ends_a_strangers_socket(site: Site) -> None:
    async def shout(visits: Visits) -> bool:
        tab = await visits.open(Browser(site.url))
        try:
            await tab.act(**{"sign_in.name": "x" * strangers.MESSAGE_BYTES_MAX})
        except Gone:
            return True
        return False

    assert visiting(site, shout)


class Sockets:
    """Strangers' sockets at the middleware, open until they are closed."""

    def __init__(self) -> None:
        self.inside = 0
        self.door = SlowForStrangers(self._stay)
        self._leave = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def _stay(self, *_: object) -> None:
        self.inside += 1
        await self._leave.wait()
        self.inside -= 1

    async def open(self, address: str) -> bool:
        """Whether this one was let in."""
        before = self.inside
        scope = {"type": "websocket", "headers": [], "client": (address, 50_000)}
        self._tasks.append(asyncio.create_task(self.door(scope, self._receive, self._send)))
        for _ in range(5):
            await asyncio.sleep(0)
        return self.inside > before

    async def _receive(self) -> dict[str, object]:
        return {"type": "websocket.connect"}

    async def _send(self, message: object) -> None:
        assert message == {"type": "websocket.close", "code": strangers.TRY_LATER}

    async def close(self) -> None:
        self._leave.set()
        await asyncio.gather(*self._tasks)
