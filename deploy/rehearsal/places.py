"""Where everything is in a rehearsal: a folder, spare ports, and the files of deploy/, filled in."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[1]
ROOT = DEPLOY.parent
HOST = "localhost"
NAME = "fees.example.org"  # in the files


def spare_ports(count: int) -> list[int]:
    """All different, and free at this moment."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@dataclass
class Places:
    folder: Path
    ports: list[int] = field(default_factory=lambda: spare_ports(5))

    @property
    def processes(self) -> list[int]:
        return self.ports[:2]

    @property
    def https(self) -> int:
        return self.ports[2]

    @property
    def site(self) -> str:
        return f"https://{HOST}:{self.https}"

    @property
    def database(self) -> int:
        return self.ports[4]

    def path(self, name: str) -> Path:
        return self.folder / name

    def nginx(self) -> Path:
        """deploy/nginx/school.conf, filled in, within a main file that needs no rights and no daemon."""
        first, second = self.processes
        words = {
            NAME: HOST,
            f"/etc/letsencrypt/live/{HOST}": str(self.path("certificate")),
            "8501": str(first),
            "8502": str(second),
            "listen 80;": f"listen 127.0.0.1:{self.ports[3]};",
            "    listen [::]:80;\n": "",
            "listen 443 ssl": f"listen 127.0.0.1:{self.https} ssl",
            "    listen [::]:443 ssl http2;\n": "",
            "https://$host$request_uri": f"https://$host:{self.https}$request_uri",
            "/var/www/school": str(self.path("web")),
            "/var/log/nginx/school.log": str(self.path("nginx.log")),
        }
        site = self._filled("nginx/school.conf", words, "site.conf")
        main = self.path("nginx.conf")
        main.write_text(
            f"{_as_who_asks()}daemon off;\n"
            f"pid {self.path('nginx.pid')};\nerror_log {self.path('nginx.err')} warn;\n"
            "worker_processes 1;\nevents { worker_connections 1024; }\n"
            f"http {{\n  include {_mime_types()};\n  sendfile on;\n"
            + "".join(
                f"  {kind}_temp_path {self.path('nginx-tmp')}/{kind};\n"
                for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            + f"  include {site};\n}}\n",
            encoding="utf-8",
        )
        self.path("nginx-tmp").mkdir(exist_ok=True)
        return main

    def settings(self, passwords: Mapping[str, str]) -> dict[str, str]:
        """deploy/school.env and deploy/owner.env, filled in, as an environment."""
        words = {
            **passwords,
            "127.0.0.1:5432": f"127.0.0.1:{self.database}",
            NAME: HOST,
            "/var/lib/school": str(self.path("state")),
            "/var/log/school": str(self.path("log")),
        }
        held = {}
        for name in ("school.env", "owner.env"):
            known = {old: new for old, new in words.items() if old in (DEPLOY / name).read_text()}
            text = self._filled(name, known, name).read_text(encoding="utf-8")
            rows = (row for row in text.splitlines() if row and not row.startswith("#"))
            held.update(row.split("=", 1) for row in rows)
        return held

    def _filled(self, name: str, words: Mapping[str, str], as_name: str) -> Path:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        for old, new in words.items():
            if old not in text:
                raise ValueError(f"{name} does not say {old} any more")
            text = text.replace(old, new)
        made = self.path(as_name)
        made.write_text(text, encoding="utf-8")
        made.chmod(0o600)
        return made

    def certificate(self) -> Path:
        """One of our own making, which only those believe who are told to."""
        folder = self.path("certificate")
        folder.mkdir(exist_ok=True)
        made = folder / "fullchain.pem"
        run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
             "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
             "-keyout", folder / "privkey.pem", "-out", made]
        )  # fmt: skip
        return made


def _as_who_asks() -> str:
    """The folder may be closed to the user whom nginx would choose."""
    return f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""


def _mime_types() -> Path:
    for place in (
        "/etc/nginx/mime.types",
        "/usr/local/etc/nginx/mime.types",
        "/opt/homebrew/etc/nginx/mime.types",
    ):
        if Path(place).is_file():
            return Path(place)
    raise SystemExit("nginx is not installed as usual: there is no mime.types in its folder.")


def run(words: Sequence[str | Path], **how: object) -> str:
    """What it said; ends the rehearsal where it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **how,  # type: ignore[call-overload]
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}")
    return str(done.stdout)


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise SystemExit(f"The rehearsal needs {name}, which was not found.")
    return found
