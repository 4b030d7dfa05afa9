"""Billing runs give what schemes forgive: once, pinned to its charge, and after a grant in mid-term the rest."""

from __future__ import annotations

from school.db import Database
from school.fees.register import register
from tests import make
from tests.fees import schemes, structure
