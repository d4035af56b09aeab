"""The log: one line on stderr for each thing that happened, with the id of the task it happened to.

Law: no secret leaves through here. Every text is masked when it is complete, arguments and tracebacks included and
libraries' records too, so that no caller has to think of it. Standard library only; imports nothing of ours.
The id is said as `log.info("finished", extra={"task": task.id})`.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterable
from typing import Literal, TextIO

QUIET = ("discord", "httpx", "httpcore", "aiohttp.access", "asyncio", "aiosqlite")  # their own INFO is not about tasks
MASK = "***"


def configure(
    level: str = "INFO",
    fmt: Literal["text", "json"] = "text",
    secrets: Iterable[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send everything logged to stderr (or `stream`). Called once, at the start; again, it replaces what was."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter((JsonLines if fmt == "json" else TextLines)(secrets))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.captureWarnings(True)


class _Redacting(logging.Formatter):
    """Formats a record and masks each secret in every text of it."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        # The longest first: one secret may be part of another.
        self._secrets = sorted({form for secret in secrets if secret for form in _forms(secret)}, key=len, reverse=True)

    def mask(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text

    def message(self, record: logging.LogRecord) -> str:
        return self.mask(record.getMessage())

    def task(self, record: logging.LogRecord) -> str | None:
        task = getattr(record, "task", None)
        return None if task is None else self.mask(str(task))

    def trouble(self, record: logging.LogRecord) -> str:
        """The traceback, where there is one."""
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        stack = self.formatStack(record.stack_info) if record.stack_info else ""
        return self.mask("\n".join(part for part in (trace, stack) if part))


class TextLines(_Redacting):
    """`12:34:56 INFO    tasks.tracker task=123 finished`, for people."""

    def format(self, record: logging.LogRecord) -> str:
        task = self.task(record)
        about = f"task={task} " if task else ""
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        # A message of several lines (a prompt may have them) stays one line.
        message = self.message(record).replace("\r", "\\r").replace("\n", "\\n")
        trouble = self.trouble(record)
        return f"{clock} {record.levelname:<7} {record.name} {about}{message}" + (f"\n{trouble}" if trouble else "")


class JsonLines(_Redacting):
    """One JSON object a line: time (UTC), level, logger, task, message, and a traceback where there is one."""

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


def _forms(secret: str) -> tuple[str, ...]:
    """The secret as it is, as a repr shows it, and as JSON inside a message does."""
    return (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
