"""A prompt taken apart into what is to be translated and what stays, and put together again.

Law: pure. The pieces' texts, joined, are the prompt letter for letter. What stays keeps its bytes and its place:
parameters with their values, URLs, `<…>`, weights, braces and bars; also all text without a Chinese character. Lists
(`--no 树, 水` and `{红, 绿}`) are taken apart item by item, since each comma means something to MidJourney. A
translation brings no such sign of its own, as a brace too many is a drawing too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HAN = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_TOKEN = re.compile(
    r"""
      (?P<url> https?:// [^\s<>，。；、！？（）《》「」]+ )
    | (?P<angle> < [^<>]* > )
    | (?P<parameter> (?<![A-Za-z0-9-]) -- [A-Za-z][A-Za-z0-9_-]*    # also right after a Chinese character
                   | (?<!\S) [—–]{1,2} [A-Za-z][A-Za-z0-9_-]* )     # a keyboard's idea of "--"
    | (?P<weight> :: [ ]? -?[0-9]+(?:\.[0-9]+)? | :: )
    | (?P<mark> [{}|] )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_VALUE = re.compile(r"\s*[^\s，。、；！？]+")
_SEPARATOR = re.compile(r"(,|[，、]\s*)")
_DASHES = re.compile(r"\s*(?:-{2,}|—+)\s*")
_SIGNS = str.maketrans({"–": "-", "{": "(", "}": ")", "|": "/", "<": "(", ">": ")"})
# Parameters that stand alone or often do: the word after them is text.
_BARE = frozenset(
    ("tile", "raw", "hd", "sd", "draft", "fast", "relax", "turbo", "video", "loop", "niji", "test", "testp", "creative")
)


@dataclass(frozen=True, slots=True)
class Piece:
    """`english` is what stands there in the translated prompt; None: a translator must say."""

    text: str
    english: str | None
    url: bool = False
    item: bool = False  # one of a list


def has_chinese(text: str) -> bool:
    return _HAN.search(text) is not None


def count_chinese(text: str) -> int:
    return len(_HAN.findall(text))


def needs_translation(prompt: str) -> bool:
    """Is there Chinese in a part of the prompt that may be translated?"""
    return has_chinese(prompt) and any(piece.english is None for piece in pieces(prompt))


def pieces(prompt: str) -> tuple[Piece, ...]:
    """The prompt taken apart."""
    return tuple(piece for piece in _pieces(prompt) if piece.text)


def joined(parts: Sequence[Piece], english: Sequence[str]) -> str:
    """The prompt put together again; `english` are the translations, in order."""
    translations = iter(english)
    prompt, after_url, foreign = "", False, False
    for piece in parts:
        text = _harmless(next(translations), piece.item) if piece.english is None else piece.english
        # A Chinese character next to a word or a sign needs no blank between them; its English does.
        if (foreign or piece.english is None) and _collide(prompt, text, after_url):
            prompt += " "
        prompt, after_url, foreign = prompt + text, piece.url, piece.english is None
    return prompt


def _harmless(english: str, item: bool) -> str:
    """The translation without signs that mean something to MidJourney; what the user wrote himself is left to him."""
    text = _DASHES.sub(", ", english.strip()).replace("::", ":").translate(_SIGNS)
    return " ".join(text.replace(",", " ").rstrip(" .").split()) if item else text


def _collide(left: str, right: str, after_url: bool) -> bool:
    if not left or not right or left[-1].isspace() or right[0].isspace():
        return False
    if after_url or right.startswith(("--", "—", "–", "http://", "https://")):
        return True
    return (left[-1].isalnum() or left[-1] in "}>)") and (right[0].isalnum() or right[0] in "{<(")


def _pieces(prompt: str) -> Iterator[Piece]:
    reader = _Reader()
    position = 0
    for match in _TOKEN.finditer(prompt):
        yield from reader.text(prompt[position : match.start()])
        yield reader.token(match)
        position = match.end()
    yield from reader.text(prompt[position:])


class _Reader:
    """Knows, while the prompt is read from left to right, what text at this place is."""

    def __init__(self) -> None:
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
            if item.startswith(("，", "、")):
                yield Piece(item, ", ")  # MidJourney knows the ASCII comma alone
            else:
                yield from _words(item, item=True)


def _words(text: str, item: bool = False) -> Iterator[Piece]:
    core = text.strip()
    if not has_chinese(core):
        yield Piece(text, text)
        return
    start = text.index(core)
    before, after = text[:start], text[start + len(core) :]
    yield Piece(before, before)
    yield Piece(core, None, item=item)
    yield Piece(after, after)
