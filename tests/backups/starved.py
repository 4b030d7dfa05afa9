"""A process that makes a backup where no file may grow beyond a few pages: `starved.py URL FOLDER LIMIT…`."""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

from school.backups import service
from school.errors import SchoolError

LIMITS = (4096, 300_000)  # the copy does not fit; the copy fits and nothing beside it


def main(url: str, folder: str) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    for limit in LIMITS:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            service.make(url, Path(folder))
        except SchoolError as refused:
            sys.stdout.write(f"{refused.sentence}\n")
        else:
            sys.stdout.write("made\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
