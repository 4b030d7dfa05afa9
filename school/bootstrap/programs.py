"""The programs the tests need that no Python lock can bring: Chromium, hledger, nginx, openssl."""

from __future__ import annotations

import os
import shutil
import subprocess

from school.bootstrap.environment import TAIL_LINES, say
from school.bootstrap.trouble import Trouble

PACKAGES = {"hledger": "hledger", "nginx": "nginx-light", "openssl": "openssl"}  # of Debian, by the program
ALSO_IN = "/usr/sbin"  # which not everybody's path names
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def provide(*, browser: bool) -> None:
    """Afterwards all are there, and `SCHOOL_CHROMIUM` is the path of the browser; else Trouble says how."""
    missing = _missing(browser)
    if missing and _may_install():
        _install(missing)
        missing = _missing(browser)
    if missing:
        raise Trouble(_how_to_get(missing))
    if browser:
        os.environ["SCHOOL_CHROMIUM"] = str(chromium())


def chromium() -> str | None:
    """The path of the browser, named by `SCHOOL_CHROMIUM` or found by its usual names."""
    named = os.environ.get("SCHOOL_CHROMIUM")
    if not named:
        return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if shutil.which(named) is None:
        raise Trouble(f"SCHOOL_CHROMIUM names {named}, which is no program here: correct it or unset it.")
    return shutil.which(named)


def _missing(browser: bool) -> list[str]:
    missing = [package for name, package in PACKAGES.items() if not _is_there(name)]
    if browser and chromium() is None:
        missing.insert(0, "chromium")
    return missing


def _is_there(name: str) -> bool:
    return any(shutil.which(name, path=path) for path in (None, ALSO_IN))


def _may_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(packages: list[str]) -> None:
    say(f"Installing {_listed(packages)} with apt-get, because the tests need them …")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "--quiet"],
        ["apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            for line in (done.stdout + done.stderr).splitlines()[-TAIL_LINES:]:
                say(f"  {line}")
            raise Trouble(f"{command[0]} {command[1]} failed with the lines above. {_how_to_get(packages)}")


def _how_to_get(missing: list[str]) -> str:
    sentence = (
        f"The tests need {_listed(missing)}, not found here: install with your system's package manager "
        f"(on Debian: sudo apt-get install {' '.join(missing)})"
    )
    if "chromium" in missing:
        sentence += ", or name a Chromium in SCHOOL_CHROMIUM, or leave the browser out with --without-browser"
    return sentence + "."


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
