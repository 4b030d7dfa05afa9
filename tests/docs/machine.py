"""A machine on which the commands of the documents are carried out, in a folder that goes at the end.

The program, the shell and the books are real. What would change the whole machine (packages, users, services,
certificates) is stood in for by programs that look whether they are told anything and do nothing else; `sudo`
runs what it is given, as the present user. `/opt/school`, `/etc` and `/var/lib` are folders of the sandbox.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from school.settings import ROOT
from tests.serving import spare_port

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
OURS = ("/opt/school", "/etc", "/var/lib", "/var/www", "/srv")
PATIENCE_S = 240

PYTHON = f"""#!{sys.executable}
import os, runpy, subprocess, sys, time, urllib.request
asked = sys.argv[1:]
python = {sys.executable!r}
if asked[:2] != ["-m", "school"] or asked[2:3] == ["setup"] or asked[2:3] == ["test"]:
    known = asked[:2] == ["-m", "school"]  # what CI itself does; installing twice would test the network
    sys.exit(0) if known else os.execv(python, [python, *asked])
start = [python, "-c", "import sys; from school.cli import main; sys.exit(main())", *asked[2:]]
if asked[2] == "stability":  # its own tests try it; here only what is asked of it
    start.append("--help")
if asked[2] == "check":  # it tells what is wrong with this machine, and much is
    done = subprocess.run(start)
    sys.exit(done.returncode not in (0, 1, 2))
if asked[2:3] not in (["run"], ["demo"]):
    os.execve(python, start, os.environ)
if "--port" in start:
    at = start.index("--port")
    del start[at : at + 2]
port = os.environ["SANDBOX_PORT"]
server = subprocess.Popen([*start, "--port", port], start_new_session=True)
until = time.monotonic() + {PATIENCE_S}
while True:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{{port}}/healthz", timeout=5).read()
        break
    except OSError:
        if server.poll() is not None or time.monotonic() > until:
            sys.exit(f"the server did not come up: {{server.poll()}}")
        time.sleep(0.1)
server.terminate()
server.wait(30)
"""
SUDO = """#!/bin/bash
set -e
while [[ $1 == -* ]]; do case $1 in -u|-g) shift 2;; *) shift;; esac; done
exec env "$@"
"""
STANDS_IN = """#!/bin/bash
[[ $# -gt 0 ]] || { echo "$0: told nothing" >&2; exit 2; }
"""
STOOD_IN_FOR = (
    *(
        "apt-get",
        "certbot",
        "useradd",
        "systemctl",
        "chown",
        "nginx",
        "docker",
        "psql",
        "journalctl",
        "install",
    ),
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text without indentation, and the line it begins on."""

    language: str
    text: str
    line: int


def blocks(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        indent = len(match[1])
        lines = [line[indent:] if line[:indent].isspace() else line for line in match[3].splitlines()]
        found.append(Block(match[2], "\n".join(lines) + "\n", text[: match.start()].count("\n") + 1))
    return found


class Machine:
    """`folder` is its root; every command runs in its /opt/school, which is this program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "bin"
        self.home = folder / "opt" / "school"
        for path in ("etc/systemd/system", "etc/nginx/sites-enabled", "var/lib/school", "var/www", "srv"):
            (folder / path).mkdir(parents=True)
        self.programs.mkdir()
        self.home.mkdir(parents=True)
        for name in ("app.py", "pages", "school", ".streamlit", "deploy", "requirements.txt"):
            if (ROOT / name).exists():
                (self.home / name).symlink_to(ROOT / name)
        self._program("python3", PYTHON)
        self._program("sudo", SUDO)
        for name in STOOD_IN_FOR:
            self._program(name, STANDS_IN)

    def _program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def put(self, name: str, content: bytes) -> None:
        (self.home / name).write_bytes(content)

    @property
    def environment(self) -> dict[str, str]:
        """What every command finds; nothing of the present user's settings."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCHOOL_", "STREAMLIT_"))}
        return {
            **kept,
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "SANDBOX_PORT": str(spare_port()),
            "SCHOOL_DATABASE_URL": f"sqlite:///{self.folder}/var/lib/school/school.db",
            "SCHOOL_BACKUP_FOLDER": str(self.folder / "srv" / "backups"),
        }

    def settings(self, text: str) -> dict[str, str]:
        """The lines of an `.env` file, which is written where the program lies."""
        self.put(".env", text.encode())
        pairs = (line.partition("=") for line in self._here(text).splitlines() if "=" in line)
        return {name: value for name, _, value in pairs}

    def run(self, commands: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """As somebody would type them; the first that fails ends it."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self._here(commands)],
            cwd=self.home,
            env={**self.environment, **environment},
            input="correct horse battery staple\n",
            capture_output=True,
            text=True,
            timeout=PATIENCE_S * 2,
            check=False,
        )

    def _here(self, text: str) -> str:
        for path in OURS:
            whole = rf"(?<![\w.]){path}(?=[/\s\"']|$)"
            text = re.sub(whole, str(self.folder) + path, text, flags=re.MULTILINE)
        return text
