"""Splits a prompt into parts to translate and parts to keep, and joins them again.

Contract: pure. The joined parts equal the prompt letter for letter. Kept parts stay unchanged and in place: parameters
with values, URLs, `<…>`, weights, braces and bars, emoji, words in double quotes (they are to be written in the
picture), and English text. Lists (`--no 树, 水` and `{红, 绿}`) are split into items, as each comma means something to
MidJourney. Such signs in a translation are replaced, as one brace too many draws one picture too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.translation import latin, scripts
from tasks.prompts.fixes import DASHES
from tasks.prompts.parameters import KNOWN, Kind

Scope = Literal["all", "non-latin"]  # languages that are translated: every one, or those in other letters alone

_TOKEN = re.compile(
    r"""
      (?P<url> https?:// [^\s<>，。；、！？（）《》「」]+ )
    | (?P<angle> < [^<>]* > )
    | (?P<parameter> (?<![A-Za-z0-9-]) -- [A-Za-z][A-Za-z0-9_-]*    # also right after a Chinese character
                   | (?<!\S) [—–]{1,2} [A-Za-z][A-Za-z0-9_-]* )     # a keyboard's idea of "--"
    | (?P<weight> :: [ ]? -?[0-9]+(?:\.[0-9]+)? | :: )
    | (?P<mark> [{}|] )
    | (?P<quoted> "[^"{}|\n]{1,200}" | “[^”{}|\n]{1,200}” )
    | (?P<emoji> [\U0001f000-\U0001faff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff]
                 [\ufe0e\ufe0f\u200d\U0001f000-\U0001faff\u2600-\u27bf]* )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_VALUE = re.compile(r"\s*[^\s，。、；！？]+")
_WHOLLY_QUOTED = re.compile(r'\s*(?:"[^"]*"|“[^”]*”)\s*(?:\s--.*)?', re.DOTALL)
_SEPARATOR = re.compile(r"(,|[，、،]\s*)")
_DASHES = re.compile(rf"(?:(?<!\s)\s++)?(?:[{DASHES}]{{2,}}|—)\s*")
_COLONS = re.compile("[:：﹕]{2,}")
_SIGNS = str.maketrans({"–": "-", "{": "(", "}": ")", "|": "/", "<": "(", ">": ")"})
# Parameters that stand alone or often do: the word after them is text.
_BARE = frozenset(name for name, known in KNOWN.items() if known.kind is Kind.FLAG or (known.bare and known.is_numeric))


@dataclass(frozen=True, slots=True)
class Piece:
    """`english` is the text in the translated prompt; None: a provider must translate it."""

    text: str
    english: str | None
    url: bool = False
    item: bool = False  # one of a list


def needs_translation(prompt: str, scope: Scope = "all") -> bool:
    """Does a translatable part of the prompt contain a language other than English?"""
    return any(piece.english is None for piece in pieces(prompt, scope))


def pieces(prompt: str, scope: Scope = "all") -> tuple[Piece, ...]:
    """Split the prompt.

    A text in foreign letters is always translated. For a text in Latin letters the words of the whole prompt decide, as
    one item of a list is too little evidence.
    """
    found = [piece for piece in _pieces(prompt) if piece.text]
    words = [piece.text for piece in found if piece.english is None]
    in_latin = scope == "all" and latin.is_foreign("\n".join(text for text in words if not scripts.is_foreign(text)))
    return tuple(_decided(piece, in_latin) if piece.english is None else piece for piece in found)


def _decided(piece: Piece, in_latin: bool) -> Piece:
    foreign = scripts.is_foreign(piece.text) or (in_latin and latin.may_be_foreign(piece.text))
    return piece if foreign else replace(piece, english=piece.text)


def joined(parts: Sequence[Piece], english: Sequence[str]) -> str:
    """Join the pieces; `english`: the translations, in order."""
    translations = iter(english)
    prompt, after_url, foreign = "", False, False
    for piece in parts:
        text = _harmless(next(translations), piece.item) if piece.english is None else piece.english
        # A Chinese character needs no blank before a word or sign; its English does.
        if (foreign or piece.english is None) and _collide(prompt, text, after_url):
            prompt += " "
        prompt, after_url, foreign = prompt + text, piece.url, piece.english is None
    return prompt


def _harmless(english: str, item: bool) -> str:
    """The translation without signs that MidJourney interprets; signs in the user's own text stay."""
    text = _COLONS.sub(":", _DASHES.sub(", ", english.strip())).translate(_SIGNS)
    return " ".join(text.replace(",", " ").rstrip(" .").split()) if item else text


def _collide(left: str, right: str, after_url: bool) -> bool:
    if not left or not right or left[-1].isspace() or right[0].isspace():
        return False
    if after_url or right.startswith(("--", "—", "–", "http://", "https://")):
        return True
    return (left[-1].isalnum() or left[-1] in '}>)"”') and (right[0].isalnum() or right[0] in '{<("“')


def _pieces(prompt: str) -> Iterator[Piece]:
    reader = _PromptReader(keeps_quotes=not _WHOLLY_QUOTED.fullmatch(prompt))
    position = 0
    for match in _TOKEN.finditer(prompt):
        if match.lastgroup == "quoted" and not reader.keeps_quotes:
            continue
        yield from reader.text(prompt[position : match.start()])
        yield reader.token(match)
        position = match.end()
    yield from reader.text(prompt[position:])


class _PromptReader:
    """Classifies text while the prompt is read from left to right."""

    def __init__(self, *, keeps_quotes: bool) -> None:
        self.keeps_quotes = keeps_quotes  # not if the whole text is in quotes
        self._braces = 0
        self._in_no = False
        self._value_next = False

    def token(self, match: re.Match[str]) -> Piece:
        text = match.group()
        if match.lastgroup == "parameter":
            name = text.lstrip("-—–").lower()
            self._in_no = name == "no"
            self._value_next = not self._in_no and name not in _BARE
        else:
            self._value_next = False  # it is the value: `--sref https://…`
            self._braces = max(0, self._braces + {"{": 1, "}": -1}.get(text, 0))
        return Piece(text, text, url=match.lastgroup == "url")

    def text(self, text: str) -> Iterator[Piece]:
        if self._value_next and (value := _VALUE.match(text)):
            self._value_next = False
            yield Piece(value.group(), value.group())
            text = text[value.end() :]
        if not (self._in_no or self._braces):
            yield from _words(text)
            return
        for item in _SEPARATOR.split(text):
            if item.startswith(("，", "、", "،")):
                yield Piece(item, ", ")  # MidJourney knows only the ASCII comma
            else:
                yield from _words(item, item=True)


def _words(text: str, item: bool = False) -> Iterator[Piece]:
    core = text.strip()
    if not any(map(str.isalpha, core)):
        yield Piece(text, text)
        return
    start = text.index(core)
    before, after = text[:start], text[start + len(core) :]
    yield Piece(before, before)
    yield Piece(core, None, item=item)
    yield Piece(after, after)
