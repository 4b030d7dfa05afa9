"""One file: a zip that holds the books, squeezed and perhaps encrypted, and the manifest, which comes last.

Other tools open it: `unzip`, `gunzip` and, with the passphrase, `age`. An encrypted one holds `key.age`, an
age identity that the passphrase opens, and books encrypted for that identity: the library takes no passphrase
for a stream, and books in memory would be as large as the school. Nothing here grows with the books.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import pyrage

from school.backups import manifest
from school.backups.manifest import DAMAGED, Manifest
from school.errors import BadFile, BadInput

KEY = "key.age"
KEY_BYTES_MAX = 10_000
LEVEL = 3  # of zlib: half the time of its usual one for files a tenth larger
AT_ONCE = 1 << 20
GZIP = 31  # zlib's number for the format of gunzip


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Written:
    """What the manifest says of the content, and the key that opens it, which nobody keeps."""

    content: str
    size: int
    sha256: str
    stored_sha256: str
    key: Any


def put(archive: ZipFile, books: Readable, name: str, at: datetime, passphrase: str | None) -> Written:
    """Write the books into the archive under a name that says what was done to them."""
    key = None if passphrase is None else pyrage.x25519.Identity.generate()
    content = f"{name}.gz" if key is None else f"{name}.gz.age"
    if key is not None and passphrase is not None:
        archive.writestr(_member(KEY, at), pyrage.passphrase.encrypt(f"{key}\n".encode(), passphrase))
    squeezed = _Squeezed(books)
    with archive.open(_member(content, at), "w", force_zip64=True) as member:
        sink = _Sink(member.write)
        if key is None:
            while block := squeezed.read(AT_ONCE):
                sink.write(block)
        else:
            try:
                pyrage.encrypt_io(squeezed, sink, [key.to_public()])
            except pyrage.EncryptError:
                raise squeezed.trouble or sink.trouble or RuntimeError("age gave up") from None
    return Written(content, squeezed.size, squeezed.hash.hexdigest(), sink.hash.hexdigest(), key)


def close(archive: ZipFile, said: Manifest) -> None:
    """The manifest last: a file that was cut off has none."""
    archive.writestr(_member(manifest.MEMBER, said.made_at), said.as_text())


def _member(name: str, at: datetime) -> ZipInfo:
    member = ZipInfo(name, at.timetuple()[:6])
    member.compress_type = ZIP_STORED
    member.external_attr = 0o600 << 16
    return member


class _Squeezed:
    """Reads another and gives it out as gunzip takes it; what is read is counted and fingerprinted."""

    def __init__(self, source: Readable) -> None:
        self._source, self._zip, self._ready = source, zlib.compressobj(LEVEL, wbits=GZIP), bytearray()
        self._ended = False
        self.size, self.hash = 0, hashlib.sha256()
        self.trouble: Exception | None = None

    def read(self, size: int = -1, /) -> bytes:
        try:
            while not self._ended and len(self._ready) < size:
                self._fill()
        except Exception as trouble:
            self.trouble = trouble  # age would keep no more of it than its text
            raise
        given = bytes(self._ready[:size])
        del self._ready[:size]
        return given

    def _fill(self) -> None:
        block = self._source.read(AT_ONCE)
        self.size += len(block)
        self.hash.update(block)
        self._ready += self._zip.compress(block) if block else self._zip.flush()
        self._ended = not block


class _Sink:
    """Passes on what is written to it, and fingerprints it."""

    def __init__(self, onward: Callable[[bytes], object]) -> None:
        self._onward = onward
        self.hash = hashlib.sha256()
        self.trouble: Exception | None = None

    def write(self, block: bytes) -> int:
        try:
            self._onward(block)
        except Exception as trouble:
            self.trouble = trouble
            raise
        self.hash.update(block)
        return len(block)

    def flush(self) -> None:
        """Whoever owns the file decides when."""


def key_of(file: Path, passphrase: str | None) -> Any:
    """The key of an encrypted backup. Raises BadInput for a missing or wrong passphrase, else BadFile."""
    if not passphrase:
        raise BadInput(f"{file.name} is encrypted: give its passphrase in SCHOOL_BACKUP_PASSPHRASE.")
    try:
        with ZipFile(file) as archive, archive.open(KEY) as member:
            locked = member.read(KEY_BYTES_MAX)
        text = pyrage.passphrase.decrypt(locked, passphrase).decode()
        return pyrage.x25519.Identity.from_str(text.strip())
    except pyrage.DecryptError as error:
        if "Excessive" in str(error):
            raise BadInput(
                f"This machine is too slow or too busy to try a passphrase on {file.name}: try again later."
            ) from None
        raise BadInput(f"The passphrase does not open {file.name}.") from None
    except (*DAMAGED, pyrage.IdentityError):
        raise BadFile(_changed(file)) from None


def take(file: Path, said: Manifest, key: Any, into: Callable[[bytes], object]) -> None:
    """Hand the books over, block by block. Raises BadFile at the end when they are not what was put in.

    What was handed over is worth nothing then. `key` is that of an encrypted backup.
    """
    stored, books = hashlib.sha256(), _Unsqueezed(into)
    try:
        with ZipFile(file) as archive, archive.open(said.content) as member:
            source = _Watched(member, stored)
            if said.encrypted:
                pyrage.decrypt_io(source, books, [key])
            else:
                while block := source.read(AT_ONCE):
                    books.write(block)
        books.end()
    except (*DAMAGED, pyrage.DecryptError):
        _onward(books)
        raise BadFile(_changed(file)) from None
    except OSError as error:
        _onward(books)
        if said.encrypted and error.errno is None:  # what age says of a block that does not open
            raise BadFile(_changed(file)) from None
        raise
    if (stored.hexdigest(), books.size, books.hash.hexdigest()) != (
        said.stored_sha256,
        said.size,
        said.sha256,
    ):
        raise BadFile(_changed(file))


def _onward(books: _Unsqueezed) -> None:
    if books.trouble is not None:
        raise books.trouble


def _changed(file: Path) -> str:
    return f"{file.name} was changed or damaged after it was made, or is cut off: use another backup."


class _Watched:
    """Fingerprints what is read."""

    def __init__(self, source: IO[bytes], seen: Any) -> None:
        self._source, self._seen = source, seen

    def read(self, size: int = -1, /) -> bytes:
        block = self._source.read(size)
        self._seen.update(block)
        return block


class _Unsqueezed:
    """Takes what gunzip takes and hands on what comes out, at most a block at a time."""

    def __init__(self, onward: Callable[[bytes], object]) -> None:
        self._onward, self._zip = onward, zlib.decompressobj(GZIP)
        self.size, self.hash = 0, hashlib.sha256()
        self.trouble: Exception | None = None

    def write(self, block: bytes) -> int:
        rest = block
        while rest:
            self._hand_on(self._zip.decompress(rest, AT_ONCE))
            rest = self._zip.unconsumed_tail
        return len(block)

    def _hand_on(self, out: bytes) -> None:
        self.size += len(out)
        self.hash.update(out)
        try:
            self._onward(out)
        except Exception as trouble:
            self.trouble = trouble
            raise

    def flush(self) -> None:
        """Whoever owns the file decides when."""

    def end(self) -> None:
        """Raises EOFError when something is missing, or follows."""
        self._hand_on(self._zip.flush())
        if not self._zip.eof or self._zip.unused_data:
            raise EOFError
