"""Whether a text in Latin letters is in a language other than English. English must never be taken for another
language.

Contract: pure, and English in doubt: MidJourney understands most other languages, while a needless translation sends
the prompt to a third party and changes it. A language needs two different words of its own (`latin_words`). Words
common in names ("Leonardo da Vinci", "Oscar de la Renta") count as one at most; words inside names and known phrases
("la vie en rose") do not count; each common English word outweighs two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from bot.translation.latin_words import ENGLISH, LANGUAGES, NOUNS_ARE_CAPITALISED, PARTICLES, PHRASES, VIETNAMESE

NEEDED = 2  # different words of one language
MOST_WORDS_FOR_ONE = 8  # a longer text needs one more word per this number of words
MOST_WORDS_OF_A_TITLE = 3  # "la mer", "casa del sol"
OUTWEIGHS = 2  # words of another language, per English word
_NO_TEXT = re.compile(r"(?<!\S)(?:\S[^.\s]*\.[a-z]{2}|[@#])\S*", re.IGNORECASE)  # addresses and handles
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SEGMENT = re.compile(r"[.,;:!?\n()]+")
_VIETNAMESE = re.compile(f"[{VIETNAMESE}]", re.IGNORECASE)
_PHRASES = re.compile(rf"\b(?:{'|'.join(map(re.escape, PHRASES))})\b", re.IGNORECASE)
_LETTERS = str.maketrans({"ı": "i", "ſ": "s", "\u0307": None})  # matched as i and s if case is ignored
_OWN = {name: language.distinctive - ENGLISH for name, language in LANGUAGES.items()}
_EITHER = {name: language.distinctive | language.shared for name, language in LANGUAGES.items()}
_LANGUAGES_OF = {
    word: [name for name, own in _OWN.items() if word in own] for word in frozenset().union(*_OWN.values())
}


def is_foreign(text: str) -> bool:
    """Is the text, or one part between commas, in another language? One part suffices, as keywords are always
    English."""
    plain = _without_phrases(_NO_TEXT.sub(",", text))
    segments = [_WORD.findall(segment) for segment in _SEGMENT.split(plain)]
    if plain.isupper():  # in capitals, names cannot be recognised: the text is checked in lower case
        segments = [[word.lower() for word in words] for words in segments]
    return any(map(_is_foreign, segments)) or _is_foreign([word for words in segments for word in words])


def _without_phrases(text: str) -> str:
    """Searching for each phrase first costs a fraction of the pattern, and few texts contain one."""
    folded = text.lower().translate(_LETTERS) if not text.isascii() else text.lower()
    return _PHRASES.sub(",", text) if any(phrase in folded for phrase in PHRASES) else text


def may_be_foreign(text: str) -> bool:
    """May this be a piece of a foreign prompt? False for plainly English pieces and for pieces without words."""
    words = [word.lower() for word in _WORD.findall(text)]
    return any(len(word) > 1 for word in words) and (is_foreign(text) or not any(word in ENGLISH for word in words))


def _is_foreign(words: Sequence[str]) -> bool:
    if len(words) < NEEDED:
        return False
    needed = max(NEEDED, len(words) // MOST_WORDS_FOR_ONE)
    possible = _possible_languages(words, needed)
    if possible:
        words_found = _indicative_words(words)
        english = words_found & ENGLISH
    for name in possible:
        own = _OWN[name]
        found = (_indicative_words(words, any_case=own) if name in NOUNS_ARE_CAPITALISED else words_found) & own
        names = found & PARTICLES
        score = len(found - names) + (bool(names) and len(words) > MOST_WORDS_OF_A_TITLE)
        if score >= needed + OUTWEIGHS * len(english - _EITHER[name]):
            return True
    return _is_vietnamese(words)


def _possible_languages(words: Sequence[str], needed: int) -> list[str]:
    """The languages with enough different words anywhere in the text; no other can reach the score."""
    own = {word.lower() for word in words} & _LANGUAGES_OF.keys()
    if len(own) < needed:
        return []
    found = Counter(name for word in own for name in _LANGUAGES_OF[word])
    return [name for name, count in found.items() if count >= needed]


def _indicative_words(words: Sequence[str], any_case: frozenset[str] = frozenset()) -> set[str]:
    """The words that indicate the language: those that are neither a name nor inside one."""
    inside = _inside_names(words)
    return {
        word.lower()
        for place, word in enumerate(words)
        if (word.islower() or place == 0 or word.lower() in any_case) and place not in inside
    }


def _inside_names(words: Sequence[str]) -> set[int]:
    """The places of particles between capitals, such as "van der" in "Mies van der Rohe"."""
    inside: set[int] = set()
    run: list[int] = []
    after_capital = False
    for place, word in enumerate(words):
        if word in PARTICLES:
            run.append(place)
            continue
        is_capital = word[0].isupper()
        if after_capital and is_capital:
            inside.update(run)
        run, after_capital = [], is_capital
    return inside


def _is_vietnamese(words: Sequence[str]) -> bool:
    """Whether nearly every word has a letter specific to the language. A foreign dish or two do not suffice."""
    if "".join(words).isascii():
        return False
    marked = sum(bool(_VIETNAMESE.search(word)) for word in words)
    return marked >= 3 and marked * 2 >= len(words)
