"""Every table of the program, a parent before its children."""

from __future__ import annotations

from sqlalchemy import Table

import school.access.models
import school.approvals.models
import school.audit.models
import school.cashier.models
import school.drafts.models
import school.fees.models
import school.incidents.models
import school.intake.models
import school.ledger.models
import school.ledger.projections
import school.letters.models
import school.privacy.models
import school.students.models  # noqa: F401
from school.db import Base


def everyone() -> list[Table]:
    return Base.metadata.sorted_tables
