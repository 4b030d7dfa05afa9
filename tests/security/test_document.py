"""What docs/security.md says is so: its numbers are the code's, its list is whole, its tests exist."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from school.access import gate, invitations, passwords, second_factors, sign_ins
from school.access import rules as access
from school.errors import BadInput
from school.settings import ROOT, Settings
from school.ui import strangers
from school.ui.middleware import NamedBrowsers

DOCUMENT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
BITS_OF_A_CODE_GROUP = 20
VERDICTS = {"met", "in part", "not met", "not applicable"}
LEVELS_1_AND_2 = {
    *(f"6.1.{n}" for n in range(1, 4)),
    *(f"6.2.{n}" for n in range(1, 13)),
    *(f"6.3.{n}" for n in range(1, 5)),
    *(f"6.4.{n}" for n in range(1, 5)),
    *(f"6.5.{n}" for n in range(1, 6)),
    *(f"6.6.{n}" for n in range(1, 4)),
    *(f"6.8.{n}" for n in range(1, 5)),
    *(f"7.1.{n}" for n in range(1, 4)),
    *(f"7.2.{n}" for n in range(1, 5)),
    *(f"7.3.{n}" for n in range(1, 3)),
    *(f"7.4.{n}" for n in range(1, 6)),
    *(f"7.5.{n}" for n in range(1, 3)),
    *(f"7.6.{n}" for n in range(1, 3)),
    *("8.1.1", "8.1.2", "8.2.1", "8.2.2", "8.2.3", "8.3.1", "8.4.1"),
}


def default(name: str) -> int:
    return int(Settings.model_fields[name].default)


def whole(time: timedelta, unit: timedelta) -> int:
    assert not time % unit
    return time // unit


def numbers() -> dict[str, str]:
    """What the code does, in the words of the document."""
    second, minute, hour = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
    invitation_bits = invitations.GROUPS * BITS_OF_A_CODE_GROUP
    recovery_bits = second_factors.RECOVERY_GROUPS * BITS_OF_A_CODE_GROUP
    return {
        "shortest password": f"{passwords.LENGTH_MIN} characters",
        "longest password": f"{passwords.BYTES_MAX} bytes",
        "weakest password, zxcvbn's score": f"{passwords.STRENGTH_MIN} of 4",
        "bcrypt cost": f"{passwords.ROUNDS}",
        f"free attempts by name, within {whole(sign_ins.BY_NAME_SINCE, hour)} hours": (
            f"{access.WRONG_BY_NAME_FREE}"
        ),
        f"free attempts by address, within {whole(sign_ins.BY_ADDRESS_SINCE, hour)} hour": (
            f"{access.WRONG_BY_ADDRESS_FREE}"
        ),
        "first wait": f"{whole(access.FIRST_WAIT, second)} seconds",
        "longest wait": f"{whole(access.LONGEST_WAIT, minute)} minutes",
        "callers in line before the gate": f"{gate.WAITING_MAX}",
        "strangers' messages": f"{1 / strangers.EACH_S:g} a second, after the first {strangers.FIRST_FEW}",
        "strangers' sockets open": f"{strangers.OPEN_MAX}, from one address {strangers.OPEN_BY_ADDRESS_MAX}",
        "strangers' largest message": f"{strangers.MESSAGE_BYTES_MAX // 1024} KiB",
        "answer to who is turned away, after": f"{strangers.TURNED_AWAY_AFTER_S} seconds",
        "ticket": f"{whole(sign_ins.TICKET_LIFE, second)} seconds",
        "sign-in idle": f"{default('idle_minutes_max')} minutes",
        "sign-in at most": f"{default('sign_in_hours_max')} hours",
        "last use written at most every": f"{whole(sign_ins.SEEN_EVERY, minute)} minutes",
        "invitation or reset code": f"{default('invitation_hours_max')} hours, {invitation_bits} bits",
        "authenticator code accepted early or late": f"{second_factors.DRIFT_STEPS} step of 30 seconds",
        "recovery codes": f"{second_factors.RECOVERY_CODES} of {recovery_bits} bits",
        "name of a browser kept": f"{NamedBrowsers.KEPT_S // (24 * 3600)} days",
    }


def section(title: str) -> str:
    return DOCUMENT.split(f"{title}\n", 1)[1].split("\n## ", 1)[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_number_of_the_document_is_the_codes_and_none_is_missing() -> None:
    assert dict(rows("## Numbers")) == numbers()


def test_every_requirement_of_levels_one_and_two_has_a_row_and_a_verdict() -> None:
    table = rows("## OWASP ASVS 5.0, levels 1 and 2")

    assert [row[0] for row in table] == sorted(LEVELS_1_AND_2, key=lambda n: [int(p) for p in n.split(".")])
    assert {row[2] for row in table} <= VERDICTS
    assert not [row[0] for row in table if not row[3]]


def test_every_file_the_document_names_is_there() -> None:
    named = set(re.findall(r"\b(?:tests|school|docs|pages)/[\w/]+\.(?:py|md)", DOCUMENT))

    assert named
    assert not [path for path in named if not (ROOT / path).is_file()]


def test_the_words_of_the_place_are_those_the_document_lists() -> None:
    listed = section("### Words no password is made of").split("place:", 1)[1].split(".", 1)[0]

    assert tuple(word.strip() for word in listed.replace("\n", " ").split(",")) == passwords.CONTEXT_WORDS


@pytest.mark.parametrize(
    "typed",
    ["finance1receipt", "feesledger", "headteacher1", "bursaroffice", "Administrator2026", "tuitionpayment"],
)
def test_a_password_made_of_the_words_of_the_place_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match="easy to guess"):
        passwords.check_new(typed)


def test_the_passwords_most_used_are_refused() -> None:
    long_enough = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= passwords.LENGTH_MIN]

    assert f"{len(long_enough):,} of them" in DOCUMENT
    for word in long_enough:
        with pytest.raises(BadInput):
            passwords.check_new(word)
