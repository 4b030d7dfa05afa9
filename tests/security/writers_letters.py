"""The writers of letters. They rehearse and print, which needs no mail server; the same question is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from school import clock
from school.access.rules import Actor
from school.letters import queries, service, writing
from school.letters.models import Letter
from school.settings import Settings
from school.students import queries as students
from tests import make
from tests.security.writers import World, Writer
