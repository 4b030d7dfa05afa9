"""From a bare Python to the whole program, with the standard library alone.

Whatever the command, `.venv` first holds what the lock says and the command then runs inside it.
Nothing in this package may import a library that has to be installed, nor another room of the school.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from school.bootstrap import environment, gates, programs
from school.bootstrap.trouble import Trouble

CommandLine = Callable[[], int]


def main(arguments: list[str], load: Callable[[], CommandLine]) -> int:
    """The exit code. `setup` and `test` are answered here; for all else `load` imports what answers.

    What goes wrong on the way is one sentence on stderr and 1.
    """
    try:
        return _main(arguments, load)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the same command takes it up again.", file=sys.stderr)
        return 130


def _main(arguments: list[str], load: Callable[[], CommandLine]) -> int:
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command == "setup" and rest:
        raise Trouble("setup takes no options: run python3 -m school setup.")
    options = gates.options(rest) if command == "test" else None
    if options:
        programs.provide(browser=options.browser)  # before the long installation, not after it

    environment.prepare(environment.DEVELOPMENT if options else environment.RUNTIME, arguments)
    if not environment.inside():
        environment.step_in(arguments)
    if options:
        return gates.run(options)
    if command == "setup":
        print("Ready: python3 -m school demo shows it with a made-up school.")
        return 0
    return _loaded(load)()


def _loaded(load: Callable[[], CommandLine]) -> CommandLine:
    try:
        return load()
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == "school":
            raise
        raise Trouble(
            f"The library {missing} has gone from {environment.VENV}: "
            "delete that folder and run the same command again."
        ) from error
