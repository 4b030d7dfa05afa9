"""`.venv/bin/python -m school.languages`: brings every catalog up to what the program says now.

What is new stands there without a translation, and what is said no more is left out. With the code of a
language behind it, the command begins a catalog.
"""

from __future__ import annotations

import sys

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from school.languages import CATALOGS, gather

WIDTH = 100


def bring_up(code: str) -> Catalog:
    """The catalog with every message of the program, and what was translated of them."""
    path = CATALOGS / f"{code}.po"
    catalog = Catalog(locale=code, project="School fee ledger", fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=code)
    begun = catalog.creation_date
    catalog.update(gather.messages(), no_fuzzy_matching=True, update_header_comment=True)
    catalog.creation_date = begun  # a catalog that says the same is the same file
    catalog.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalog, width=WIDTH, include_lineno=False)
    return catalog


def main() -> None:
    for code in sys.argv[1:] or sorted(path.stem for path in CATALOGS.glob("*.po")):
        catalog = bring_up(code)
        done = sum(1 for message in catalog if message.id and message.string)
        sys.stdout.write(f"{code}: {done} of {len(catalog)} messages\n")


if __name__ == "__main__":
    main()
