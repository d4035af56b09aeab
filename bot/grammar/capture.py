"""Logs each kind of message that the grammar does not understand once, and keeps samples for whoever extends the
grammar.

Contract: no error leaves this module, and the event loop never waits: a separate thread writes the files. The log shows
a kind, never words. A file holds the payloads unchanged except for tokens; only its owner can read it, and all files
together stay below a cap.
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
from bot.grammar.ids import WORD, form, is_known
from bot.grammar.reading import Reading, read
from bot.grammar.text import sentence_in
from tasks.domain.events import DiscordEvent, Finished, Informed, Refused
from tasks.domain.ports import Clock

log = logging.getLogger(__name__)

MOST_FILES = 30  # one for each day (UTC)
MOST_BYTES = 32 * 2**20
MOST_KINDS = 500  # per process: endlessly new shapes are no news
SAMPLES = 20  # kept per kind: more teach nothing and would displace other kinds

_CAPTURE_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.jsonl")
_IFRAME = re.compile(r"(MJ::iframe::)[^\s?&/]+")
_SECRET_KEYS = frozenset({"token", "session_id"})
_MASK = "***"
_BUTTONS = "unknown buttons: "
_SHAPE_KEYS = ("attachments", "interaction", "interaction_metadata", "message_reference", "message_snapshots")
_MARKS = ("**", "** - ", "<@", "%)", "/imagine ", "http")


# ---------------------------------------------------------------- what was not understood, and of which kind


def why_not_understood(
    name: str, payload: Mapping[str, Any], event: DiscordEvent | None, error: Exception | None
) -> str:
    """The part that was not understood; "" if there is none, or if the message is not from the bot."""
    if error is not None:
        is_bots = not name.startswith("MESSAGE_") or payloads.is_from_bot(payload)
        return f"{name} raised {type(error).__name__}" if is_bots else ""
    if isinstance(event, Refused) and event.code == "unknown_error":
        return "unknown_error"
    if isinstance(event, Finished):
        forms = sorted({form(b.custom_id) for b in event.buttons if not is_known(b.custom_id)})
        return f"{_BUTTONS}{', '.join(forms)}" if forms else ""
    return _unknown_words(read(name, payload)) if event is None or isinstance(event, Informed) else ""


def _unknown_words(reading: Reading) -> str:
    """Unknown words. An answer to an interaction is passed on, but may belong to a drawing."""
    if reading.why == "malformed":
        return "malformed"
    is_answer = reading.kind == "info" and reading.embed is None and reading.seed is None
    is_settings = any(button.custom_id.startswith("MJ::Settings::") for button in reading.buttons)
    return "unknown answer" if is_answer and not is_settings and sentence_in(reading.text) is None else ""


def kind_of(name: str, why: str, payload: Mapping[str, Any]) -> str:
    """A fingerprint of the shape. The only text in it is an embed's title, which MidJourney writes and which names
    it."""
    content = payloads.content(payload)
    shape: list[object] = (
        [why]
        if why.startswith(_BUTTONS)
        else [
            name,
            why,
            payloads.number(payload.get("type")),
            [key for key in _SHAPE_KEYS if payload.get(key)],
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
    """The payload with tokens masked. Messages contain no token; dialogs do, in the path of their web page."""
    if key in _SECRET_KEYS:
        return _MASK
    if isinstance(value, Mapping):
        return {name: without_tokens(inner, name) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_tokens(inner) for inner in value]
    if not isinstance(value, str):
        return value
    if key == "iframe_path":
        return "/".join(part if not part or WORD.fullmatch(part) else _MASK for part in value.split("/"))
    return _IFRAME.sub(rf"\1{_MASK}", value)


# ---------------------------------------------------------------- files


class CaptureFolder:
    """Writes payloads as lines for `python run.py read`. Used by one thread; raises OSError."""

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
        """Remove the oldest capture files. Files with other names stay."""
        files = sorted(found for found in self._path.iterdir() if _CAPTURE_NAME.fullmatch(found.name))
        sizes = {found: found.stat().st_size for found in files}
        while files and (
            len({*files, path}) > self._most_files or sum(sizes[found] for found in files) + size > self._most_bytes
        ):
            files.pop(0).unlink()


class Captures:
    """`observe` receives every event of the channel. Without a folder, unknown messages are logged and not kept."""

    def __init__(
        self, folder: Path | None, *, clock: Clock, most_files: int = MOST_FILES, most_bytes: int = MOST_BYTES
    ) -> None:
        self._folder = CaptureFolder(folder, clock, most_files=most_files, most_bytes=most_bytes) if folder else None
        self._seen: Counter[str] = Counter()
        self._failure_logged = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="captures")  # starts with the first payload

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Finish the writes that have begun."""
        await asyncio.to_thread(self._thread.shutdown)

    def observe(
        self, name: str, payload: Mapping[str, Any], event: DiscordEvent | None, error: Exception | None
    ) -> None:
        try:
            why = why_not_understood(name, payload, event, error)
            if why:
                self._note(name, payload, why)
        except Exception as failure:  # a capture never costs an event
            self._log_failure(failure)

    def _note(self, name: str, payload: Mapping[str, Any], why: str) -> None:
        kind = kind_of(name, why, payload)
        if kind not in self._seen:
            if len(self._seen) >= MOST_KINDS:
                return
            then = "samples are kept in CAPTURE_DIR" if self._folder else "set CAPTURE_DIR to keep samples"
            log.warning("MidJourney was not understood: %s (kind %s); %s, see docs/troubleshooting.md", why, kind, then)
        self._seen[kind] += 1
        if self._folder is not None and self._seen[kind] <= SAMPLES:
            self._thread.submit(self._keep, self._folder, name, payload)

    def _keep(self, folder: CaptureFolder, name: str, payload: Mapping[str, Any]) -> None:
        try:
            folder.keep(name, payload)
        except Exception as failure:  # as above
            self._log_failure(failure)

    def _log_failure(self, failure: Exception) -> None:
        if not self._failure_logged:
            self._failure_logged = True
            why = (
                str(failure) if isinstance(failure, OSError) else type(failure).__name__
            )  # other errors may quote the text
            log.error("cannot write captures (%s); further failures are not logged", why)
