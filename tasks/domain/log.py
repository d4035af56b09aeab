"""Logging: one line on stderr per event, with the id of the task concerned.

Contract: the log contains no secret. Each text is masked when it is complete, including arguments, tracebacks and
records of libraries, so that callers need not mask anything. Uncaught errors, which Python would print itself, are
logged the same way. Pass the id as `log.info("finished", extra={"task": task.id})`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Literal, TextIO
from urllib.parse import quote, quote_plus

QUIET = ("discord", "httpx", "httpcore", "aiohttp.access", "asyncio", "aiosqlite")  # whose INFO concerns no task

MASK = "***"
LONG_ENOUGH = 8  # bytes; base64 parts of a shorter secret would match unrelated text

log = logging.getLogger(__name__)


def configure(
    level: str = "INFO",
    fmt: Literal["text", "json"] = "text",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send everything logged to stderr (or `stream`). Called once, at the start."""
    handler = _Handler(stream or sys.stderr)
    handler.setFormatter((JsonLines if fmt == "json" else TextLines)(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.captureWarnings(True)
    sys.excepthook = _on_uncaught
    sys.unraisablehook = _on_unraisable
    threading.excepthook = _on_thread_error


def hide(secrets: Iterable[str]) -> None:
    """Mask these secrets, too, from now on: for secrets that become known while the service runs."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Redacting):
            handler.formatter.hide(secrets)


def _on_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    log.critical("uncaught error", exc_info=(kind, error, trace))


def _on_unraisable(found: sys.UnraisableHookArgs) -> None:
    """Log errors that cannot be caught, for example in a `__del__`."""
    error = found.exc_value
    trouble = None if error is None else (found.exc_type, error, found.exc_traceback)
    log.error("%s: %r", found.err_msg or "ignored error", found.object, exc_info=trouble)


def _on_thread_error(found: threading.ExceptHookArgs) -> None:
    error = found.exc_value
    trouble = None if error is None else (found.exc_type, error, found.exc_traceback)
    log.error("the thread %s died", found.thread.name if found.thread else "", exc_info=trouble)


class _Handler(logging.StreamHandler[TextIO]):
    """Reports a record that cannot be formatted by its location only: the library would print its arguments
    unmasked."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        error = sys.exc_info()[0]
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(
                f"log record lost: {record.name}, {record.filename}:{record.lineno}: "
                f"{error.__name__ if error else ''}\n"
            )


class Masking:
    """Masks secrets in a text, in every form in which libraries write them. Masks too much rather than too little."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        found = {form for secret in secrets if secret for form in forms_of(secret)} - self._forms
        if found:
            self._forms |= found
            # Longest first: one secret may be part of another.
            forms = sorted(self._forms, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, forms)))

    def mask(self, text: str) -> str:
        return self._pattern.sub(MASK, text) if self._pattern else text


class _Redacting(logging.Formatter):
    """Formats a record and masks each secret in every text of it."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._masking = Masking(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        self._masking.add(secrets)

    def mask(self, text: str) -> str:
        return self._masking.mask(text)

    def message(self, record: logging.LogRecord) -> str:
        return self.mask(record.getMessage())

    def task(self, record: logging.LogRecord) -> str | None:
        task = getattr(record, "task", None)
        return None if task is None else self.mask(str(task))

    def trouble(self, record: logging.LogRecord) -> str:
        """The traceback, if there is one."""
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        stack = self.formatStack(record.stack_info) if record.stack_info else ""
        return self.mask("\n".join(part for part in (trace, stack) if part))


class TextLines(_Redacting):
    """`12:34:56 INFO    tasks.tracker task=123 finished`, for people."""

    def format(self, record: logging.LogRecord) -> str:
        task = self.task(record)
        about = f"task={task} " if task else ""
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        # A message of several lines (as prompts can be) is written as one line.
        message = self.message(record).replace("\r", "\\r").replace("\n", "\\n")
        trouble = self.trouble(record)
        return f"{clock} {record.levelname:<7} {record.name} {about}{message}" + (f"\n{trouble}" if trouble else "")


class JsonLines(_Redacting):
    """One JSON object per line: time (UTC), level, logger, task, message, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "task": self.task(record),
            "message": self.message(record),
        }
        if trouble := self.trouble(record):
            fields["traceback"] = trouble
        return json.dumps(fields, ensure_ascii=False)


def forms_of(secret: str) -> Iterator[str]:
    """The secret as it is, as a repr, as JSON, URL-encoded, and in base64, alone or within other text."""
    yield from (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    data = secret.encode("utf-8", "surrogateescape")
    yield from (quote(data, safe=""), quote(data), quote_plus(data))
    if len(data) < LONG_ENOUGH:
        return
    for encode in (b64encode, urlsafe_b64encode):
        for before in range(3):  # three bytes become four letters, so the preceding bytes shift the letters
            letters = encode(bytes(before) + data).decode().rstrip("=")
            first = -(-before * 8 // 6)
            end = (before + len(data)) * 8 // 6
            yield letters[first:end]  # only the letters that depend on nothing but the secret
