"""Typst templates and facts in, PDF bytes out.

Facts reach a template as JSON and are set as text, so nothing that was typed is ever markup. The typefaces
are those of the installed font packages and no others: every machine prints the same. Safe to call from any
number of threads.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from importlib.resources import files as package
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
import typst

from school import languages
from school.documents.text import printable
from school.money import locale

TEMPLATES = Path(__file__).parent / "templates"
CJK = re.compile(
    "[\u1100-\u11ff\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U00020000-\U0003ffff]"
)
# This one face holds the shapes of China, Taiwan, Hong Kong, Japan and Korea, chosen by the paper's language.
CJK_FACE = "Noto Sans CJK SC"
KEPT_RUNS = 11
SHARED = ("house", "say")  # templates that others take in
SAID = re.compile(r'\bsay\(\s*("(?:[^"\\]|\\.)*")')
STANDARDS = ["a-2a", "ua-1"]  # readable for as long as books are kept, and by those who listen to it

RATIO = b"""#context {
  let size = measure(image(bytes(json(bytes(sys.inputs.picture)))))
  [#metadata(size.width / size.height) <ratio>]
}"""
DOTS = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %b 1">'
    b'<image width="%b" height="1" href="data:text/plain;base64,%b"/></svg>'
)

# Typst works without holding Python's lock, so two papers are set at once. Not more: each thread that has set
# one keeps memory of its own, 60 MB among 32 threads.
_press = ThreadPoolExecutor(max_workers=2, thread_name_prefix="documents")


def pdf(
    template: str,
    facts: Mapping[str, Any],
    *,
    tag: str,
    created: datetime,
    images: Mapping[str, bytes] | None = None,
    tagged: bool = True,
) -> bytes:
    """`templates/<template>.typ` filled with facts: a tagged PDF, the same bytes for the same input.

    The template finds the facts in `sys.inputs.facts` (JSON, every string made printable), the typefaces in
    `sys.inputs.fonts`, and each image as a file of its name. `tag` is the locale of the reader, in whose
    language `say` says the words of the template; `created` (aware) is the date written into the file.
    """
    language = languages.of(tag)
    data = json.dumps(_printable(facts, right_to_left=language.right_to_left), ensure_ascii=False)
    cjk = CJK.search(data) is not None
    given = {"facts": data, "fonts": json.dumps(_families(cjk)), **_language(tag), **_words(template, tag)}
    files = {"main.typ": _template(template), **{f"{name}.typ": _template(name) for name in SHARED}}
    files |= images or {}
    moment = int(created.timestamp())
    if not tagged:
        return _compile(files, given, _fonts(cjk), timestamp=moment, pdf_tags=False)
    try:
        return _compile(files, given, _fonts(cjk), timestamp=moment, pdf_standards=STANDARDS)
    except typst.TypstError:
        # A character that no typeface holds prints as a box, which the standards do not allow.
        return _compile(files, given, _fonts(cjk), timestamp=moment)


def forget() -> None:
    """The compiler keeps what it has set for the next ten runs, 2 MB a page: after many letters it is told to
    let go.
    """
    for _ in range(KEPT_RUNS):
        _compile({"main.typ": b""}, {}, _fonts(cjk=False))


@lru_cache(maxsize=4)
def picture(data: bytes) -> bytes | None:
    """A PNG, JPEG, GIF, WebP or SVG as an image for `pdf`, or None where it cannot be shown."""
    fonts = _fonts(cjk=False)
    given = {"picture": json.dumps(list(data))}
    try:
        compiler = typst.Compiler(RATIO, root=TEMPLATES, font_paths=fonts, sys_inputs=given)
        ratio = _press.submit(compiler.query, "<ratio>", field="value", one=True).result()
        file = _as_text(data, ratio)
        _compile({"main.typ": b'#image("picture")', "picture": file}, {}, fonts)
    except RuntimeError:  # what a query raises; TypstError is one too
        return None
    return file


def _as_text(data: bytes, ratio: str) -> bytes:
    """The binding takes only text for a file: a picture made of dots travels inside an SVG of its shape."""
    try:
        data.decode()
    except UnicodeDecodeError:
        shape = ratio.encode()
        return DOTS % (shape, shape, b64encode(data))
    return data


def qr_svg(text: str) -> bytes:
    """The QR code of a short text, black, without a margin: leave four modules of white around it."""
    out = BytesIO()
    segno.make_qr(text, error="m").save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue()


def _compile(files: Any, given: dict[str, str], fonts: typst.Fonts, **how: Any) -> bytes:
    """The PDF of `main.typ` among files given by name. Raises TypstError for what cannot be set."""
    compiler: Any = typst.Compiler(files, root=TEMPLATES, font_paths=fonts, sys_inputs=given)
    made: bytes = _press.submit(compiler.compile, format="pdf", **how).result()
    return made


def _printable(value: Any, *, right_to_left: bool) -> Any:
    match value:
        case str():
            return printable(value, right_to_left=right_to_left)
        case Mapping():
            return {key: _printable(one, right_to_left=right_to_left) for key, one in value.items()}
        case list() | tuple():
            return [_printable(one, right_to_left=right_to_left) for one in value]
        case _:
            return value


@lru_cache
def _template(name: str) -> bytes:
    return (TEMPLATES / f"{name}.typ").read_bytes()


@lru_cache
def _words(template: str, tag: str) -> dict[str, str]:
    """What the sentences of a template are in this language, and which way they go."""
    language = languages.of(tag)
    said = {
        sentence: language.say(sentence)
        for name in (template, *SHARED)
        for sentence in map(json.loads, SAID.findall(_template(name).decode()))
    }
    way = "rtl" if language.right_to_left else "ltr"
    return {"words": json.dumps(said, ensure_ascii=False), "words_in": language.code, "dir": way}


@lru_cache
def _fonts(cjk: bool) -> typst.Fonts:
    """Typefaces, each read when first needed and then kept: Chinese, Japanese and Korean weigh 33 MB."""
    packages = ("manimgx_fonts", "manimgx_fonts_cjk") if cjk else ("manimgx_fonts",)
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(package(name)) for name in packages],
    )


@lru_cache
def _families(cjk: bool) -> list[str]:
    """Every typeface in one fixed order, so that a character two of them hold is the same everywhere."""

    def order(family: str) -> tuple[bool, bool, bool, str]:
        return "Emoji" in family, "Symbols" in family, family != "Noto Sans", family

    scripts = sorted(_fonts(cjk=False).families(), key=order)
    return [scripts[0], CJK_FACE, *scripts[1:]] if cjk else scripts


@lru_cache
def _language(tag: str) -> dict[str, str]:
    """`lang` and `region` as Typst takes them; traditional Chinese without a country is set as in Taiwan."""
    found = locale(tag)
    region = found.territory or ("TW" if found.script == "Hant" else "")
    return {"lang": found.language, "region": region if len(region) == 2 and region.isalpha() else ""}
