"""The locales papers and screens can be written in, by their own names."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale

from school import money
from school.languages import code_of
from school.money import Currency

_EXAMPLE_UNITS = 1_234
# By tag: its own name, and what stands between thousands and before decimals. Babel says the same of each and
# reads the whole locale for it: 35 MB of them all.
_OFFERED = {
    "am-ET": ("አማርኛ (ኢትዮጵያ)", ",."),
    "ar-EG": ("العربية (مصر)", ",."),
    "bn-BD": ("বাংলা (বাংলাদেশ)", ",."),
    "de-DE": ("Deutsch (Deutschland)", ".,"),
    "en-AU": ("English (Australia)", ",."),
    "en-CA": ("English (Canada)", ",."),
    "en-GB": ("English (United Kingdom)", ",."),
    "en-GH": ("English (Ghana)", ",."),
    "en-IE": ("English (Ireland)", ",."),
    "en-IN": ("English (India)", ",."),
    "en-KE": ("English (Kenya)", ",."),
    "en-NG": ("English (Nigeria)", ",."),
    "en-NZ": ("English (New Zealand)", ",."),
    "en-PK": ("English (Pakistan)", ",."),
    "en-TZ": ("English (Tanzania)", ",."),
    "en-UG": ("English (Uganda)", ",."),
    "en-US": ("English (United States)", ",."),
    "en-ZA": ("English (South Africa)", "\u00a0,"),
    "en-ZM": ("English (Zambia)", ",."),
    "es-ES": ("Español (España)", ".,"),
    "es-MX": ("Español (México)", ",."),
    "fa-IR": ("فارسی (ایران)", ",."),
    "fr-CA": ("Français (Canada)", "\u00a0,"),
    "fr-CI": ("Français (Côte d\u2019Ivoire)", "\u202f,"),
    "fr-FR": ("Français (France)", "\u202f,"),
    "fr-SN": ("Français (Sénégal)", "\u202f,"),
    "hi-IN": ("हिन्दी (भारत)", ",."),
    "id-ID": ("Indonesia (Indonesia)", ".,"),
    "it-IT": ("Italiano (Italia)", ".,"),
    "ja-JP": ("日本語 (日本)", ",."),
    "ko-KR": ("한국어 (대한민국)", ",."),
    "ms-MY": ("Melayu (Malaysia)", ",."),
    "ne-NP": ("नेपाली (नेपाल)", ",."),
    "nl-NL": ("Nederlands (Nederland)", ".,"),
    "pl-PL": ("Polski (Polska)", "\u00a0,"),
    "pt-BR": ("Português (Brasil)", ".,"),
    "pt-MZ": ("Português (Moçambique)", "\u00a0,"),
    "pt-PT": ("Português (Portugal)", "\u00a0,"),
    "ro-RO": ("Română (România)", ".,"),
    "ru-RU": ("Русский (Россия)", "\u00a0,"),
    "rw-RW": ("Ikinyarwanda (U Rwanda)", ".,"),
    "si-LK": ("සිංහල (ශ්\u200dරී ලංකාව)", ",."),
    "so-SO": ("Soomaali (Soomaaliya)", ",."),
    "sw-KE": ("Kiswahili (Kenya)", ",."),
    "sw-TZ": ("Kiswahili (Tanzania)", ",."),
    "ta-IN": ("தமிழ் (இந்தியா)", ",."),
    "th-TH": ("ไทย (ไทย)", ",."),
    "tr-TR": ("Türkçe (Türkiye)", ".,"),
    "uk-UA": ("Українська (Україна)", "\u00a0,"),
    "ur-PK": ("اردو (پاکستان)", ",."),
    "vi-VN": ("Tiếng Việt (Việt Nam)", ".,"),
    "zh-Hans-CN": ("中文 (简体, 中国)", ",."),
    "zu-ZA": ("IsiZulu (iNingizimu Afrika)", ",."),
}


def offered(chosen: str) -> list[str]:
    """BCP 47 tags by their own names, after the empty one, the browser's own; `chosen` is among them."""
    known = {*_OFFERED, chosen} - {""}
    return ["", *sorted(known, key=lambda tag: own_name(tag).casefold())]


@lru_cache
def own_name(tag: str) -> str:
    """`Português (Brasil)`; the browser's own for an empty tag."""
    if not tag:
        return "As the browser"
    if tag in _OFFERED:
        return _OFFERED[tag][0]
    name = Locale.parse(tag, sep="-").get_display_name() or tag
    return name[:1].upper() + name[1:]


def has_words(tag: str) -> bool:
    """Whether papers have words in this language; else they are English."""
    return code_of(tag) is not None


@lru_cache
def of_papers(tag: str) -> str:
    """`Français (Sénégal)`, `Polski (Polska) · words in English`"""
    return own_name(tag) if has_words(tag) else f"{own_name(tag)} · words in English"


def example(tag: str, unit: Currency) -> str:
    """The name with an amount written so."""
    if not tag:
        return own_name(tag)
    minor = _EXAMPLE_UNITS * 10**unit.exponent
    if tag not in _OFFERED:
        return f"{own_name(tag)} · {money.show(minor, unit, tag)}"
    name, marks = _OFFERED[tag]
    return f"{name} · {money.show(minor, unit).translate(str.maketrans(',.', marks))}"
