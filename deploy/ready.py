"""Waits until the process on this port says that it is ready: python3 deploy/ready.py 8501 [seconds]

For systemd, which then calls a process started, and for a container's health. Needs nothing installed.
"""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request

ASKS_EVERY_S = 0.2


def main(port: str, seconds: str = "150") -> int:
    until = time.monotonic() + int(seconds)
    said = "nothing"
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{int(port)}/readyz", timeout=5) as answer:
                return 0 if answer.status == 200 else 1
        except urllib.error.HTTPError as refusal:
            said = refusal.read(300).decode(errors="replace")
        except OSError as error:
            said = str(error)
        if time.monotonic() >= until:
            sys.stderr.write(f"Port {port} is not ready after {seconds} s: {said}\n")
            return 1
        time.sleep(ASKS_EVERY_S)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
