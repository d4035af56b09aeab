"""The log: its shape in both formats, and that no secret leaves through it."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
import warnings
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Literal
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain import log
from tasks.domain.log import MASK, Masking

SECRETS = ("MTA4.token", 'api"sec\\ret', "MTA4")
Write = Callable[[], list[str]]
FORMATS: tuple[Literal["text", "json"], ...] = ("text", "json")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in log.QUIET}
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    yield
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks
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
    logging.getLogger("tasks.tracking.tracker").info("finished after %d s", 12, extra={"task": "123"})
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d INFO    tasks\.tracking\.tracker task=123 finished after 12 s\n", stream.getvalue()
    )


def test_text_without_a_task_and_with_a_prompt_of_two_lines() -> None:
    stream = start("text")
    logging.getLogger("api").warning("asked: %s", "a cat\na dog")
    assert stream.getvalue().endswith(" WARNING api asked: a cat\\na dog\n")


def test_json_is_one_object_a_line() -> None:
    stream = start("json")
    logging.getLogger("tasks.tracking.tracker").info("画好了", extra={"task": "123"})
    logging.getLogger("bot").error("two\nlines")
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("time"))
    assert first == {"level": "INFO", "logger": "tasks.tracking.tracker", "task": "123", "message": "画好了"}
    assert (second["task"], second["message"]) == (None, "two\nlines")


@pytest.mark.parametrize("fmt", FORMATS)
def test_no_secret_leaves_in_messages_arguments_tracebacks_or_stacks(fmt: Literal["text", "json"]) -> None:
    stream = start(fmt)
    logger = logging.getLogger("bot.account")
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


LONG = "p&ss wörd/MTA4+token"


@pytest.mark.parametrize("around", ["", "me:", "me::", "you:;", "a longer name:"])
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_base64_hides_nothing_wherever_it_stands(encode: Callable[[bytes], bytes], around: str) -> None:
    masking = Masking([LONG])
    text = encode(f"{around}{LONG}{around}".encode()).decode()
    masked = masking.mask(f"Authorization: Basic {text}")
    assert MASK in masked
    left = masked.removeprefix("Authorization: Basic ").replace(MASK, "")
    assert len(left) <= len(text) - (len(LONG.encode()) - 2) * 4 // 3


@pytest.mark.parametrize("form", [quote(LONG), quote(LONG, safe=""), quote_plus(LONG), repr(LONG), json.dumps(LONG)])
def test_every_form_in_which_a_secret_is_written_is_masked(form: str) -> None:
    assert Masking([LONG]).mask(f"a {form} b") in (f"a {MASK} b", f"a '{MASK}' b", f'a "{MASK}" b')


@given(st.text(min_size=1), st.text(), st.text())
def test_no_text_keeps_its_secret(secret: str, before: str, after: str) -> None:
    masked = Masking([secret]).mask(before + secret + after)
    assert secret not in masked.replace(MASK, "\0") or secret == "\0"


def test_what_python_prints_of_uncaught_errors_is_masked() -> None:
    stream = start("text")

    class Breaks:
        def __del__(self) -> None:
            raise ValueError(SECRETS[0])

    def fail() -> None:
        raise ValueError(SECRETS[0])

    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    thread = threading.Thread(target=fail, name="the one that fails")
    thread.start()
    thread.join()
    broken = Breaks()
    del broken
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(SECRETS[0], stacklevel=1)
    text = stream.getvalue()
    assert text.count("ValueError: ***") == 3
    assert "the one that fails" in text
    assert "UserWarning: ***" in text
    assert "MTA4" not in text


def test_what_becomes_known_later_is_masked_from_then_on() -> None:
    stream = start("json")
    log.hide(["a token of today"])
    logging.getLogger("bot").info("a token of today, %s", SECRETS[0])
    assert json.loads(stream.getvalue())["message"] == "***, ***"


def test_a_line_that_cannot_be_formatted_shows_nothing_of_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    stream = start("text")
    logging.getLogger("bot").info("%d", SECRETS[0])
    assert "log record lost: bot, test_log.py" in stream.getvalue()
    assert "MTA4" not in stream.getvalue() + "".join(capsys.readouterr())


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
