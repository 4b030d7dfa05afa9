"""The locales papers and screens can be written in, by their own names."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

from school import money
from school.languages import code_of
from school.money import Currency

_EXAMPLE_UNITS = 1_234
_OFFERED = (
    "am-ET ar-EG bn-BD de-DE en-AU en-CA en-GB en-GH en-IE en-IN en-KE en-NG en-NZ en-PK en-TZ en-UG en-US "
    "en-ZA en-ZM es-ES es-MX fa-IR fr-CA fr-CI fr-FR fr-SN hi-IN id-ID it-IT ja-JP ko-KR ms-MY ne-NP nl-NL "
    "pl-PL pt-BR pt-MZ pt-PT ro-RO ru-RU rw-RW si-LK so-SO sw-KE sw-TZ ta-IN th-TH tr-TR uk-UA ur-PK vi-VN "
    "zh-Hans-CN zu-ZA"
)


def offered(chosen: str) -> list[str]:
    """BCP 47 tags by their own names, after the empty one, the browser's own; `chosen` is among them."""
    known = {*_OFFERED.split(), chosen} - {""}
    return ["", *sorted(known, key=lambda tag: own_name(tag).casefold())]


@lru_cache
def own_name(tag: str) -> str:
    """`Português (Brasil)`; the browser's own for an empty tag."""
    if not tag:
        return "As the browser"
    name = Locale.parse(tag, sep="-").get_display_name() or tag
    return name[:1].upper() + name[1:]


def has_words(tag: str) -> bool:
    """Whether papers have words in this language; else they are English."""
    return code_of(tag) is not None


def of_papers(tag: str) -> str:
    """`Français (Sénégal)`, `Polski (Polska) · words in English`"""
    return own_name(tag) if has_words(tag) else f"{own_name(tag)} · words in English"


def example(tag: str, unit: Currency) -> str:
    """The name with an amount written so."""
    if not tag:
        return own_name(tag)
    return f"{own_name(tag)} · {money.show(_EXAMPLE_UNITS * 10**unit.exponent, unit, tag)}"
