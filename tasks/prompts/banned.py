"""Words that are never sent to MidJourney, because repeated attempts block the account.

Contract: matches whole words only, so `gore` does not match `Gorec`. Ignores letter case, width, accents on Latin
letters, invisible characters, digits after a word, and letters that look Latin (`nudе` with a Cyrillic е). Letters of
other scripts are kept in words of their own script: no Russian, Greek or Chinese word becomes a Latin one. Chinese has
no blanks between words: a Chinese word matches anywhere, and a Latin word may touch Chinese. Links are skipped: their
letters say nothing about the picture.

A word does not match inside a compound (`Gore-Tex`), unless the other part is only a qualifier (`half-naked`), nor
inside a phrase that the list marks as harmless (`!Al Gore`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tasks.domain.errors import BadRequest, ServiceError

_DEFAULT = Path(__file__).with_name("banned_words.txt")
_CONFUSABLES = Path(__file__).with_name("confusables.txt")
_LINK = re.compile(r"https?://[^\s<>，。；、！？（）《》「」]+", re.IGNORECASE)
_CJK = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = rf"[^\W_{_CJK}]"  # of a script with blanks between words
_LETTER_BEHIND = rf"[0-9]*[^\W\d_{_CJK}]"  # trailing digits do not make another word
# Unicode's format characters (category Cf) and other invisible ones: joiners, fillers, selectors.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_ACCENTS = re.compile("(?<=[A-Za-z])[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_HAS_ACCENT = re.compile(
    "[\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_WORD = re.compile(r"[^\W_]+")
_DIGIT_INSIDE = re.compile(r"(?<=[a-z])[013457](?=[a-z])")
_DIGITS = str.maketrans("013457", "oieast")
_COMPOUND = re.compile(r"(?<![^\W_])[^\W_]++(?:[-‐‑'’][^\W_]++)+")
_COMPOUND_SIGN = re.compile("[-‐‑'’]")
# Parts of a compound that only qualify its other word: `half-naked`, `gore-filled`.
_DESCRIBING = frozenset(
    (
        "all",
        "and",
        "blood",
        "bloody",
        "covered",
        "drenched",
        "fest",
        "filled",
        "full",
        "fully",
        "half",
        "heavy",
        "hot",
        "inspired",
        "less",
        "like",
        "loving",
        "mostly",
        "near",
        "nearly",
        "no",
        "non",
        "of",
        "partially",
        "partly",
        "pre",
        "quasi",
        "related",
        "s",
        "scene",
        "semi",
        "soaked",
        "splattered",
        "stark",
        "stained",
        "stuffed",
        "style",
        "super",
        "themed",
        "totally",
        "ultra",
        "very",
        "with",
    )
)
# In a harmless phrase: a capitalised word, as in names.
_STAR = (
    r"(?!(?:The|Blood|Bloody|Extreme|Full|Graphic|Heavy|Horror|More|Much|No|Pure|Real|Ultra|Violent|With)\b)"
    r"[A-Z][^\W\d_]+"
)


class BannedWord(BadRequest):
    """The prompt has a word that is not allowed."""

    code = "banned_word"

    def __init__(self, word: str = "") -> None:
        self.word = word
        super().__init__(
            f'The prompt has the word "{word}", which is not allowed.' if word else "",
            hint="Reword it: MidJourney blocks accounts that try such words.",
        )


class BannedWordsUnreadable(ServiceError):
    """The list of banned words cannot be read."""

    code = "banned_words_unreadable"


@lru_cache(maxsize=1)
def _confusables() -> Mapping[int, str]:
    lines = (line.split() for line in _CONFUSABLES.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {ord(sign): letter for letter, signs in lines for sign in signs}


@lru_cache(maxsize=1)
def _look_alike() -> frozenset[str]:
    return frozenset(map(chr, _confusables()))


def _canonical(text: str) -> str:
    """The text without invisible characters, each character in its canonical form."""
    if text.isascii():
        return text
    return _remove_invisible(unicodedata.normalize("NFKC", _remove_invisible(text)))


def _remove_invisible(text: str) -> str:
    # Search for each distinct character: there are few, even in a long text.
    return _UNSEEN.sub("", text) if _UNSEEN.search("".join(set(text))) else text


def _plain(text: str) -> str:
    """The text in the form in which accented words are compared."""
    if text.isascii():
        return " ".join(text.lower().split())
    seen = _canonical(text)
    folded = seen.casefold()
    return " ".join((folded if folded == seen else unicodedata.normalize("NFKC", folded)).split())


def _comparable(text: str) -> str:
    """The plain text without accents on Latin letters, and with Latin letters in place of look-alikes."""
    if not text.isascii():
        signs = set(text)
        if _HAS_ACCENT.search("".join(signs)):
            text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))
        if not _look_alike().isdisjoint(signs):
            text = _WORD.sub(_latin, text)
    return _DIGIT_INSIDE.sub(lambda found: found[0].translate(_DIGITS), text)


def _latin(word: re.Match[str]) -> str:
    """Replace look-alikes by Latin letters in a word of mixed scripts; a word of one script stays."""
    text = word[0]
    if _look_alike().isdisjoint(text):
        return text
    scripts = {_script(sign) for sign in text if sign.isalpha()}
    return text.translate(_confusables()) if len(scripts) > 1 or "LATIN" in scripts else text


def _script(letter: str) -> str:
    return "LATIN" if letter.isascii() else unicodedata.name(letter, "").partition(" ")[0]


def _pattern(word: str) -> str:
    """A pattern for the word with no letter adjacent to it, unless it ends with a Chinese character itself."""
    before = rf"(?<!{_LETTER})" if re.match(_LETTER, word[0]) else ""
    after = rf"(?!{_LETTER_BEHIND})" if re.match(_LETTER, word[-1]) else ""
    return before + re.escape(word) + after


@dataclass(frozen=True, slots=True)
class BannedWords:
    """A list of banned words and phrases in plain form, and of phrases in which they are harmless."""

    words: frozenset[str] = field(default_factory=frozenset)
    harmless: tuple[str, ...] = ()  # `*` stands for a capitalised word

    @classmethod
    def parse(cls, text: str) -> BannedWords:
        """One word or phrase per line; `#` starts a comment, `!` a harmless phrase."""
        lines = [line.split("#")[0].strip() for line in text.removeprefix("\ufeff").splitlines()]
        banned = cls.of(line for line in lines if not line.startswith("!"))
        return cls(banned.words, tuple(" ".join(line[1:].split()) for line in lines if line.startswith("!")))

    @classmethod
    def of(cls, words: Iterable[str]) -> BannedWords:
        return cls(frozenset(filter(None, map(_plain, words))))

    @classmethod
    def default(cls) -> BannedWords:
        """The list shipped with the service."""
        return cls.parse(_DEFAULT.read_text(encoding="utf-8"))

    def find(self, prompt: str) -> str | None:
        """The first banned word in the prompt, as written in the list."""
        text = _LINK.sub(" ", prompt)
        if self._first(text) is None:
            return None
        return self._first(_remove_compounds(_remove_phrases(self.harmless, _canonical(text)), self))

    def _first(self, text: str) -> str | None:
        plain = _plain(text)
        bare = _comparable(plain)
        # Substring search first: one expression for a long list takes seconds to build and is slow on long prompts.
        matches = (
            (re.search(_pattern(word), where), word)
            for word in self.words
            if word in (where := bare if word.isascii() else plain)
        )
        return min(((match.start(), word) for match, word in matches if match), default=(0, None))[1]


def _remove_phrases(phrases: Sequence[str], text: str) -> str:
    """Remove these phrases. A phrase with `*` is matched by its capitals, and never in a text written in capitals
    only."""
    text = " ".join(text.split())
    has_small = any(word.islower() and len(word) > 3 for word in text.split())
    small = text.lower()
    for phrase in phrases:  # substring search first: building an expression for each takes half a second
        if "*" in phrase:
            if has_small and all(part in text for part in phrase.split("*")):
                text = re.sub(rf"\b{re.escape(phrase)}\b".replace(r"\*", _STAR), " , ", text)
        elif phrase.lower() in small:
            text = re.sub(_pattern(phrase), " , ", text, flags=re.IGNORECASE)
    return text


def _remove_compounds(text: str, banned: BannedWords) -> str:
    """Remove compounds, except those of banned words and words that only qualify them."""

    def kept(compound: re.Match[str]) -> str:
        parts = [part for part in _COMPOUND_SIGN.split(_comparable(_plain(compound[0]))) if part]
        counts = all(part.rstrip("0123456789") in banned.words or part in _DESCRIBING for part in parts)
        return compound[0] if counts else " , "

    return _COMPOUND.sub(kept, text)
