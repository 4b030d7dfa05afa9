"""What is recorded of runs held against their entries, in SQL that both engines read alike."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_DISAGREE = text("""
    SELECT r.id FROM run r LEFT JOIN (
           SELECT p.run_id, COUNT(DISTINCT p.student_id) AS students, COUNT(*) AS entries,
                  SUM(e.total) AS total, COUNT(u.id) AS reversed
             FROM run_entry p JOIN entry e ON e.id = p.entry_id LEFT JOIN entry u ON u.reverses = p.entry_id
            GROUP BY p.run_id) c ON c.run_id = r.id
     WHERE r.students <> COALESCE(c.students, 0) OR r.entries <> COALESCE(c.entries, 0)
        OR r.total <> COALESCE(c.total, 0) OR r.reversed <> COALESCE(c.reversed, 0)
     ORDER BY r.id""")


def records(session: Session) -> list[str]:
    """Runs that say they have posted, or taken back, what they have not."""
    return [f"run {one}" for one in session.scalars(_DISAGREE)]
