"""What the house forbids, each as a function from a source tree to the sentences that name its breaches.

They read syntax trees, not text: a word in a string or a comment breaks nothing.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

PAGE_LINES_MAX = 80  # a page is read top to bottom in one go
MODULE_LINES_MAX = 300
TEST_LINES_MAX = 500
MIGRATION_LINES_MAX = 500  # one step of the database is one file, however many tables it makes

PAGE_LIBRARIES = {"streamlit", "pandas", "altair", "school"} | sys.stdlib_module_names
HIDDEN_FROM_PAGES = {"models", "migrations", "cli", "serve", "demo", "bootstrap", "log", "columns", "signin"}

# What a session holds begins with the name of its page, or of what stands around and before the pages.
NOT_OF_A_PAGE = {"guard", "feedback", "frame", "browser"}
SCREENS = {"sign_in", "second_step", "enrolment", "new_password", "invitation", "set_up"}

CLOCK_METHODS = {"now", "today", "utcnow"}
CLOCK_FUNCTIONS = {"time", "time_ns", "localtime", "gmtime", "ctime"}

REGISTRIES = re.compile(
    r"(?:pypi|pythonhosted|npmjs|yarnpkg|anaconda|crates)\.(?:org|com|io)|\bindex-url\b|\bfind-links\b"
)
MACHINE_PATHS = re.compile(r"(?<![\w.}/])/(?:root|work|workspace|Users|home/\w+)/|[A-Z]:\\Users\\")


def python_files(root: Path, *tops: str) -> list[Path]:
    """All of the named files and folders that exist, sorted."""
    found = [root / top for top in tops if (root / top).is_file()]
    for top in tops:
        found += (root / top).rglob("*.py")
    return sorted(found)


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def too_long(root: Path) -> Iterator[str]:
    migrations = root / "school" / "migrations" / "versions"
    for top, limit in (("pages", PAGE_LINES_MAX), ("school", MODULE_LINES_MAX), ("tests", TEST_LINES_MAX)):
        for path in python_files(root, top):
            allowed = MIGRATION_LINES_MAX if path.parent == migrations else limit
            if (lines := _lines(path)) > allowed:
                yield f"{path.relative_to(root)} has {lines} lines, more than {allowed}"


def unguarded_pages(root: Path) -> Iterator[str]:
    """A page begins with `guard.require(…)`: only imports, texts and constants may come before."""
    for path in python_files(root, "pages"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        first = next((statement for statement in body if not _is_still(statement)), None)
        if first is None or not _is_guard(first):
            yield f"{path.relative_to(root)} does not begin with guard.require(…)"


def _is_still(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr | ast.Assign):
        return _is_literal(statement.value)
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except ValueError:
        return False
    return True


def _is_guard(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Expr | ast.Assign):
        return False
    call = statement.value
    return isinstance(call, ast.Call) and ast.unparse(call.func) == "guard.require"


def strange_page_imports(root: Path) -> Iterator[str]:
    for path in python_files(root, "pages"):
        for node, module in _imports(path):
            parts = module.split(".")
            if parts[0] not in PAGE_LIBRARIES:
                yield f"{path.relative_to(root)}:{node.lineno} imports {parts[0]}"
            elif parts[0] == "school" and HIDDEN_FROM_PAGES & set(parts[1:]):
                yield f"{path.relative_to(root)}:{node.lineno} imports {module}"


def _imports(path: Path) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Every imported name in full: `from school.fees import models` is school.fees.models."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module or ''}.{alias.name}") for alias in node.names)


def _code(root: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in python_files(root, "school", "pages", "app.py"):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def floats(root: Path) -> Iterator[str]:
    for path, tree in _code(root):
        for call in _calls(tree):
            if isinstance(call.func, ast.Name) and call.func.id == "float":
                yield f"{path.relative_to(root)}:{call.lineno} makes a float"


def other_clocks(root: Path) -> Iterator[str]:
    """Who asks the time of anyone but `clock`: of datetime, of time, of pandas, of the database."""
    for path, tree in _code(root):
        if path == root / "school" / "clock.py":
            continue
        ours = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "school"
            for alias in node.names
        }
        for call in _calls(tree):
            if isinstance(call.func, ast.Attribute):
                asked, word = ast.unparse(call.func.value), call.func.attr
                if (word in CLOCK_METHODS and asked not in ours) or (
                    word in CLOCK_FUNCTIONS and asked == "time"
                ):
                    yield f"{path.relative_to(root)}:{call.lineno} asks {asked}.{word}() for the time"
        for node, name in _imports(path):
            if name in {f"time.{function}" for function in CLOCK_FUNCTIONS}:
                yield f"{path.relative_to(root)}:{node.lineno} imports {name}"


def foreign_imports_of_the_bootstrap(root: Path) -> Iterator[str]:
    """It runs before anything is installed; `__main__` alone hands over to `school.cli`."""
    allowed = sys.stdlib_module_names | {"school.bootstrap"}
    for path in python_files(root, "school/bootstrap", "school/__main__.py"):
        for node, name in _imports(path):
            known = name.split(".")[0] in allowed or name.startswith("school.bootstrap")
            if not known and not (path.name == "__main__.py" and name == "school.cli.main"):
                yield f"{path.relative_to(root)}:{node.lineno} imports {name}"


def named_machines(root: Path, committed: Iterable[str]) -> Iterator[str]:
    """Package registries, and paths of somebody's own machine, in the text files among `committed`."""
    for name in committed:
        try:
            lines = (root / name).read_text(encoding="utf-8").splitlines()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # no text, or deleted since
        for number, line in enumerate(lines, start=1):
            for pattern in (REGISTRIES, MACHINE_PATHS):
                if found := pattern.search(line):
                    yield f"{name}:{number} names {found.group()}"


def hosts_in_locks(root: Path) -> Iterator[str]:
    for path in sorted(root.glob("requirements*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if "://" in line or line.startswith(("-i", "-f", "--")):
                yield f"{path.name}:{number} names where to download: {line}"


def locked(path: Path) -> dict[str, set[str]]:
    """The versions of every library in a lock (two where they differ by Python), each with a hash."""
    versions: dict[str, set[str]] = {}
    for block in re.split(r"^(?=[a-z0-9])", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, version = block.split()[0].partition("==")
        if "--hash=sha256:" in block:
            versions.setdefault(name.partition("[")[0], set()).add(version)
    return versions


def locks_that_disagree(root: Path) -> Iterator[str]:
    """The locks against pyproject.toml, and the development lock against the runtime's."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    direct, groups = project["project"]["dependencies"], project["dependency-groups"]
    runtime = locked(root / "requirements.txt")
    for name, asked in (
        ("requirements.txt", direct),
        ("requirements-dev.txt", direct + groups["dev"]),
        ("requirements-installer.txt", groups["installer"]),
    ):
        held = locked(root / name)
        for dependency in asked:
            library, _, version = dependency.partition(";")[0].strip().partition("==")
            if held.get(library.partition("[")[0]) != {version}:
                yield f"{name} does not hold {dependency}, as pyproject.toml asks"
    development = locked(root / "requirements-dev.txt")
    for library, versions in runtime.items():
        if development.get(library) != versions:
            yield f"requirements-dev.txt does not hold {library} as requirements.txt does"


def keys_of_no_page(root: Path) -> Iterator[str]:
    """A key of a widget, or of what a session remembers, that nobody forgets when its page is left."""
    owners = NOT_OF_A_PAGE | SCREENS | {path.stem for path in python_files(root, "pages")}
    for path in python_files(root, "pages", "school/ui"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = dict(_texts_by_name(tree))
        for key in (key for node in ast.walk(tree) for key in _keys(node)):
            text = _beginning(key, constants)
            if text is not None and text.partition(".")[0] not in owners:
                yield f"{path.relative_to(root)}:{key.lineno} remembers “{text}” for no page"


def _keys(node: ast.AST) -> Iterator[ast.expr]:
    """What this names as the key of a widget or of the session state."""
    match node:
        case ast.Call(func=ast.Attribute(value=state, attr="get" | "pop" | "setdefault"), args=[key, *_]):
            if _is_session_state(state):
                yield key
        case ast.Subscript(value=state, slice=key) if _is_session_state(state):
            yield key
        case ast.Compare(left=key, comparators=[state]) if _is_session_state(state):
            yield key
    if isinstance(node, ast.Call):
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "key")


def fields_beside_fragments(root: Path) -> Iterator[str]:
    """A form's field in a module of fragments: who types while the page runs may lose the words.

    A fragment that runs right behind its page takes its part of the page's answer away, if that is not sent
    yet; the browser then drops the fields of the fragment with what stands in them, and draws them empty.
    """
    for path, tree in _code(root):
        names = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        if "st.fragment" in names and any(name.startswith("forms.") for name in names):
            yield f"{path.relative_to(root)} has fields of a form and a fragment"


def _is_session_state(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "session_state"


def _beginning(key: ast.expr, constants: dict[str, str]) -> str | None:
    """How this text begins, as far as the file itself says."""
    match key:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text
        case ast.Name(id=name):
            return constants.get(name)
    return None


def _texts_by_name(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                yield name, text
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for one, value in zip(names, values, strict=False):
                    if isinstance(one, ast.Name) and isinstance(value, ast.Constant):
                        yield one.id, str(value.value)
