"""Who is reminded when, what a letter says, and when one that did not go through is tried again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256

from school import languages
from school.access.rules import email_address
from school.errors import BadInput
from school.languages import Language, later, unmarked

REMINDERS = (1, 2, 3)
STAGE_NAMES = {1: "First reminder", 2: "Second reminder", 3: "Last reminder"}
DAYS_OVERDUE_MAX = 999
SUBJECT_LENGTH_MAX = 150
BODY_LENGTH_MAX = 2_000
NAME_LENGTH_MAX = 200

RETRY_AFTER = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)),
    *(timedelta(hours=hours) for hours in (3, 6, 12)),
)
TRIES_MAX = len(RETRY_AFTER) + 1
HANDING_OVER = timedelta(minutes=15)  # longer than every wait for a mail server together

PLACEHOLDERS = {
    "guardian": "whom the letter is to",
    "family": "the family account",
    "students": "the children with something overdue",
    "amount": "what is overdue in all",
    "since": "when the oldest of it was due",
    "days": "how many days ago that was",
    "pay_by": "the day it is expected by",
    "school": "the school",
}
JOINERS, HARD_SPACES = "\u200c\u200d", "\u00a0\u202f"
_GAPS = re.compile(rf"[^\S{HARD_SPACES}]+")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Stage:
    """What one reminder says, and how many days overdue a debt is when it is meant."""

    stage: int
    days_overdue: int
    subject: str
    body: str


DEFAULT_STAGES = (
    Stage(
        1,
        7,
        later("A reminder from {school}: {amount} is overdue"),
        later(
            "Dear {guardian},\n\nperhaps it was overlooked: {amount} for {students} has been due since "
            "{since}. What it is for is listed with this letter. Please pay by {pay_by}.\n\nIf you have paid "
            "in the meantime, thank you: please disregard this letter. If something stands in the way, talk "
            "to us.\n\n{school}"
        ),
    ),
    Stage(
        2,
        21,
        later("Second reminder from {school}: {amount} is overdue"),
        later(
            "Dear {guardian},\n\nwe wrote to you before: {amount} for {students} has been overdue for {days} "
            "days. What it is for is listed with this letter. Please pay by {pay_by}, or call us so that we "
            "can agree on how.\n\n{school}"
        ),
    ),
    Stage(
        3,
        45,
        later("Last reminder from {school}: {amount} is overdue"),
        later(
            "Dear {guardian},\n\ntwo reminders were not answered: {amount} for {students} is still open, the "
            "oldest of it since {since}. This is our last reminder. What it is for is listed with this "
            "letter. Please pay by {pay_by}; after that the school will decide what follows.\n\n{school}"
        ),
    ),
)


def stages_in(language: Language) -> list[Stage]:
    """What the reminders say where the school has not said it in words of its own."""
    return [
        replace(stage, subject=language.say(stage.subject), body=language.say(stage.body))
        for stage in DEFAULT_STAGES
    ]


def in_language(stage: Stage, language: Language) -> Stage:
    """A reminder whose words are ours, in whatever language they were kept, says them in this one."""
    ours = DEFAULT_STAGES[stage.stage - 1]
    for one in map(languages.of, languages.codes()):
        if (stage.subject, stage.body) == (one.say(ours.subject), one.say(ours.body)):
            return replace(stage, subject=language.say(ours.subject), body=language.say(ours.body))
    return stage


def next_stage(
    stages: Sequence[Stage], oldest_due: date, today: date, last: tuple[int, date] | None
) -> int | None:
    """The reminder a family is due today, or None: each stage follows the one before it, in its own time.

    `last` is the last reminder (stage, day) it was written. What was overdue then and is still open goes on
    from there; a debt that came up later begins anew.
    """
    before, written_on = last or (0, date.min)
    if oldest_due >= written_on:
        before = 0
    if before == REMINDERS[-1]:
        return None
    days = {stage.stage: stage.days_overdue for stage in stages}
    wanted = before + 1
    if (today - oldest_due).days < days[wanted]:
        return None
    if before and (today - written_on).days < days[wanted] - days[before]:
        return None
    return wanted


def unknown_placeholders(text: str) -> list[str]:
    return [name for name in _PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced; what a value holds is never taken for a placeholder."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def checked_stage(stage: Stage, stages: Sequence[Stage]) -> Stage:
    """The stage as it may be kept beside the others. Raises BadInput with the field."""
    if stage.stage not in REMINDERS:
        raise BadInput("There are three reminders.")
    if not 1 <= stage.days_overdue <= DAYS_OVERDUE_MAX:
        raise BadInput(f"Type a number of days from 1 to {DAYS_OVERDUE_MAX}.", field="days")
    for other in stages:
        if (other.stage < stage.stage and other.days_overdue >= stage.days_overdue) or (
            other.stage > stage.stage and other.days_overdue <= stage.days_overdue
        ):
            order = "more" if other.stage < stage.stage else "fewer"
            raise BadInput(
                f"Each reminder comes later than the one before: type {order} than {other.days_overdue}, "
                f"which is when the {STAGE_NAMES[other.stage].lower()} is meant.",
                field="days",
            )
    subject = _checked_words(one_line(stage.subject), SUBJECT_LENGTH_MAX, "subject")
    body = _checked_words(paragraphs(stage.body), BODY_LENGTH_MAX, "body")
    return Stage(stage.stage, stage.days_overdue, subject, body)


def _checked_words(text: str, most: int, field: str) -> str:
    if not text:
        raise BadInput("Type what the letter says.", field=field)
    if len(text) > most:
        raise BadInput(f"Type at most {most:,} characters.", field=field)
    if unknown := unknown_placeholders(text):
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise BadInput(f"There is no placeholder {{{unknown[0]}}}. These are known: {known}.", field=field)
    return text


def one_line(text: str) -> str:
    return _GAPS.sub(" ", unmarked(text)).strip()


def paragraphs(text: str) -> str:
    """The text with one kind of line end and none of the other control characters."""
    lines = unmarked(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(filter(_may_stand, line)).rstrip() for line in lines).strip()


def _may_stand(c: str) -> bool:
    """Many scripts need a joiner within a word, and some numbers a space that does not break."""
    return c.isprintable() or c in JOINERS + HARD_SPACES


def checked_name(name: str, *, field: str = "name") -> str:
    """Raises BadInput for a name that would break out of its line of the letter's head."""
    if not all(map(_may_stand, name)) or len(name) > NAME_LENGTH_MAX:
        raise BadInput("The name of whom the letter is to must be one line of plain text.", field=field)
    return name.strip()


def checked_address(address: str, *, field: str = "address") -> str:
    """Raises BadInput for what is no single e-mail address."""
    if not address.isprintable():
        raise BadInput("An e-mail address is one line of plain text.", field=field)
    kept = email_address(address, field=field)
    if not kept:
        raise BadInput("Type the e-mail address this goes to.", field=field)
    return kept


def retry_after(tries: int) -> timedelta | None:
    """How long after so many tries a letter is tried again; None when it is given up."""
    return RETRY_AFTER[tries - 1] if tries <= len(RETRY_AFTER) else None


def message_id(letter_request: str, sender: str) -> str:
    """The same for every try of one letter, so that a mailbox that gets it twice shows it once."""
    domain = sender.rpartition("@")[2].rstrip(">") or "localhost"
    return f"<letter.{sha256(letter_request.encode()).hexdigest()[:32]}@{domain}>"


def receipt_words(
    language: Language, *, document: str, amount: str, guardian: str, school: str
) -> tuple[str, str]:
    """(subject, body) of an e-mail with a receipt."""
    said = language.say(
        "thank you for your payment of {amount}. The receipt {document} is attached.",
        amount=amount,
        document=document,
    )
    subject = language.say("Receipt {document} from {school}", document=document, school=school)
    return subject, _letter(language, guardian, said, school)


def statement_words(
    language: Language, *, family: str, period: str, guardian: str, school: str
) -> tuple[str, str]:
    said = language.say(
        "the statement of account of the family {family}, {period}, is attached. "
        "If anything in it is not as you know it, please talk to us.",
        family=family,
        period=period,
    )
    subject = language.say("Statement of account from {school}", school=school)
    return subject, _letter(language, guardian, said, school)


def statement_period(language: Language, since: date | None, until: date) -> str:
    last = language.long_day(until)
    if since is None:
        return language.say("to {until}", until=last)
    return language.say("{since} to {until}", since=language.long_day(since), until=last)


def invoice_words(
    language: Language, *, student: str, term: str, guardian: str, school: str
) -> tuple[str, str]:
    said = language.say("the invoice for {student}, {term}, is attached.", student=student, term=term)
    subject = language.say("Invoice for {student} from {school}", student=student, school=school)
    return subject, _letter(language, guardian, said, school)


def _letter(language: Language, guardian: str, said: str, school: str) -> str:
    hello = language.say("Dear {guardian},", guardian=guardian) if guardian else language.say("Good day,")
    return f"{hello}\n\n{said}\n\n{school}"
