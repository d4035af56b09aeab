"""Every text of a caller, of Discord or of a translator is read in linear time, whatever it repeats.

Each pattern that a module of `tasks`, `bot` or `api` keeps is tried in the way its module uses it, with texts made from
the pattern itself: what leads to each of its repeats, and then that repeat over and over. The readers that are made of
several patterns and loops are tried with what people and programs repeat.
"""

from __future__ import annotations

import ast
import inspect
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from itertools import product
from pkgutil import walk_packages
from re import _constants as constants  # how a pattern is built is told nowhere else
from re import _parser as parser
from types import ModuleType
from typing import Any

import msgspec
import pytest

import api
import bot
import tasks
from api.http.request_fields import form_pairs
from api.mj.body import Body
from api.mj.requests import simple_change_of
from bot.grammar.embeds import embed, plain
from bot.grammar.ids import button_form, dialog_form, first_guid, last_guid
from bot.grammar.text import command_prompt, drawing, seed_in, sentence_in
from bot.translation.latin import is_foreign
from bot.translation.prompts import joined, pieces
from bot.translation.providers.chat import cleaned
from bot.translation.providers.mymemory import parts
from tasks.domain.errors import ServiceError
from tasks.prompts.banned import BannedWords
from tasks.prompts.check import PromptRules, check
from tasks.prompts.echo import misfit, normalise
from tasks.prompts.images import from_data_url
from tasks.prompts.permutations import permutations_of
from tasks.rules.buttons import numbered

LENGTH = 6000  # characters
SECONDS = 0.15  # of the processor; each needs some milliseconds, and what is not linear needed several times this

# ---------------------------------------------------------------- patterns

NOT_OF_OTHERS = ("api.ops.console_bundle",)  # reads the console's own files
SEARCHING = frozenset({"search", "sub", "subn", "finditer", "findall", "split"})
ANCHORED = frozenset({"match", "fullmatch"})
COMMON = ("[", "(", "*", " ", "\n", "-", "1", "a", "a ", ":", '"', "1\u20e3", "<@", "http://", "é", "一", "\t\n", "a-")
CHARACTERS = "a1 -A:(*#\n一" + "".join(map(chr, range(33, 127)))

Repeat = tuple[str, str]  # what leads to it, and what is repeated


def of_patterns(value: object) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Mapping):
        yield from of_patterns([*value, *value.values()])
    elif isinstance(value, tuple | list | set | frozenset):
        for item in value:
            yield from of_patterns(item)


def modules() -> Iterator[ModuleType]:
    for package in (tasks, bot, api):
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if found.name not in NOT_OF_OTHERS:
                yield import_module(found.name)


@cache
def calls(module: ModuleType) -> tuple[tuple[str, str], ...]:
    """What is called with a method of a pattern in a module: (name, method)."""
    nodes = [node.func for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Call)]
    methods = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr in SEARCHING | ANCHORED]
    return tuple((node.value.id, node.attr) for node in methods if isinstance(node.value, ast.Name))


def uses(module: ModuleType, name: str) -> set[str]:
    """How a module uses one of its patterns. One of a table is used by the name of a variable."""
    named = {method for called, method in calls(module) if called == name}
    in_tables = {method for called, method in calls(module) if called.islower()} & (ANCHORED | {"search"})
    return named or in_tables or {"match", "fullmatch"}


PATTERNS = {
    f"{module.__name__}.{name} {pattern.pattern!r:.40}": (pattern, uses(module, name))
    for module in modules()
    for name, value in vars(module).items()
    for pattern in of_patterns(value)
}


def sample(tree: Any) -> tuple[str, list[Repeat]]:
    """A text that fits a parsed pattern, and the repeats in it."""
    text, repeats = "", []
    for kind, value in tree:
        inner: list[Any] = []
        match kind:
            case constants.LITERAL:
                text += chr(value)
            case constants.NOT_LITERAL | constants.ANY:
                text += "b" if value == ord("a") else "a"
            case constants.IN:
                text += one_of(value)
            case constants.MAX_REPEAT | constants.MIN_REPEAT | constants.POSSESSIVE_REPEAT:
                inner = [value[2]]
            case constants.BRANCH:
                inner = list(value[1])
            case constants.SUBPATTERN:
                inner = [value[-1]]
            case constants.ATOMIC_GROUP:
                inner = [value]
        samples = [sample(each) for each in inner]
        repeats += [(text + before, body) for _, found in samples for before, body in found]
        repeats += [(text, body) for body, _ in samples]
        text += samples[0][0] if samples else ""
    return text, repeats


def one_of(items: Any) -> str:
    """A character of a class."""
    parsed = parser.SubPattern(parser.State(), [(constants.IN, items)])
    fits = re._compiler.compile(parsed)  # type: ignore[attr-defined]
    return next((each for each in CHARACTERS if fits.match(each)), "") or next(
        chr(value if isinstance(value, int) else value[0])
        for kind, value in items
        if kind in (constants.LITERAL, constants.RANGE)
    )


def attacks(pattern: re.Pattern[Any]) -> Iterator[str]:
    text, repeats = sample(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    found = {("", text), *(("", each) for each in COMMON)}
    for before, body in repeats:
        found |= {(before, body), (before, f"{body} "), ("", before + body)}
    for before, body in found:
        if body:
            yield before + (body * LENGTH)[:LENGTH] + "\0"


def use(pattern: re.Pattern[Any], method: str, text: Any) -> None:
    if method in ("sub", "subn", "finditer", "findall", "split"):
        pattern.findall(text)
    else:
        getattr(pattern, method)(text)


def test_no_pattern_takes_long_to_search() -> None:
    for name, (pattern, methods) in PATTERNS.items():
        for text in attacks(pattern):
            data = text.encode(errors="surrogatepass") if isinstance(pattern.pattern, bytes) else text
            for method in methods:
                took = seconds(lambda: use(pattern, method, data))  # noqa: B023 - it is called at once
                assert took < SECONDS, (name, method, text[:40])


# ---------------------------------------------------------------- readers

RULES = PromptRules(banned=BannedWords.default(), permutations=40)
REPEATED = (
    *(
        "[",
        "(",
        "((",
        "*",
        "**",
        "#",
        " ",
        "\n",
        "\t\n",
        "1\u20e3 ",
        "--",
        "— ",
        "<@",
        "http://",
        "https://a ",
        "** - ",
    ),
    *(
        "# \n",
        "hey",
        "a",
        "a ",
        "1",
        "::",
        "::1 ",
        "：：",
        "{",
        "{a,",
        "{}",
        "，",
        "一",
        "é ",
        '"',
        "`",
        "```",
        "<think>",
    ),
    *("--a ", "--ar 1:1 ", "--no ", "a-", "a'", "a.b", ".", "/", "\\", "%41", "<", "http://a/b .png", "nude ", "🎈"),
)
SIMPLE = ("a", "a ", "-", " ", "\n", "(", "https://a ")  # what is repeated behind these
BEFORE = ("a fox ", "**", "hey", "1\u20e3", "# Important tokens\n", "https://a ", "--no ", "data:", "```")


def translated(text: str) -> str:
    found = pieces(text)
    return joined(found, [piece.text for piece in found])


READERS: dict[str, Callable[[str], object]] = {
    "an embed": lambda text: embed({"title": "x", "description": text}),
    "a title": lambda text: embed({"title": text}),
    "an answer to /shorten": lambda text: embed({"description": text}, shortens=True),
    "an answer to /describe": lambda text: embed({"description": text}, describes=True),
    "a sentence": plain,
    "a drawing": lambda text: drawing(f"**{text}** - <@1> (fast)"),
    "a drawing's links": lambda text: getattr(drawing(f"**https://a {text}** - <@1> (fast)"), "only_links", None),
    "the end of a drawing": lambda text: drawing(f"**a** - <@1> {text}"),
    "what is said": sentence_in,
    "a seed": seed_in,
    "a command": command_prompt,
    "a custom_id": lambda text: (button_form(text), dialog_form(text), first_guid(text), last_guid(text)),
    "texts by number": numbered,
    "an echo": normalise.__wrapped__,
    "a likeness": lambda text: misfit(f"{text} --ar 1:1", text),
    "a prompt": lambda text: check(text, RULES),
    "a prompt in Chinese": lambda text: check(f"狗，{text}"[:LENGTH], RULES),
    "permutations": permutations_of,
    "banned words": RULES.banned.find,
    "a picture": from_data_url,
    "a foreign text": is_foreign,
    "what is translated": lambda text: translated(f"狗 {text}"),
    "what a model answers": lambda text: cleaned(text, text),
    "parts of a line": parts,
    "a form": lambda text: list(form_pairs(text)),
    "a simple change": lambda text: simple_change_of(Body({"content": msgspec.Raw(msgspec.json.encode(text))})),
}


@pytest.mark.parametrize("reader", READERS)
def test_no_text_takes_long_to_read(reader: str) -> None:
    read = READERS[reader]
    for before, repeated in (*product([""], REPEATED), *product(BEFORE, SIMPLE)):
        text = before + (repeated * LENGTH)[: LENGTH - len(before)]
        assert seconds(lambda: read(text)) < SECONDS, (before, repeated)  # noqa: B023 - it is called at once


def seconds(work: Callable[[], object]) -> float:
    """The processor's, of one call, whatever it answers or refuses."""
    began = time.process_time()
    with suppress(ServiceError):
        work()
    return time.process_time() - began
