"""What MidJourney's bot says and is not understood: logged once for each kind, and kept for whoever mends the grammar.

Law: nothing that goes wrong here reaches who listens, and the loop never waits: files are written by a thread of their
own. The log shows a kind, never words. A file holds payloads as they came, but for tokens; it is the owner's alone, and
all files together stay below a cap.
"""

import asyncio
import hashlib
import json
import logging
import os
import re
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self

from bot.grammar import payload as payloads
from bot.grammar.ids import is_known
from bot.grammar.reading import Reading, read
from bot.grammar.text import sentence_in
from tasks.domain.events import DiscordEvent, Finished, Informed, Refused
from tasks.domain.ports import Clock

log = logging.getLogger(__name__)

MOST_FILES = 30  # one for each day (UTC)
MOST_BYTES = 32 * 2**20
MOST_KINDS = 500  # in the life of a process: what comes in ever new shapes is no news any more
SAMPLES = 20  # of one kind that are kept: more teach nothing and would push out others

_OURS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.jsonl")
_WORD = re.compile(r"[A-Za-z]{1,20}|[a-z]{1,12}(?:_[a-z0-9]{1,12}){1,4}")
_IFRAME = re.compile(r"(MJ::iframe::)[^\s?&/]+")
_SECRET_KEYS = frozenset({"token", "session_id"})
_MASK = "***"
_BUTTONS = "unknown buttons: "
_TELLING = ("attachments", "interaction", "interaction_metadata", "message_reference", "message_snapshots")
_MARKS = ("**", "** - ", "<@", "%)", "/imagine ", "http")


# ---------------------------------------------------------------- what is strange, and of which kind


def why_strange(name: str, payload: Mapping[str, Any], heard: DiscordEvent | None, error: Exception | None) -> str:
    """What was not understood of it; "" when all was, or when it is not the bot's."""
    if error is not None:
        is_bots = not name.startswith("MESSAGE_") or payloads.is_ours(payload)
        return f"{name} raised {type(error).__name__}" if is_bots else ""
    if isinstance(heard, Refused) and heard.code == "unknown_error":
        return "unknown_error"
    if isinstance(heard, Finished):
        forms = sorted({form(b.custom_id) for b in heard.buttons if not is_known(b.custom_id)})
        return f"{_BUTTONS}{', '.join(forms)}" if forms else ""
    return _strange_words(read(name, payload)) if heard is None or isinstance(heard, Informed) else ""


def _strange_words(reading: Reading) -> str:
    """Words that are none we know. As the answer to an interaction they are passed on, but may be a drawing's."""
    if reading.why == "malformed":
        return "malformed"
    is_answer = reading.kind == "info" and reading.embed is None and reading.seed is None
    is_settings = any(button.custom_id.startswith("MJ::Settings::") for button in reading.buttons)
    return "unknown answer" if is_answer and not is_settings and sentence_in(reading.text) is None else ""


def form(custom_id: str) -> str:
    """A custom_id without what is a job's or a person's own: its words stay, ids and numbers do not."""
    return "::".join(part if _WORD.fullmatch(part) else "#" for part in custom_id.split("::"))


def kind_of(name: str, why: str, payload: Mapping[str, Any]) -> str:
    """A fingerprint of the shape. Of texts only an embed's title counts, which is MidJourney's and names the embed."""
    content = payloads.content(payload)
    shape: list[object] = (
        [why]
        if why.startswith(_BUTTONS)
        else [
            name,
            why,
            payloads.number(payload.get("type")),
            [key for key in _TELLING if payload.get(key)],
            [mark for mark in _MARKS if mark in content],
            [_embed_shape(embed) for embed in payloads.mappings(payload.get("embeds"))],
            sorted({_component_shape(item) for item in payloads.components(payload.get("components"))}),
        ]
    )
    return hashlib.sha256(repr(shape).encode("utf-8", "backslashreplace")).hexdigest()[:8]


def _embed_shape(embed: Mapping[str, Any]) -> tuple[object, ...]:
    title = re.sub(r"[\W\d]+", " ", payloads.text(embed.get("title"))).strip().casefold()
    return sorted(key for key, value in embed.items() if value), payloads.number(embed.get("color")), title


def _component_shape(item: Mapping[str, Any]) -> str:
    return f"{payloads.number(item.get('type'))} {form(payloads.text(item.get('custom_id')))}"


def without_tokens(value: Any, key: str = "") -> Any:
    """The same payload. Messages hold no token; dialogs do, in the ways to their web page."""
    if key in _SECRET_KEYS:
        return _MASK
    if isinstance(value, Mapping):
        return {name: without_tokens(inner, name) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_tokens(inner) for inner in value]
    if not isinstance(value, str):
        return value
    if key == "iframe_path":
        return "/".join(part if not part or _WORD.fullmatch(part) else _MASK for part in value.split("/"))
    return _IFRAME.sub(rf"\1{_MASK}", value)


# ---------------------------------------------------------------- keeping it


class CaptureFolder:
    """Payloads as lines that `python run.py read` takes. Used by one thread; raises OSError."""

    def __init__(self, path: Path, clock: Clock, *, most_files: int, most_bytes: int) -> None:
        self._path = path
        self._clock = clock
        self._most_files = most_files
        self._most_bytes = most_bytes

    def keep(self, name: str, payload: Mapping[str, Any]) -> None:
        text = json.dumps({"event": name, "d": without_tokens(payload)}, ensure_ascii=False, separators=(",", ":"))
        line = text.encode("utf-8", "backslashreplace") + b"\n"  # half a surrogate pair becomes JSON's own escape
        if len(line) > self._most_bytes:
            return
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        day = time.strftime("%Y-%m-%d", time.gmtime(self._clock.now() / 1000))
        path = self._path / f"{day}.jsonl"
        self._make_room(path, len(line))
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
            file.write(line)

    def _make_room(self, path: Path, size: int) -> None:
        """Remove the oldest files. Files that are not called like ours are somebody else's and stay."""
        files = sorted(found for found in self._path.iterdir() if _OURS.fullmatch(found.name))
        sizes = {found: found.stat().st_size for found in files}
        while files and (
            len({*files, path}) > self._most_files or sum(sizes[found] for found in files) + size > self._most_bytes
        ):
            files.pop(0).unlink()


class Captures:
    """`look` is shown every event of our channel. Without a folder what is strange is logged and not kept."""

    def __init__(
        self, folder: Path | None, *, clock: Clock, most_files: int = MOST_FILES, most_bytes: int = MOST_BYTES
    ) -> None:
        self._folder = CaptureFolder(folder, clock, most_files=most_files, most_bytes=most_bytes) if folder else None
        self._seen: Counter[str] = Counter()
        self._has_complained = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="captures")  # starts with the first payload

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """What was begun is written."""
        await asyncio.to_thread(self._thread.shutdown)

    def observe(
        self, name: str, payload: Mapping[str, Any], heard: DiscordEvent | None, error: Exception | None
    ) -> None:
        try:
            why = why_strange(name, payload, heard, error)
            if why:
                self._note(name, payload, why)
        except Exception as trouble:  # a note for later never costs an event
            self._complain(trouble)

    def _note(self, name: str, payload: Mapping[str, Any], why: str) -> None:
        kind = kind_of(name, why, payload)
        if kind not in self._seen:
            if len(self._seen) >= MOST_KINDS:
                return
            then = "the first are kept in CAPTURE_DIR" if self._folder else "set CAPTURE_DIR to keep the next"
            log.warning("MidJourney was not understood: %s (kind %s); %s, see docs/troubleshooting.md", why, kind, then)
        self._seen[kind] += 1
        if self._folder is not None and self._seen[kind] <= SAMPLES:
            self._thread.submit(self._keep, self._folder, name, payload)

    def _keep(self, folder: CaptureFolder, name: str, payload: Mapping[str, Any]) -> None:
        try:
            folder.keep(name, payload)
        except Exception as trouble:  # as above
            self._complain(trouble)

    def _complain(self, trouble: Exception) -> None:
        if not self._has_complained:
            self._has_complained = True
            why = str(trouble) if isinstance(trouble, OSError) else type(trouble).__name__  # others may quote the text
            log.error("what was not understood cannot be kept (%s); this is not logged again", why)
