"""Encrypted backups: opened by the passphrase alone, also without this program; each trial costs a second."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from school import clock
from school.backups import archive, restoring, service
from school.backups.queries import BackupFacts
from school.db import Database
from school.errors import BadFile, BadInput
from tests import databases, make
from tests.backups import places
from tests.backups.conftest import PASSPHRASE, fill
from tests.backups.places import examined, rewritten


@dataclass(frozen=True)
class Encrypted:
    live: Database
    backup: BackupFacts
    key: Any


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encrypted]:
    with databases.fresh("sqlite") as live, clock.set_to(make.NOON):
        fill(live)
        backup = service.make(live.url, tmp_path_factory.mktemp("backups"), passphrase=PASSPHRASE)
        yield Encrypted(live, backup, archive.key_of(backup.path, PASSPHRASE))


def test_nothing_but_its_manifest_can_be_read(encrypted: Encrypted) -> None:
    with zipfile.ZipFile(encrypted.backup.path) as zipped:
        assert zipped.namelist() == ["key.age", "books.db.gz.age", "manifest.json"]
        held = b"".join(zipped.read(name) for name in ("key.age", "books.db.gz.age"))

    assert encrypted.backup.encrypted
    assert held.startswith(b"age-encryption.org/v1")
    assert b"AGE-SECRET-KEY" not in held
    assert PASSPHRASE not in encrypted.backup.manifest.as_text()


def test_it_is_restored_with_its_passphrase(encrypted: Encrypted, tmp_path: Path) -> None:
    place = str(tmp_path / "new.db")

    trial = restoring.restore(encrypted.backup.path, place, examined, passphrase=PASSPHRASE)

    assert trial.findings == []
    with places.opened(place) as restored:
        assert places.rows(restored) == places.rows(encrypted.live)


@pytest.mark.skipif(shutil.which("age") is None, reason="the tool age is not on this machine")
def test_the_tool_age_opens_it_without_this_program(encrypted: Encrypted, tmp_path: Path) -> None:
    with zipfile.ZipFile(encrypted.backup.path) as zipped:
        zipped.extractall(tmp_path)

    _answered(["age", "-d", "-i", "key.age", "-o", "books.db.gz", "books.db.gz.age"], tmp_path)
    subprocess.run(["gunzip", "books.db.gz"], cwd=tmp_path, check=True)

    with places.opened(str(tmp_path / "books.db")) as restored:
        assert places.rows(restored) == places.rows(encrypted.live)


def _answered(words: list[str], folder: Path) -> None:
    """A program run on a terminal of its own, where somebody types the passphrase."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvp(words[0], words)
    asked = b""
    while select.select([terminal], [], [], 120)[0]:
        try:
            asked += os.read(terminal, 1000)
        except OSError:  # it has ended
            break
        if asked.endswith(b": "):
            os.write(terminal, f"{PASSPHRASE}\n".encode())
            asked = b""
    assert os.waitpid(pid, 0)[1] == 0, asked


def test_a_passphrase_that_is_missing_wrong_or_weak_is_one_sentence(
    encrypted: Encrypted, tmp_path: Path
) -> None:
    def refused(passphrase: str | None) -> str:
        with pytest.raises(BadInput) as answer:
            restoring.restore(
                encrypted.backup.path, str(tmp_path / "new.db"), examined, passphrase=passphrase
            )
        assert encrypted.backup.path.name in answer.value.sentence
        assert list(tmp_path.iterdir()) == []
        return answer.value.sentence

    assert "is encrypted: give its passphrase" in refused(None)
    assert "does not open" in refused("maple otter quilt horse")
    with pytest.raises(BadInput, match="at least 12 characters"):
        service.make(encrypted.live.url, tmp_path, passphrase="short")


@pytest.mark.parametrize("where", [0.01, 0.5, 0.999])
def test_what_was_changed_does_not_open(encrypted: Encrypted, tmp_path: Path, where: float) -> None:
    def flipped(held: bytes) -> bytes:
        at = int(len(held) * where)
        return held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :]

    changed = Path(shutil.copy(encrypted.backup.path, tmp_path))
    rewritten(changed, books=flipped)

    with pytest.raises(BadFile, match="was changed or damaged after it was made"):
        archive.take(changed, encrypted.backup.manifest, encrypted.key, into=lambda _: None)
