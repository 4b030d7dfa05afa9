"""Whether the program's files are its own: for its user alone, on a disk of this machine, to be written."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from school.backups import queries as backups
from school.checks.place import Place, Wrong

OTHERS = 0o077  # every right of those who are not the owner
NETWORKS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "davfs", "vboxsf", "prl_fs", "glusterfs"}
    | {"fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs", "fuse.vmhgfs-fuse", "virtiofs"}
)
ROOT_USER = 0
MOUNTS = Path("/proc/self/mounts")


def private(place: Place) -> Iterator[Wrong]:
    """Files and folders others may read or write. Windows has other rights, which are not looked at."""
    if sys.platform == "win32":
        return
    books = place.database.path
    if books is not None:
        yield from _open_to_others("books_private", (Path(f"{books}{end}") for end in ("", "-wal", "-shm")))
        yield from _open_to_others("folder_private", [books.parent])
        yield from _owner(books)
    folder = backups.folder_of(place.settings)
    yield from _open_to_others("backups_private", [folder, *_files(folder)])
    yield from _open_to_others("env_private", [place.root / ".env"])
    if place.settings.log_file is not None:
        yield from _open_to_others("log", [place.settings.log_file])


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return []


def _open_to_others(check: str, paths: Iterable[Path]) -> Iterator[Wrong]:
    """One finding for all of them, with the command that closes them."""
    found = [(path, mode) for path in paths if (mode := _mode(path)) & OTHERS]
    if not found:
        return
    first, mode = found[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    commands = [f"chmod {'700' if path.is_dir() else '600'} {shlex.quote(str(path))}" for path, _ in found]
    yield Wrong(
        check,
        f"Others on this machine may {_deeds(mode)} {first} ({mode & 0o777:04o}){more}.",
        f"`{' && '.join(commands[:3])}`" + (", and so on." if len(commands) > 3 else ""),
    )


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _deeds(mode: int) -> str:
    deeds = [word for word, bits in (("read", 0o044), ("write", 0o022), ("enter", 0o011)) if mode & bits]
    return " and ".join(deeds)


def _owner(books: Path) -> Iterator[Wrong]:
    if sys.platform == "win32" or not books.exists():
        return
    owner, self = books.stat().st_uid, os.geteuid()
    if owner != self:
        yield Wrong("owner", f"{books} belongs to {_name(owner)}, and this is {_name(self)}.")
    elif self == ROOT_USER:
        yield Wrong("administrator_of_machine", f"The books belong to {_name(self)}.")


def _name(user: int) -> str:
    import pwd  # not on Windows

    try:
        return f"the user {pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"the user with the number {user}"


def log(place: Place) -> Iterator[Wrong]:
    """Nothing is written: the file, or the nearest folder that exists, is asked."""
    file = place.settings.log_file
    if file is None:
        return
    nearest = next(path for path in (file.absolute(), *file.absolute().parents) if path.exists())
    if nearest == file.absolute() and file.is_dir():
        yield Wrong("log", f"SCHOOL_LOG_FILE names {file}, which is a folder.")
    elif nearest != file.absolute() and not nearest.is_dir():
        yield Wrong("log", f"The log {file} cannot be written: {nearest} is no folder.")
    elif not os.access(nearest, os.W_OK):
        yield Wrong("log", f"The log {file} cannot be written: {nearest} is not ours to write.")


def on_this_machine(place: Place) -> Iterator[Wrong]:
    """Linux alone tells what kind of disk a folder is on."""
    books = place.database.path
    kind = kind_of_disk(books) if books else ""
    if kind in NETWORKS:
        yield Wrong("network_share", f"{books} lies on a disk of another machine ({kind}).")


def kind_of_disk(path: Path, mounts: Path = MOUNTS) -> str:
    """The file system of the nearest mount above; empty where it is not known."""
    try:
        rows = [line.split() for line in mounts.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    kinds = {_unescaped(row[1]): row[2] for row in rows if len(row) > 2}
    above = (str(one) for one in (path, *path.parents))
    return next((kinds[one] for one in above if one in kinds), "")


def _unescaped(mount: str) -> str:
    return mount.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
