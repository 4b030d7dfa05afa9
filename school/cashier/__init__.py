"""Tills counted against the ledger, signed by a second person, banked, and the day closed."""
