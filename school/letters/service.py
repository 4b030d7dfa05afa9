"""Letters written, cancelled and sent again; the words of the reminders. Sending is the outbox's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.audit import events
from school.audit import service as audit
from school.db import add_rows, among
from school.errors import BadInput, RuleBroken
from school.ledger.posting import REQUEST_ID_LENGTHS, authorise
from school.letters import queries, rules
from school.letters.models import Letter, ReminderStage
from school.letters.rules import Stage
from school.settings import settings
from school.students.models import Guardian

How = Literal["email", "print", "rehearse"]
CAPABILITY = "letters.send"
NO_MAIL = (
    "E-mail is not set up on this machine: an administrator names the mail server in the settings. "
    "Letters can be printed."
)
STATE_OF = {"email": "waiting", "print": "printed", "rehearse": "waiting"}
CANCELLABLE = ("waiting", "printed")
SENT_AGAIN = ("sent", "failed", "cancelled")


@dataclass(frozen=True)
class NewLetter:
    """`details` says which document: what `delivery` needs to draw it."""

    request_id: str
    kind: str
    family_id: int
    to_name: str
    to_address: str
    subject: str
    body: str
    details: Mapping[str, Any] = field(default_factory=dict)
    stage: int | None = None
    student_id: int | None = None
    guardian_id: int | None = None


@dataclass(frozen=True)
class Written:
    """What a press brought about: letters that are new, that it had written before, and that it could not
    write because nobody of the family has an e-mail address, or because they are not due any more.
    """

    new: int
    already: int = 0
    without_address: int = 0
    not_due: int = 0


def may_write(session: Session, actor: Actor, how: How) -> None:
    """Asks whether this actor may write letters now. Raises RuleBroken where no mail can be sent."""
    authorise(session, actor, CAPABILITY)
    if how == "email" and not settings().sends_mail:
        raise RuleBroken(NO_MAIL)


def write(session: Session, actor: Actor, letters: Sequence[NewLetter], how: How) -> Written:
    """Adds the letters that no request has added before; the caller has asked `may_write`."""
    before = _requests(session, [letter.request_id for letter in letters])
    new = [letter for letter in letters if letter.request_id not in before]
    ids = add_rows(session, Letter, [_row(actor, letter, how) for letter in new])
    if ids:
        audit.record(
            session,
            actor=actor,
            event=events.LETTERS_WRITTEN,
            subject=f"letter:{ids[0]}",
            after={
                "kind": new[0].kind,
                "how": how,
                "letters": len(ids),
                "last_letter": ids[-1],
                "families": [letter.family_id for letter in new[:10]],  # no names: whose go, go here too
            },
        )
    return Written(new=len(ids), already=len(before))


def _requests(session: Session, request_ids: Sequence[str]) -> set[str]:
    for request_id in request_ids:
        if len(request_id) not in REQUEST_ID_LENGTHS or not (
            request_id.isascii() and request_id.isprintable()
        ):
            raise BadInput("This form has lost its request id. Open the page anew and enter it again.")
    return set(session.scalars(select(Letter.request_id).where(among(Letter.request_id, request_ids))))


def _row(actor: Actor, letter: NewLetter, how: How) -> dict[str, Any]:
    now = clock.now()
    printed = how == "print"
    address = "" if printed else rules.checked_address(letter.to_address)
    return {
        **vars(letter),
        "to_name": rules.checked_name(letter.to_name),
        "to_address": address,
        "subject": rules.one_line(letter.subject),
        "body": rules.paragraphs(letter.body),
        "details": dict(letter.details),
        "rehearsal": how == "rehearse",
        "state": STATE_OF[how],
        "tries": 0,
        "next_try_at": None if printed else now,
        "sent_at": now if printed else None,
        "at": now,
        "actor_id": actor.user_id,
        "actor": actor.name,
    }


def cancel(session: Session, *, actor: Actor, letter_id: int) -> None:
    """A letter that waits is not sent; one that was printed counts as never written.

    Raises RuleBroken for one that is on its way or has arrived where it can.
    """
    authorise(session, actor, CAPABILITY)
    found = queries.letter(session, letter_id)
    if found.state == "cancelled":
        return
    if found.state not in CANCELLABLE:
        raise RuleBroken(f"This letter is {found.state} and cannot be cancelled any more.")
    session.execute(
        update(Letter)
        .where(Letter.id == letter_id)
        .values(state="cancelled", next_try_at=None, error=f"Cancelled by {actor.name}.")
    )
    audit.record(
        session,
        actor=actor,
        event=events.LETTER_CANCELLED,
        subject=f"letter:{letter_id}",
        before={"state": found.state},
        after={"state": "cancelled"},
    )


def send_again(
    session: Session, *, actor: Actor, request_id: str, letter_id: int, how: How = "email"
) -> Written:
    """A new letter that says the same, to the guardian's present address. What failed is sent again once,
    under its first name, so that a mailbox which did get it shows it once.
    """
    may_write(session, actor, how)
    old = queries.letter(session, letter_id)
    if old.rehearsal or old.state not in SENT_AGAIN:
        raise RuleBroken("Only a letter that was sent, failed or was cancelled can be sent again.")
    guardian = session.get(Guardian, old.guardian_id) if old.guardian_id else None
    address = (guardian.email if guardian else "") or old.to_address
    if not address and how != "print":
        raise RuleBroken(f"{old.to_name} has no e-mail address.")
    failed = old.state == "failed"
    details = {**old.details, "again": old.id}
    details |= {"name": old.details.get("name", old.request_id)} if failed else {"name": request_id}
    new = NewLetter(
        request_id=f"again:{old.id}:{old.request_id}"[:100] if failed else request_id,
        kind=old.kind,
        family_id=old.family_id,
        to_name=old.to_name,
        to_address=address,
        subject=old.subject,
        body=old.body,
        details=details,
        stage=old.stage,
        student_id=old.student_id,
        guardian_id=old.guardian_id,
    )
    return write(session, actor, [new], how)


def save_stage(session: Session, *, actor: Actor, stage: Stage) -> bool:
    """Keeps the words and days of one reminder; False when nothing is different. Raises BadInput."""
    authorise(session, actor, CAPABILITY)
    stages = queries.stages(session)
    after = rules.checked_stage(stage, stages)
    before = next(kept for kept in stages if kept.stage == after.stage)
    if after == before:
        return False
    session.merge(ReminderStage(**vars(after)))
    audit.record(
        session,
        actor=actor,
        event=events.REMINDER_WORDS_CHANGED,
        subject=f"reminder_stage:{after.stage}",
        before=vars(before),
        after=vars(after),
    )
    return True
