"""Whether the way from the browsers to the program is safe: https, names, addresses, the port."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from collections.abc import Iterator

from school.checks.findings import named
from school.checks.place import Place, Wrong

HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[?[0-9a-f:]+\]?")
ANSWERS_WITHIN_S = 3
TRUSTED = "FORWARDED_ALLOW_IPS"


def https(place: Place) -> Iterator[Wrong]:
    if place.settings.https or not (place.is_public or place.listens_to_others):
        return
    yield Wrong(
        "https",
        "SCHOOL_HTTPS is not true: cookies go without https too, and browsers are not told to stay with it.",
    )


def hosts(place: Place) -> Iterator[Wrong]:
    names = place.settings.allowed_hosts
    if "*" in names and (place.is_public or place.listens_to_others):
        yield Wrong("allowed_hosts", "The program answers under any name: SCHOOL_ALLOWED_HOSTS is not set.")
    strange = [name for name in names if name != "*" and not HOST.fullmatch(name.lower())]
    if strange:
        yield Wrong("allowed_hosts", f"SCHOOL_ALLOWED_HOSTS holds what is no host name: {named(strange)}.")


def forwarded(place: Place) -> Iterator[Wrong]:
    trusted = place.environment.get(TRUSTED, "").strip()
    if "*" in trusted.split(","):
        yield Wrong("forwarded", f"{TRUSTED} is *: everybody is believed to be whatever address they claim.")
    if place.is_public and place.listens_to_others and not trusted:
        yield Wrong(
            "address",
            f"The program listens on {place.settings.address}, not only on this machine, and {TRUSTED} "
            "names no proxy.",
        )


def port(place: Place) -> Iterator[Wrong]:
    """Taken by another program. Our own, at work, is known by what it answers."""
    address, number = place.settings.address, place.settings.port
    if _is_free(address, number) or _answers_as_ours(address, number):
        return
    yield Wrong("port", f"Port {number} on {address} is in use by another program.")


def _is_free(address: str, number: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, number))
        except OSError:
            return False
    return True


def _answers_as_ours(address: str, number: int) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address, address)  # noqa: S104 - where to ask, not to listen
    try:
        with urllib.request.urlopen(f"http://{host}:{number}/healthz", timeout=ANSWERS_WITHIN_S) as answer:
            return "status" in json.loads(answer.read(1_000))
    except (OSError, ValueError, TypeError):
        return False
