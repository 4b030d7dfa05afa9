"""How long personal data are kept after somebody has left, and what stands in their place afterwards."""

from __future__ import annotations

from datetime import date

POLICY = "retention_years"  # as `students.policies` keeps it
YEARS_DEFAULT = 7  # as long as most countries have vouchers kept


def kept_since(today: date, years: int) -> date:
    """Who left on this day or before, and had no entry after it, need not be kept any longer."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # 29 February
        return today.replace(year=today.year - years, day=28)


def student_name(student_id: int) -> str:
    return f"Former student {student_id}"


def guardian_name(guardian_id: int) -> str:
    return f"Former guardian {guardian_id}"


def family_name(family_id: int) -> str:
    return f"Former family {family_id}"


def admission_no(student_id: int) -> str:
    """No number of a school looks like it: they are unique, and this one must be free."""
    return f"erased-{student_id}"
