"""Interruptions tried on purpose, on a copy of the books."""
