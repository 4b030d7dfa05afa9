"""What a device is called, read from what its browser says of itself."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1024)
def name(user_agent: str) -> str:
    """`Chrome on Windows`; `Unknown device` where the browser says nothing."""
    from ua_parser import parse  # its patterns take a fifth of a second to load

    found = parse(user_agent)
    parts = [part.family for part in (found.user_agent, found.os) if part and part.family != "Other"]
    return " on ".join(parts) or "Unknown device"
