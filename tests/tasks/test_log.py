"""The log: its shape in both formats, and that no secret leaves through it."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from tasks import log

SECRETS = ("MTA4.token", 'api"sec\\ret', "MTA4")
Write = Callable[[], list[str]]
FORMATS: tuple[Literal["text", "json"], ...] = ("text", "json")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in log.QUIET}
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, quiet in levels.items():
        logging.getLogger(name).setLevel(quiet)


def start(fmt: Literal["text", "json"], level: str = "INFO") -> io.StringIO:
    stream = io.StringIO()
    log.configure(level, fmt, SECRETS, stream)
    return stream


def test_text_is_one_line_with_the_task() -> None:
    stream = start("text")
    logging.getLogger("tasks.tracker").info("finished after %d s", 12, extra={"task": "123"})
    assert re.fullmatch(r"\d\d:\d\d:\d\d INFO    tasks\.tracker task=123 finished after 12 s\n", stream.getvalue())


def test_text_without_a_task_and_with_a_prompt_of_two_lines() -> None:
    stream = start("text")
    logging.getLogger("api").warning("asked: %s", "a cat\na dog")
    assert stream.getvalue().endswith(" WARNING api asked: a cat\\na dog\n")


def test_json_is_one_object_a_line() -> None:
    stream = start("json")
    logging.getLogger("tasks.tracker").info("画好了", extra={"task": "123"})
    logging.getLogger("bot").error("two\nlines")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("time"))
    assert first == {"level": "INFO", "logger": "tasks.tracker", "task": "123", "message": "画好了"}
    assert (second["task"], second["message"]) == (None, "two\nlines")


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_secret_leaves_in_messages_arguments_tracebacks_or_stacks(fmt: Literal["text", "json"]) -> None:
    stream = start(fmt)
    logger = logging.getLogger("bot.client")
    logger.info("logged in with MTA4.token")
    logger.info("headers %s", {"Authorization": SECRETS[0], "mj-api-secret": SECRETS[1]})
    logger.info("plain %s", SECRETS[1])
    logger.info("for %s", "x", extra={"task": SECRETS[0]})
    try:
        raise ValueError(f"401 for {SECRETS[0]} and {SECRETS[1]}")
    except ValueError as error:
        try:
            raise RuntimeError("could not start") from error
        except RuntimeError:
            logger.exception("failed with %r", SECRETS[1], stack_info=True)
    text = stream.getvalue()
    assert "Traceback" in text
    assert text.count("***") >= 8
    for part in ("MTA4", ".token", "sec\\ret", "sec\\\\ret"):
        assert part not in text
    if fmt == "json":
        assert all(json.loads(line) for line in text.splitlines())


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_library_is_quiet_and_redacted(fmt: Literal["text", "json"]) -> None:
    stream = start(fmt)
    logging.getLogger("discord.http").info("not to be seen")
    logging.getLogger("aiohttp.access").info("GET /")
    logging.getLogger("httpx").warning("seen, without MTA4.token")
    assert len(stream.getvalue().splitlines()) == 1
    assert "seen, without ***" in stream.getvalue()


def test_the_level_holds_for_libraries_too() -> None:
    stream = start("text", "ERROR")
    logging.getLogger("httpx").warning("no")
    logging.getLogger("tasks").warning("no")
    logging.getLogger("tasks").error("yes")
    assert len(stream.getvalue().splitlines()) == 1


def test_configured_twice_it_still_writes_once() -> None:
    start("text")
    stream = start("text")
    logging.getLogger("tasks").info("once")
    assert len(stream.getvalue().splitlines()) == 1
