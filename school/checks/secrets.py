"""Whether what must stay secret is there, hard to guess, and not out of an example."""

from __future__ import annotations

import re
from collections.abc import Iterator

from school.checks.place import Place, Wrong
from school.settings import Settings

# what stands in examples, in images of databases and in most lists of guesses
EXAMPLES = re.compile(
    r"(please.?)?(change|replace).?(me|this|it)?|.*\bexample\b.*|(the.?)?(secret|password|passphrase|token)|"
    r"postgres(ql)?|school|admin|root|test|demo|default|user|none|x+|\*+|<.*>|\.\.\.|…|"
    r"(six.unrelated.words|password|passphrase|token|secret).(of|from).*",
    re.IGNORECASE,
)
LENGTHS_MIN = {"database_password": 12, "metrics_token": 20, "backup_passphrase": 12}
SCORE_MIN = 3  # zxcvbn's "safely unguessable", of 0 to 4: as for people
CHARACTERS_READ = 72  # more would take zxcvbn long, and make nothing weaker

NAMES = {
    "database_password": "The password in SCHOOL_DATABASE_URL",
    "smtp_password": "SCHOOL_SMTP_PASSWORD",
    "metrics_token": "SCHOOL_METRICS_TOKEN",
    "backup_passphrase": "SCHOOL_BACKUP_PASSPHRASE",
}


def present(place: Place) -> Iterator[Wrong]:
    """Secrets that are missing, too short, or an example's: told at once."""
    url, held = place.database.url, _held(place)
    if url.host and not url.password and not _is_asked_otherwise(place):
        yield Wrong("database_password", "SCHOOL_DATABASE_URL names a server and no password.")
    if place.settings.smtp_user and "smtp_password" not in held:
        yield Wrong("smtp_password", "SCHOOL_SMTP_USER is set, and SCHOOL_SMTP_PASSWORD is not.")
    if getattr(place.settings, "owner_url", None):
        yield Wrong("owner_url", "SCHOOL_OWNER_URL is set where the program runs.")
    if "backup_passphrase" not in held:
        yield Wrong("backups_readable", "Backups are not encrypted.")
    for check, secret in held.items():
        if fault := _fault(check, secret, place):
            yield Wrong(check, f"{NAMES[check]} {fault}.")


def strong(place: Place) -> Iterator[Wrong]:
    """Secrets that a guesser finds soon: takes a moment, for the lists of guesses are long."""
    from zxcvbn import zxcvbn

    for check, secret in _held(place).items():
        if check in LENGTHS_MIN and not _fault(check, secret, place):
            score = zxcvbn(secret[:CHARACTERS_READ], user_inputs=list(_words(place)))["score"]
            if score < SCORE_MIN:
                yield Wrong(check, f"{NAMES[check]} is easy to guess.")


def _held(place: Place) -> dict[str, str]:
    found = {"database_password": place.database.url.password or ""}
    for check in ("smtp_password", "metrics_token", "backup_passphrase"):
        found[check] = _secret(place.settings, check)
    return {check: secret for check, secret in found.items() if secret}


def _secret(settings: Settings, name: str) -> str:
    held = getattr(settings, name, None)
    return held.get_secret_value() if held is not None else ""


def _fault(check: str, secret: str, place: Place) -> str:
    if EXAMPLES.fullmatch(secret) or secret.lower() in _words(place):
        return "is one that stands in examples, or a name of the database itself"
    if len(secret) < LENGTHS_MIN.get(check, 0):
        return f"is shorter than {LENGTHS_MIN[check]} characters"
    return ""


def _words(place: Place) -> set[str]:
    url = place.database.url
    return {word.lower() for word in (url.username, url.database, url.host) if word}


def _is_asked_otherwise(place: Place) -> bool:
    """A password file, a certificate or the machine itself may speak for the program."""
    return bool(place.environment.keys() & {"PGPASSFILE", "PGPASSWORD", "PGSERVICE"}) or (
        bool({"passfile", "service", "sslcert"} & place.database.url.query.keys())
        or (place.home / ".pgpass").exists()
    )
