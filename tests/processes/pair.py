"""Two servers and their proxy: who serves whom, killing one, and bringing it back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from school.db import Database
from school.stability.proxy import COOKIE, Proxy
from tests.journeys import steps
from tests.serving import Site, serving


@dataclass
class Pair:
    """`sites[n]` is the server that a browser with the cookie `route=n` is sent to."""

    sites: list[Site]
    proxy: Proxy

    def as_one_site(self) -> Site:
        """What a browser takes the two for."""
        return replace(self.sites[0], port=self.proxy.port, process=None)

    def both_up(self) -> None:
        for site in self.sites:
            if site.process is None:
                site.start()

    def kill(self, server: int) -> None:
        """As when the machine takes the memory away: nothing is tidied up."""
        self.sites[server].stop(signal.SIGKILL)

    def send_to(self, context: BrowserContext, server: int) -> None:
        """The next request of this browser goes to this server; what is connected stays where it is."""
        context.add_cookies([{"name": COOKIE, "value": str(server), "url": self.proxy.url}])

    def moved_to(self, page: Page, server: int) -> None:
        """Waits until this browser is served by this server and its page is drawn."""
        steps.until(page, lambda: _route(page) == str(server))
        steps.settled(page)


def _route(page: Page) -> str | None:
    return next((cookie["value"] for cookie in page.context.cookies() if cookie["name"] == COOKIE), None)


@contextmanager
def serving_pair(database: Database, folder: Path, **environment: str) -> Iterator[Pair]:
    with ExitStack() as stack:
        sites = []
        for name in ("first", "second"):
            (folder / name).mkdir()
            sites.append(stack.enter_context(serving(database, folder / name, **environment)))
        proxy = stack.enter_context(Proxy([site.port for site in sites]))
        yield Pair(sites, proxy)
