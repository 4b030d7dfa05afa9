"""`python3 -m school …`: the one door. It opens on a bare Python; `school.bootstrap` brings the rest."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # who comes with an older Python is told, not shown a traceback
    sys.exit(
        f"The school fee ledger needs Python 3.11 or newer and this is Python {sys.version.split()[0]}: "
        "run it as python3.11 -m school (or a newer one)."
    )

from collections.abc import Callable

from school import bootstrap


def _command_line() -> Callable[[], int]:
    from school.cli import main

    return main


if __name__ == "__main__":
    sys.exit(bootstrap.main(sys.argv[1:], _command_line))
