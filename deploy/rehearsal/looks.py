"""What a browser sees of the site: headers, files, cookies, how much comes over the line."""

from __future__ import annotations

import http.client
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from deploy.rehearsal.places import Places


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def get(origin: str, path: str, *, method: str = "GET", **headers: str) -> Answer:
    address = urlsplit(origin)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.netloc, timeout=30)
    try:
        connection.request(
            method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer = connection.getresponse()
        return Answer(answer.status, answer.msg, answer.read())
    finally:
        connection.close()


def outside(places: Places) -> list[str]:
    """What is not as it should be, seen without signing in."""
    site, wrong = places.site, []

    def expect(what: str, holds: object) -> None:
        if not holds:
            wrong.append(what)

    plain = get(f"http://localhost:{places.ports[3]}", "/students")
    expect("who comes without https is led to it", plain.headers["Location"] == f"{site}/students")
    page = get(site, "/")
    cookies = page.headers.get_all("Set-Cookie") or []
    expect("the page is there", page.status == 200)
    expect(
        "the page tells browsers to stay with https, once",
        page.headers.get_all("Strict-Transport-Security") == ["max-age=31536000"],
    )
    expect(
        "every cookie is Secure and HttpOnly",
        cookies and all("Secure" in one and "HttpOnly" in one for one in cookies),
    )
    expect("a browser is told its process", any(one.startswith("school_route=") for one in cookies))
    script = next(word for word in page.body.decode().split('"') if word.endswith(".js")).lstrip("./")
    file = get(site, f"/{script}", Accept_Encoding="gzip")
    expect("a script comes compressed", file.headers["Content-Encoding"] == "gzip")
    expect("a script is kept for a year", "immutable" in (file.headers["Cache-Control"] or ""))
    expect("a file that is not there is not there", get(site, "/static/../nginx.conf").status in (400, 404))
    foreign = get(site, "/healthz", Host="elsewhere.example")
    expect("another name is not answered", foreign.status >= 400)
    claimed = get(site, "/", method="POST", X_Forwarded_For="192.0.2.7")
    expect("nothing is sent to the page itself", claimed.status >= 400)
    return wrong


def moves_over(places: Places) -> list[str]:
    """A browser whose process is away is answered by the other one, and then told to stay there."""
    answer = get(places.site, "/healthz", Cookie="school_route=1")
    said = [one for one in answer.headers.get_all("Set-Cookie") or [] if one.startswith("school_route=")]
    return (
        []
        if answer.status == 200 and said == ["school_route=2; Path=/; Secure; HttpOnly; SameSite=Lax"]
        else [f"process 1 is away: {answer.status} {said}"]
    )


def first_visit(origin: str) -> tuple[int, int] | None:
    """Bytes over the line and files of a first visit in Chromium; None where the driver is not installed."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    sizes: list[int] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=os.environ.get("SCHOOL_CHROMIUM") or "/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = browser.new_context(ignore_https_errors=True).new_page()
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
        page.goto(origin)
        page.get_by_role("textbox", name="Password").wait_for(timeout=60_000)
        page.wait_for_timeout(1500)
        browser.close()
    return sum(sizes), len(sizes)


def signs_in(origin: str, name: str, password: str) -> list[str] | None:
    """What is wrong with a sign-in in Chromium; None where the driver is not installed."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=os.environ.get("SCHOOL_CHROMIUM") or "/usr/bin/chromium", args=["--no-sandbox"]
        )
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(origin)
        page.get_by_label("User name").fill(name)
        page.get_by_role("textbox", name="Password").fill(password)
        page.get_by_role("textbox", name="Password").press("Enter")
        page.get_by_role("button", name="Sign out").wait_for(timeout=60_000)
        page.wait_for_timeout(1000)
        found = {one["name"]: one for one in context.cookies()}
        browser.close()
    held = next((one for name_, one in found.items() if name_.endswith("school_sign_in")), None)
    if held is None:
        return [f"no sign-in cookie among {sorted(found)}"]
    fine = held["secure"] and held["httpOnly"] and held["sameSite"] == "Strict"
    return [] if fine else [f"the cookie of the sign-in is {held}"]
