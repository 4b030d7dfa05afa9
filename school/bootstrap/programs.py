"""The two programs the tests need that no Python lock can bring: Chromium, and hledger."""

from __future__ import annotations

import os
import shutil
import subprocess

from school.bootstrap.environment import TAIL_LINES, say
from school.bootstrap.trouble import Trouble

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def provide(*, browser: bool) -> None:
    """Afterwards both are there, and `SCHOOL_CHROMIUM` is the path of the browser; else Trouble says how."""
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
    missing = [] if shutil.which("hledger") else ["hledger"]
    if browser and chromium() is None:
        missing.insert(0, "chromium")
    return missing


def _may_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(packages: list[str]) -> None:
    say(f"Installing {' and '.join(packages)} with apt-get, because the tests need them …")
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
        f"The tests need {' and '.join(missing)}, not found here: install with your system's package manager "
        f"(on Debian: sudo apt-get install {' '.join(missing)})"
    )
    if "chromium" in missing:
        sentence += ", or name a Chromium in SCHOOL_CHROMIUM, or leave the browser out with --without-browser"
    return sentence + "."
