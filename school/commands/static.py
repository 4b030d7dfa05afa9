"""`python3 -m school static`: the screens' own files, compressed ahead, for a proxy that serves them."""

from __future__ import annotations

import gzip
import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from school.errors import BadInput, Unavailable

NAME = "static"  # of the folder, in the library and in every address
COMPRESSED = {".css", ".js", ".json", ".map", ".svg", ".ttf", ".wasm"}
SMALLER_BY = 0.95  # what does not get smaller is served as it is
LEVEL = 9


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def static(folder: Path) -> None:
    """Put the screens' own files into a folder for the proxy, each also compressed; older ones stay.

    A page that was opened before an upgrade still asks for them, and their names never mean anything else.
    """
    source = _source()
    files = sorted(file for file in source.rglob("*") if file.is_file())
    try:
        with ThreadPoolExecutor() as pool:
            sizes = list(pool.map(lambda file: _put(file, folder / NAME / file.relative_to(source)), files))
    except OSError as error:
        raise BadInput(f"{error.filename} cannot be written: {error.strerror}.") from None
    plain, sent = (sum(some) for some in zip(*sizes, strict=True))
    click.echo(f"{len(files)} files in {folder}: {plain:,} bytes, sent as {sent:,}.")


def _source() -> Path:
    found = importlib.util.find_spec("streamlit")
    if found is None or found.origin is None:
        raise Unavailable("The screens' library is not installed: run python3 -m school setup.")
    return Path(found.origin).parent / "static" / NAME


def _put(file: Path, place: Path) -> tuple[int, int]:
    """Bytes of the file as it is, and as it is sent."""
    content = file.read_bytes()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.parent.chmod(0o755)  # whoever runs the proxy reads them
    _write(place, content)
    packed = gzip.compress(content, LEVEL, mtime=0) if file.suffix in COMPRESSED else content
    if len(packed) >= SMALLER_BY * len(content):
        return len(content), len(content)
    _write(place.with_name(f"{place.name}.gz"), packed)
    return len(content), len(packed)


def _write(place: Path, content: bytes) -> None:
    if place.exists() and place.stat().st_size == len(content):
        return
    new = place.with_name(f"{place.name}.new")
    new.write_bytes(content)
    new.chmod(0o644)
    new.rename(place)
