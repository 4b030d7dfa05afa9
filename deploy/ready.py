"""Waits until the process on this port says that it is ready: python3 deploy/ready.py 8501 [seconds]

For systemd, which then calls a process started, and for a container's health. Needs nothing installed. It
asks under the first of the names in SCHOOL_ALLOWED_HOSTS, because the program answers to no other.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request

ASKS_EVERY_S = 0.2


def main(port: str, seconds: str = "150") -> int:
    until = time.monotonic() + int(seconds)
    said = "nothing"
    asked = urllib.request.Request(f"http://127.0.0.1:{int(port)}/readyz", headers={"Host": name()})
    while True:
        try:
            with urllib.request.urlopen(asked, timeout=5) as answer:
                return 0 if answer.status == 200 else 1
        except urllib.error.HTTPError as refusal:
            said = refusal.read(300).decode(errors="replace")
        except OSError as error:
            said = str(error)
        if time.monotonic() >= until:
            sys.stderr.write(f"Port {port} is not ready after {seconds} s: {said}\n")
            return 1
        time.sleep(ASKS_EVERY_S)


def name() -> str:
    """From `a.example, b.example`, or the same as JSON; `*` is any."""
    names = os.environ.get("SCHOOL_ALLOWED_HOSTS", "*").strip(" []").split(",")
    return names[0].strip(' "').replace("*.", "www.").replace("*", "127.0.0.1") or "127.0.0.1"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
