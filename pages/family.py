"""A stub."""

from school.ui import guard

actor = guard.require("students.read")
