"""What stops an installation, in one sentence that says what to do."""

from __future__ import annotations


class Trouble(Exception):
    """Its text is the sentence the user reads on stderr."""
