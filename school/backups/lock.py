"""One process at a time makes backups in a folder, and one that was killed leaves no lock behind."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAKING, SCHEDULED = ".making.lock", ".scheduled.lock"
LOOK_AGAIN_S = 0.2


@contextmanager
def held(folder: Path, name: str = MAKING, *, wait: bool = False) -> Iterator[bool]:
    """True while it is ours; False when somebody else has it, at once unless told to wait."""
    descriptor = os.open(folder / name, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        while not (ours := _taken(descriptor)) and wait:
            time.sleep(LOOK_AGAIN_S)
        yield ours
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a disk that knows no locks
        return True
    return True
