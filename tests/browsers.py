"""The Chromium of this machine: found, never downloaded, and it talks to nobody but the server."""

from __future__ import annotations

import os
import shutil
from typing import Any

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--process-per-site",  # a tab beside an open one finds the scripts compiled: half of what it costs
]
PERSON: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 800},
    "locale": "en-GB",
    "timezone_id": "Africa/Nairobi",
    "color_scheme": "light",
}


def chromium() -> str:
    return os.environ.get("SCHOOL_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
