"""A keyless translator with MyMemory's API, using a small Chinese-English dictionary.

Contract: `translated` is pure, and its result contains no Chinese. Unknown text becomes `(untranslated 5f3a0c21)`,
different for each text, so that different prompts stay different.
"""

import re
import zlib

from aiohttp import web

from simulator.data.dictionary import PARTICLES, WORDS
from simulator.world.responses import json_response

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_HAN_RUN = re.compile(f"{_HAN.pattern}+")
_PUNCTUATION = str.maketrans(
    {"，": ", ", "。": ". ", "、": ", ", "！": "! ", "？": "? ", "；": "; ", "：": ": ", "（": "(", "）": ")"}
)
_LONGEST = max(map(len, WORDS))


def translated(text: str) -> str:
    """Translate by longest match; text without Chinese stays unchanged."""
    if not _HAN.search(text):
        return text
    pieces = [_HAN_RUN.sub(_stand_in, piece) for piece in _pieces(text.translate(_PUNCTUATION)) if piece]
    english = re.sub(r"\s+", " ", " ".join(pieces)).strip()
    english = re.sub(r"\s+([,.!?;:)])", r"\1", english)
    english = re.sub(r"\ba (?=[aeiou])", "an ", english)
    return english[:1].upper() + english[1:]


def _stand_in(unknown: re.Match[str]) -> str:
    return f" (untranslated {zlib.crc32(unknown.group().encode()):08x}) "


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    unknown = ""
    place = 0
    while place < len(text):
        word = _word_at(text, place)
        if word is None:
            unknown += text[place]
            place += 1
            continue
        pieces += [unknown, WORDS.get(word, "")]
        unknown = ""
        place += len(word)
    return [*pieces, unknown]


def _word_at(text: str, place: int) -> str | None:
    for length in range(min(_LONGEST, len(text) - place), 0, -1):
        word = text[place : place + length]
        if word in WORDS or word in PARTICLES:
            return word
    return None


class SimulatedTranslator:
    def add_routes(self, router: web.UrlDispatcher) -> None:
        for path in ("/translate", "/translate/get"):
            router.add_get(path, self._get)

    async def _get(self, request: web.Request) -> web.Response:
        text, pair = request.query.get("q", ""), request.query.get("langpair", "")
        if not text:
            return _answer("NO QUERY SPECIFIED. EXAMPLE REQUEST: GET?Q=HELLO&LANGPAIR=EN|IT", 403)
        if not re.fullmatch(r"[A-Za-z-]{2,10}\|[A-Za-z-]{2,10}", pair):
            return _answer("INVALID LANGUAGE PAIR SPECIFIED. EXAMPLE: LANGPAIR=EN|IT", 403)
        return _answer(translated(text), 200)


def _answer(text: str, status: int) -> web.Response:
    # MyMemory answers HTTP 200 and puts its status into the body.
    return json_response(
        {
            "responseData": {"translatedText": text, "match": 1},
            "quotaFinished": False,
            "responseDetails": "" if status == 200 else text,
            "responseStatus": status,
            "matches": [],
        }
    )
