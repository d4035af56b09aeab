"""Words that are not sent to MidJourney, as repeated tries with them block the account.

Law: whole words only, so that `gore` is not found in `Gorec`; letter case, width and the blanks of a phrase do not
matter. Chinese has no blanks between words: a Chinese word is found anywhere, and a Latin word may touch Chinese.
Links are not looked into: their letters say nothing about the picture.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tasks.errors import BadRequest, ServiceError

_DEFAULT = Path(__file__).with_name("banned_words.txt")
_LINK = re.compile(r"https?://[^\s<>，。；、！？（）《》「」]+", re.IGNORECASE)
_CJK = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = rf"[^\W_{_CJK}]"  # of a script that puts blanks between its words


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


def _plain(text: str) -> str:
    """The text as words are compared."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _pattern(word: str) -> str:
    """Finds the word where no letter touches its ends, unless the end is a Chinese character itself."""
    before = rf"(?<!{_LETTER})" if re.match(_LETTER, word[0]) else ""
    after = rf"(?!{_LETTER})" if re.match(_LETTER, word[-1]) else ""
    return before + re.escape(word) + after


@dataclass(frozen=True, slots=True)
class BannedWords:
    """A list of banned words and phrases, each in its plain form."""

    words: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def parse(cls, text: str) -> BannedWords:
        """One word or phrase per line; `#` begins a comment."""
        return cls.of(line.split("#")[0] for line in text.removeprefix("\ufeff").splitlines())

    @classmethod
    def of(cls, words: Iterable[str]) -> BannedWords:
        return cls(frozenset(filter(None, (" ".join(_plain(word).split()) for word in words))))

    @classmethod
    def default(cls) -> BannedWords:
        """The list that comes with the service."""
        return cls.parse(_DEFAULT.read_text(encoding="utf-8"))

    def find(self, prompt: str) -> str | None:
        """The first banned word in the prompt, as the list has it."""
        text = " ".join(_plain(_LINK.sub(" ", prompt)).split())
        # A plain search first: one expression of a long list takes seconds to build and is slow on long prompts.
        matches = ((re.search(_pattern(word), text), word) for word in self.words if word in text)
        return min(((match.start(), word) for match, word in matches if match), default=(0, None))[1]
