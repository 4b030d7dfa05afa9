"""Mistakes people make, and the sentence each one answers with.

    SchoolError
    ├── BadInput            something typed cannot be used; `field` names where it was typed
    │   ├── BadAmount
    │   ├── BadDate
    │   └── BadFile
    ├── RuleBroken          the books refuse it
    │   ├── AlreadyDecided
    │   ├── AlreadyReversed
    │   ├── NeedsApproval   of a second person, because it is above a limit
    │   ├── PeriodLocked
    │   ├── RequestReused
    │   └── TooMuch
    ├── NotAllowed          the signed-in person may not do this
    │   └── SignInNeeded
    ├── NotFound
    └── Unavailable         the database cannot answer now
        └── ReadOnly        it answers, but takes nothing: a full disk, a file or server set to read only

A page catches `SchoolError` and shows it beside the field; anything else is a bug.
"""

from __future__ import annotations


class SchoolError(Exception):
    """One kind sentence for the person at the screen; `field` is the widget key it belongs to, or None."""

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class BadInput(SchoolError):
    pass


class BadAmount(BadInput):
    pass


class BadDate(BadInput):
    pass


class BadFile(BadInput):
    pass


class RuleBroken(SchoolError):
    pass


class AlreadyDecided(RuleBroken):
    pass


class AlreadyReversed(RuleBroken):
    pass


class NeedsApproval(RuleBroken):
    pass


class PeriodLocked(RuleBroken):
    pass


class RequestReused(RuleBroken):
    """The request id already names another fact; `entry_id` is that entry."""

    def __init__(self, sentence: str, *, entry_id: int, field: str | None = None) -> None:
        super().__init__(sentence, field=field)
        self.entry_id = entry_id


class TooMuch(RuleBroken):
    pass


class NotAllowed(SchoolError):
    pass


class SignInNeeded(NotAllowed):
    def __init__(self) -> None:
        super().__init__("You have been signed out. Sign in again to go on.")


class NotFound(SchoolError):
    pass


class Unavailable(SchoolError):
    pass


class ReadOnly(Unavailable):
    """The books can be read but not written; `cause` is why, as half a sentence."""

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"The books can be read but not written at this moment, because {cause}. "
            "Nothing was recorded; what you typed stands here. Tell your administrator."
        )
        self.cause = cause


def kinds(of: type[SchoolError]) -> set[type[SchoolError]]:
    """It, and every kind of it above."""
    return {of, *(kind for direct in of.__subclasses__() for kind in kinds(direct))}
