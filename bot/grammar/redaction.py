"""Discord's payloads without persons, secrets and pictures, for a report that its user can send in.

Contract: an allow-list. A field that is not listed is replaced by its type and length. Ids, words and numbers that may
name somebody become pseudonyms, stable within one `Redactor`, so that two equal values stay equal. What remains is
MidJourney's fixed wording, Discord's types and flags, and the shape. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.grammar.ids import BOTS

DEEPEST = 32  # levels; deeper values are replaced
LONGEST_LIST = 200  # entries of a list
_DAY = 86_400_000  # ms
_FIRST_ID = 1_000_000_000_000_000_000
_LONGEST_ID = 20  # digits
_BIGGEST = 0xFFFFFF  # the largest number that is kept: a colour

# Fields by the kind of their value.
_CONTAINERS_LISTED = """
    author attachments embeds components component fields footer mentions message_reference interaction user
    options interaction_metadata emoji image video thumbnail accessory items media referenced_message message
"""
_CONTAINERS = frozenset(_CONTAINERS_LISTED.split())
_IDS_LISTED = """
    id channel_id guild_id nonce message_id application_id webhook_id interacted_message_id
    original_response_message_id
"""
_IDS = frozenset(_IDS_LISTED.split())
_NUMBERS_LISTED = """
    type flags style color width height component_type spoiler position
"""
_NUMBERS = frozenset(_NUMBERS_LISTED.split())
_TRUTHS_LISTED = """
    bot tts pinned mention_everyone disabled inline animated default ephemeral
"""
_TRUTHS = frozenset(_TRUTHS_LISTED.split())
_TEXTS_LISTED = """
    content title description text label value name filename custom_id placeholder
"""
_TEXTS = frozenset(_TEXTS_LISTED.split())
# Fields with the id of a message or an interaction, and objects that have one.
_DATED = frozenset(
    {
        "nonce",
        "message_id",
        "interacted_message_id",
        "original_response_message_id",
        "interaction",
        "interaction_metadata",
        "referenced_message",
    }
)
_TYPES = frozenset(["image/png", "image/webp", "image/jpeg", "image/gif", "video/mp4"])
_RICH = frozenset(["rich", "image", "video", "gifv", "link", "article"])

# MidJourney's and Discord's fixed words. Any other word becomes a pseudonym.
_WORDS_LISTED = """
    a accept account acknowledge action actions active admin again all already also an analyzer and animate
    animated animating anime appeal application are art as aspect at ban banned basic be been big blend blocked
    bookmark button by cancel canceljob cancelled captcha center chaos clip closed command complete concurrent
    continue could create creating creative credits cref custom customzoom cw danger default denied describe
    detected disabled discord done down draft duplicate empty error exhausted exp explained explore extend failed
    fast fields filters for full generate gif grid has have hd hey high hours iframe image imagemodal images
    imagine imaginemodal in index info inpaint input internal invalid is it iw job jobs join jpeg jpg left less
    lifetime light limit link lock loop loud low make making mega message mid middle midjourney mj mod modal mode
    model moderator moodboard more motion move mp4 new newprompt niji no not note now of off on open oref organize
    original our out outpaint output ow p pan panmodal parameter parameters paused pending per personalize pic
    picread picreader plan please png pressed pro process processing profile progress prompt promptanalyzer
    promptfield prompts public q quality queue queued quick ratio raw reached redo region relax relaxed remaining
    remix remixmodal repeat request required reroll rerolling restricted result retry right run running seconds
    seed settings show simple slow solo something sorry sref standard start stealth step stop stopped strong style
    stylize submit subscription subtle success sv sw task terms text the this tile time title to too tos turbo
    unrecognized up update upsample upscale upscaled upscaling usage use using v variability variation variations
    vary version versionselector video videos virtual visibility waiting was web webp website weird went with
    wrong you your zoom
"""
_WORDS = frozenset(_WORDS_LISTED.split())
_HOSTS_LISTED = """
    midjourney.com www.midjourney.com cdn.midjourney.com docs.midjourney.com s.mj.run cdn.discordapp.com
    media.discordapp.net discord.com
"""
_HOSTS = frozenset(_HOSTS_LISTED.split())

_TOKEN = re.compile(
    r"(?P<guid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})"
    r"|(?P<url>https?://[^\s<>()\"'|]+)"
    r"|(?P<percent>\([0-9]{1,3}%\))"
    r"|(?P<index>#[1-9](?![0-9]))"
    r"|(?P<mention><@!?(?P<user>[0-9]+)>)"
    r"|(?P<model>--(?:v|version|niji|video) [0-9](?:\.[0-9])?(?![0-9.]))"
    r"|(?P<ratio>--(?:ar|aspect) [0-9]{1,2}:[0-9]{1,2}(?![0-9:]))"
    r"|(?P<part>::[0-9]{1,3}(?=::|\Z))"
    r"|(?P<grid>(?<=grid_)[0-9](?![0-9]))"
    r"|(?P<id>[0-9]{15,20})"
    r"|(?P<number>\d+)"
    r"|(?P<word>[^\W\d_]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_KEPT = frozenset(" \n\t!\"#%&'()*+,-./:;<=>?@[]_`|~…—–’“”\u200b")


class Redactor:
    """Replaces values in payloads. Use one for a whole report: the same value always becomes the same pseudonym."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {bot: bot for bot in BOTS}
        self._guids: dict[str, str] = {}
        self._words: dict[str, str] = {}

    def payload(self, value: Any) -> Any:
        """The payload with allowed fields only."""
        return self._object(value, DEEPEST, is_dated=True) if isinstance(value, Mapping) else _shape(value)

    def text(self, text: str) -> str:
        """The text with MidJourney's words, and pseudonyms for all others."""
        return _TOKEN.sub(self._token, text)

    def _object(self, value: Mapping[str, Any], levels: int, *, is_dated: bool = False) -> dict[str, Any]:
        """`is_dated`: the object's own id is that of a message or an interaction."""
        return {
            name if name in _ALLOWED else f"field{number}": self._field(name, each, levels, is_dated)
            for number, (name, each) in enumerate(value.items())
        }

    def _field(self, name: str, value: Any, levels: int, is_dated: bool) -> Any:
        if value is None or (name in _TRUTHS and isinstance(value, bool)):
            return value
        if name in _CONTAINERS and levels and isinstance(value, Mapping):
            return self._object(value, levels - 1, is_dated=name in _DATED)
        if name in _CONTAINERS and levels and isinstance(value, list):
            items = value[:LONGEST_LIST]
            return [self._object(each, levels - 1) if isinstance(each, Mapping) else _shape(each) for each in items]
        if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _BIGGEST:
            return value
        return self._string(name, value, is_dated=is_dated) if isinstance(value, str) else _shape(value)

    def _string(self, name: str, value: str, *, is_dated: bool) -> str:
        if name in _IDS and value.isascii() and value.isdigit():
            return self._id(value, is_dated=name in _DATED or (name == "id" and is_dated))
        if name in _TEXTS:
            return self.text(value)
        if name == "url":
            return self._url(value)
        if (name == "content_type" and value in _TYPES) or (name == "type" and value in _RICH):
            return value
        return _shape(value)

    def _token(self, found: re.Match[str]) -> str:
        kind, token = found.lastgroup, found.group()
        match kind:
            case "guid":
                return self._guids.setdefault(token.lower(), f"00000000-0000-4000-8000-{len(self._guids):012d}")
            case "url":
                return self._url(token)
            case "mention" | "user":
                return f"<@{self._id(found['user'])}>"
            case "percent" | "index" | "model" | "ratio" | "part" | "grid":
                return token
            case "id":
                return self._id(token)
            case "number":
                return "0" * len(token)
            case "word":
                return token if token.casefold() in _WORDS else self._word(token)
        return token if token in _KEPT else "?"

    def _id(self, given: str, *, is_dated: bool = False) -> str:
        """A made-up id. That of a message keeps its day, as the grammar reads older messages in another way."""
        day = (int(given) >> 22) // _DAY * _DAY if is_dated and len(given) <= _LONGEST_ID else None
        number = len(self._ids)
        made = _FIRST_ID + number if day is None else (day + number) << 22
        return self._ids.setdefault(given, str(made))

    def _word(self, given: str) -> str:
        """A made-up word: "zq" and the letters of its number."""
        number = self._words.setdefault(given.casefold(), str(len(self._words)))
        return "zq" + "".join(chr(ord("a") + int(digit)) for digit in number)

    def _url(self, given: str) -> str:
        """A known host with the ids and file of the path; any other address is replaced as a whole."""
        host, _, path = given.partition("://")[2].partition("/")
        if host.casefold() not in _HOSTS:
            return "https://example.invalid/" + self._word(given)
        return f"https://{host.casefold()}/{self.text(path.partition('?')[0].replace('://', ''))}"


_ALLOWED = _CONTAINERS | _IDS | _NUMBERS | _TRUTHS | _TEXTS | {"url", "content_type"}


def _shape(value: Any) -> str:
    """The type and length of a value."""
    return f"{type(value).__name__}:{len(value)}" if isinstance(value, str | list | dict) else type(value).__name__
