"""`.venv` is either finished and equal to the lock, or it is made anew; two who start at once take turns.

`.venv/installed` names the locks it holds, by their SHA-256. It is taken away before anything is installed
and written when all is there, so a `.venv` without it was interrupted, or is not ours, and is not trusted.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NoReturn

from school.bootstrap.trouble import Trouble

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
INSTALLED = VENV / "installed"
TURN = ROOT / ".venv.lock"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
UV = PYTHON.with_name("uv.exe" if os.name == "nt" else "uv")

RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"  # holds all of RUNTIME at the same versions
INSTALLER = ROOT / "requirements-installer.txt"

TAIL_LINES = 12  # of a failed tool: enough for its reason, short enough to be read
LINE_LENGTH_MAX = 200

# A .venv outlives its Python: after an upgrade of the system it answers as another version, empty-handed.
PROBE = (
    "import os, sys, sysconfig; sys.exit(not (sys.version_info >= (3, 11) and sys.prefix != sys.base_prefix"
    " and os.path.isdir(sysconfig.get_path('purelib'))))"
)


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def inside() -> bool:
    """Is this process already running in the project's own `.venv`?"""
    return Path(sys.prefix).resolve() == VENV.resolve()


def prepare(lock: Path, arguments: Sequence[str]) -> None:
    """Afterwards `.venv` holds what `lock` says; at once where it already does."""
    if _is_current(lock):
        return
    if inside() and not INSTALLED.exists():
        _step_out(arguments)  # it must be made anew, and nobody saws off the branch he sits on
    try:
        with _turn():
            if not _is_current(lock):
                _bring_up(lock)
    except OSError as error:
        raise Trouble(
            f"{error.filename or VENV} could not be used ({error.strerror}): see to the rights and the free "
            "space of this folder, and run the same command again."
        ) from error


def step_in(arguments: Sequence[str]) -> NoReturn:
    """Runs `python -m school` with the same arguments in `.venv`, in place of this process."""
    _become(str(PYTHON), arguments)


def _step_out(arguments: Sequence[str]) -> NoReturn:
    _become(getattr(sys, "_base_executable", sys.executable), arguments)  # as the venv module finds its base


def _become(python: str, arguments: Sequence[str]) -> NoReturn:
    command = [python, "-m", "school", *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":  # execv there returns to the shell before the command is done
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(python, command)  # noqa: S606


def _is_current(lock: Path) -> bool:
    try:
        held = INSTALLED.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return False
    return _digest(lock) in held and (inside() or _works())


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _works() -> bool:
    try:
        return subprocess.run([PYTHON, "-c", PROBE], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _bring_up(lock: Path) -> None:
    if not (INSTALLED.exists() and _works()):
        _make()
    INSTALLED.unlink(missing_ok=True)
    if not _uv_answers():
        _install_uv()
    say(f"Installing the libraries of {lock.name} …")
    _call(
        [UV, "pip", "install", "--python", PYTHON, "--require-hashes", "--requirement", lock],
        "The libraries could not be installed",
    )
    held = {lock, RUNTIME}
    INSTALLED.write_text("\n".join(sorted(map(_digest, held))) + "\n", encoding="ascii")


def _make() -> None:
    _require_venv()
    say(f"Making {VENV} with Python {sys.version.split()[0]} …")
    _call([sys.executable, "-m", "venv", "--clear", VENV], f"{VENV} could not be made")


def _require_venv() -> None:
    """Debian and Ubuntu take these two out of Python and put them into a package of their own."""
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise Trouble(
            f"This Python ({sys.executable}) comes without its venv module: install it "
            f"(on Debian and Ubuntu: apt-get install {package}), and run the same command again."
        )


def _uv_answers() -> bool:
    try:
        return subprocess.run([UV, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _install_uv() -> None:
    say("Installing uv, which installs the rest …")
    pip = [str(PYTHON), "-m", "pip", "install", "--retries", "2"]
    locked = ["--require-hashes", "--requirement", str(INSTALLER)]
    # force: a copy cut off in the middle would pass for installed
    _call([*pip, "--force-reinstall", *locked], "uv, the installer, could not be installed")


def _call(command: Sequence[str | Path], failure: str) -> None:
    """Its progress is seen on a terminal; elsewhere its last lines are shown when it fails."""
    watched = sys.stderr.isatty()
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=None if watched else subprocess.PIPE,
        stderr=None if watched else subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        close_fds=False,  # keeps the turn for the tool when this process is killed and the tool goes on
    )
    if done.returncode == 0:
        return
    for line in (done.stdout or "").splitlines()[-TAIL_LINES:]:
        say(f"  {line[:LINE_LENGTH_MAX]}")
    tried = shlex.join(map(str, command)).replace(f"{ROOT}{os.sep}", "")
    raise Trouble(
        f"{failure} (“{tried}” ended with {done.returncode}, its last lines are above): see to that, most "
        "often the network or a proxy that HTTPS_PROXY should name, and run the same command again."
    )


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """The system gives the turn back when its holder dies, however it dies."""
    with TURN.open("w") as handle:
        os.set_inheritable(handle.fileno(), True)
        told = False
        while not _take(handle):
            if not told:
                say("Someone else is setting up this folder; waiting for them to finish …")
                told = True
            time.sleep(0.2)
        yield


if sys.platform == "win32":
    import msvcrt

    def _take(handle: IO[str]) -> bool:
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(handle: IO[str]) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
