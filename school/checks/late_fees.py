"""Late fees held against the record of what each is for, in SQL that both engines read alike."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_DISAGREE = text("""
    SELECT l.id FROM run r JOIN run_entry p ON p.run_id = r.id JOIN line l ON l.entry_id = p.entry_id
      LEFT JOIN late_fee_line f ON f.line_id = l.id
     WHERE r.kind = 'late_fee' AND f.line_id IS NULL
    UNION
    SELECT f.line_id FROM late_fee_line f
      LEFT JOIN line l ON l.id = f.line_id
      LEFT JOIN run_entry p ON p.entry_id = l.entry_id
      LEFT JOIN run r ON r.id = p.run_id AND r.kind = 'late_fee'
      LEFT JOIN line c ON c.id = f.charge_id
     WHERE r.id IS NULL OR r.date <> f.through OR l.amount <> f.flat + f.interest OR c.id IS NULL
        OR c.student_id <> l.student_id OR c.id >= l.id OR c.account = l.account
        OR c.due_date IS NULL OR c.due_date >= f.through
     ORDER BY 1""")


def records(session: Session) -> list[str]:
    """Lines of late-fee runs that no record explains, and records of another amount, day or student."""
    return [f"line {one}" for one in session.scalars(_DISAGREE)]
