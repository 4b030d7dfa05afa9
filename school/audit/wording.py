"""An event of the audit log in plain words: what was done, to what, and what is different since."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from school.audit import events

WHAT = {
    events.USER_ADDED: "Added a user",
    events.USER_CHANGED: "Changed a user",
    events.USER_DISABLED: "Disabled a user",
    events.USER_ENABLED: "Let a user in again",
    events.USER_ROLES_CHANGED: "Changed roles",
    events.PASSWORD_CHANGED: "Changed the own password",
    events.PASSWORD_RESET: "Gave a new password",
    events.SECOND_FACTOR_SET_UP: "Set up a second factor",
    events.SECOND_FACTOR_REMOVED: "Removed a second factor",
    events.SECOND_FACTOR_REQUIRED: "Changed who needs a second factor",
    events.RECOVERY_CODES_MADE: "Made new recovery codes",
    events.RECOVERY_CODE_USED: "Used a recovery code",
    events.SIGN_INS_ENDED: "Ended sign-ins",
    events.CODE_MADE: "Made a code to choose a password",
    events.CODE_REVOKED: "Took a code back",
    events.CODE_USED: "Chose a password with a code",
    events.SCHOOL_MADE: "Opened the books",
    events.SCHOOL_CHANGED: "Changed the school",
    events.YEAR_ADDED: "Added a school year",
    events.YEAR_CHANGED: "Changed a school year",
    events.YEAR_TURNED: "Moved students to the next year",
    events.CLASS_ADDED: "Added a class",
    events.CLASS_CHANGED: "Changed a class",
    events.STUDENT_ADDED: "Added a student",
    events.STUDENT_CHANGED: "Changed a student",
    events.GUARDIAN_CHANGED: "Changed a guardian",
    events.FAMILIES_JOINED: "Joined families",
    events.FAMILY_PAYERS_CHANGED: "Changed who pays for a family",
    events.POLICIES_CHANGED: "Changed limits and fees",
    events.ACCOUNT_ADDED: "Added an account",
    events.APPROVAL_ASKED: "Asked for approval",
    events.APPROVAL_DECIDED: "Decided what was asked for",
    events.SCHEME_ADDED: "Added a concession scheme",
    events.SCHEME_CHANGED: "Changed a concession scheme",
    events.GRANT_REQUESTED: "Granted or asked for a concession",
    events.GRANT_APPROVED: "Approved a concession",
    events.GRANT_REFUSED: "Refused a concession",
    events.GRANT_ENDED: "Ended a concession",
    events.GRANT_GIVEN: "Gave a concession at once",
    events.LATE_FEE_RULE_ADDED: "Added a rule for late fees",
    events.LATE_FEE_RULE_CHANGED: "Changed a rule for late fees",
    events.LATE_FEE_WAIVED: "Waived a late fee",
    events.FEE_HEAD_SET: "Set a fee head",
    events.FEE_SET: "Set a fee",
    events.PLAN_SET: "Set an instalment plan",
    events.OPTION_CHOSEN: "Chose an option for a student",
    events.OPTION_ENDED: "Ended an option of a student",
    events.RUN_BEGUN: "Began a run",
    events.RUN_FINISHED: "Finished a run",
    events.RUN_UNDONE: "Took a run back",
    events.PERIOD_LOCKED: "Closed a period, or opened it again",
    events.CASH_UP_COUNTED: "Counted a till",
    events.CASH_UP_SIGNED: "Signed a cash-up",
    events.DEPOSIT_MADE: "Made a deposit slip",
    events.DAY_CLOSED: "Closed a day",
    events.ACCOUNT_CHANGED: "Changed an account",
    events.SERIES_CHANGED: "Changed how documents are numbered",
    events.FILE_IMPORTED: "Imported a file",
    events.LETTERS_WRITTEN: "Wrote letters",
    events.LETTER_CANCELLED: "Cancelled a letter",
    events.REMINDER_WORDS_CHANGED: "Changed the words of a reminder",
    events.PERSON_ERASED: "Erased personal data",
    events.BOOKS_VERIFIED: "Recomputed the books",
    events.TOTALS_REBUILT: "Summed every total again",
}
_ABBREVIATED = {
    "admission_no": "admission number",
    "full_name": "name in full",
    "share_bp": "share",
    "cap_bp": "cap",
    "rate_bp_a_year": "interest a year",
    "flat": "fee",
    "amount_minor": "amount",
    "head": "fee head",
}


def what(event: str) -> str:
    """`Changed roles`; an event this program has no words for is named as it is kept."""
    return WHAT.get(event, event)


def to_what(subject: str, names: Mapping[str, str]) -> str:
    """`Amina Otieno`, as `names` has the subject, else `student 17`."""
    return names.get(subject) or subject.replace(":", " ").replace("_", " ")


def difference(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """`roles: finance → finance, head; notes: late → nothing`; what stayed the same is left out."""
    was, is_now = before or {}, after or {}
    shown = []
    for name in [*was, *(name for name in is_now if name not in was)]:
        old, new = _value(was.get(name)), _value(is_now.get(name))
        if old == new:
            continue
        label = _ABBREVIATED.get(name, name.removesuffix("_id").replace("_", " "))
        shown.append(f"{label}: {old} → {new or 'nothing'}" if old else f"{label}: {new}")
    return "; ".join(shown)


def _value(value: Any) -> str:
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(filter(None, (_value(part) for part in value.values())))
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (_value(part) for part in value)))
    return " ".join(str(value).split())
