"""Counts, signatures, deposits and closed days held against the books, in SQL that both engines read alike.

Each function returns the names of what does not agree.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_EXPECTED = text("""
    SELECT DISTINCT id FROM (
      SELECT id, account FROM (
        SELECT cash_up_id AS id, account, expected AS amount FROM cash_up_tender
        UNION ALL
        SELECT c.id, l.account, l.amount FROM cash_up c
          JOIN entry e ON e.actor_id = c.cashier_id AND e.id > c.after_entry AND e.id <= c.through_entry
               AND e.kind IN ('payment', 'refund', 'reversal')
          JOIN line l ON l.entry_id = e.id JOIN account a ON a.code = l.account AND a.type = 'tender') moved
       GROUP BY id, account HAVING SUM(amount) <> 0) differs
     ORDER BY id""")

_RANGES = text("""
    SELECT c.id FROM cash_up c
      LEFT JOIN cash_up before ON before.id =
           (SELECT MAX(id) FROM cash_up b WHERE b.cashier_id = c.cashier_id AND b.id < c.id)
     WHERE (before.id IS NULL AND c.after_entry <> (SELECT after_entry FROM cash_up ORDER BY id LIMIT 1))
        OR (c.replaces IS NULL AND before.id IS NOT NULL AND c.after_entry <> before.through_entry)
        OR (c.replaces IS NOT NULL AND (before.id IS NULL OR c.replaces <> before.id
            OR c.after_entry <> before.after_entry))
     ORDER BY c.id""")

_COINS = text("""
    SELECT c.id FROM cash_up c
     WHERE COALESCE((SELECT SUM(value * pieces) FROM cash_up_coin WHERE cash_up_id = c.id), 0) - c.cash_float
        <> COALESCE((SELECT counted FROM cash_up_tender WHERE cash_up_id = c.id AND account = 'CASH'), 0)
     ORDER BY c.id""")

_SIGNATURES = text("""
    SELECT s.cash_up_id FROM cash_up_signature s LEFT JOIN cash_up c ON c.id = s.cash_up_id
     WHERE c.id IS NULL OR c.counted_by_id = s.signed_by_id
        OR COALESCE(c.counted_by_id, 0) <> COALESCE(s.counted_by_id, 0)
        OR EXISTS (SELECT 1 FROM cash_up later WHERE later.replaces = c.id)
     ORDER BY s.cash_up_id""")

_DEPOSITS = text("""
    SELECT d.id FROM deposit d
     WHERE d.amount <> COALESCE((SELECT SUM(amount) FROM deposit_part WHERE deposit_id = d.id), 0)
        OR (d.id > 1 AND NOT EXISTS (SELECT 1 FROM deposit before WHERE before.id = d.id - 1))
        OR EXISTS (
           SELECT 1 FROM deposit_part p
             LEFT JOIN cash_up_signature s ON s.cash_up_id = p.cash_up_id
             LEFT JOIN cash_up_tender t ON t.cash_up_id = p.cash_up_id AND t.account = p.account
            WHERE p.deposit_id = d.id AND (s.cash_up_id IS NULL OR t.counted IS NULL
                  OR t.counted <> p.amount OR p.account <> d.account))
     ORDER BY d.id""")

_CLOSES = text("""
    SELECT d.date FROM day_close d
      LEFT JOIN entry e ON e.id = d.last_entry LEFT JOIN period_lock k ON k.id = d.lock_id
     WHERE (d.last_entry > 0 AND (e.id IS NULL OR e.hash <> d.last_hash))
        OR k.id IS NULL OR k.locked_through <> d.date
     ORDER BY d.id""")


def counts(session: Session) -> list[str]:
    """Counts that expect what the books do not say, leave a gap, or whose coins are not their cash."""
    wrong = {one for query in (_EXPECTED, _RANGES, _COINS) for one in session.scalars(query)}
    return [f"cash-up {one}" for one in sorted(wrong)]


def signatures(session: Session) -> list[str]:
    """Signatures by who counted, and under what was counted again."""
    return [f"cash-up {one}" for one in session.scalars(_SIGNATURES)]


def deposits(session: Session) -> list[str]:
    """Deposits that are not the sum of signed counts, and numbers that are missing."""
    return [f"deposit {one}" for one in session.scalars(_DEPOSITS)]


def closes(session: Session) -> list[str]:
    """Closed days whose last entry has another hash now."""
    return [str(one) for one in session.scalars(_CLOSES)]
