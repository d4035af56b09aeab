"""The arrows of the house, read from the source: who may import whom.

Law: the source is parsed, never imported, so that an arrow inside a function or under TYPE_CHECKING counts too. The
checker itself is tested on small trees that break one rule each.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("run.py", "settings.py", "tasks", "bot", "storage", "api", "simulator", "assembly", "cli")
EVERYTHING = (*SOURCES, "benchmarks", "tests")

# Of ours, what a part may import besides itself.
MAY_IMPORT: Mapping[str, frozenset[str]] = {
    "tasks": frozenset(),
    "settings": frozenset(),
    "simulator": frozenset(),
    "bot": frozenset({"tasks", "settings"}),
    "storage": frozenset({"tasks", "settings"}),
    "api": frozenset({"tasks", "settings"}),
    "cli": frozenset({"settings"}),
    "assembly": frozenset({"tasks", "settings", "bot", "storage", "api", "simulator"}),
    "run": frozenset({"tasks", "settings", "bot", "storage", "api", "simulator", "assembly", "cli"}),
}
# Of others', what these parts may import; the rest is free but for `ONLY_IN`.
STANDARD_LIBRARY_AND: Mapping[str, frozenset[str]] = {
    "tasks": frozenset(),
    "settings": frozenset({"msgspec", "dotenv"}),
}
ONLY_IN: Mapping[str, frozenset[str]] = {
    "discord": frozenset({"bot"}),
    "curl_cffi": frozenset({"bot"}),
    "aiosqlite": frozenset({"storage"}),
    "aiohttp.web": frozenset({"api", "simulator"}),
    "PIL": frozenset({"simulator", "storage", "cli"}),
    "obstore": frozenset({"storage"}),
    "prometheus_client": frozenset({"api"}),
}
# Inside tasks/: an import goes down, or stays among the rules, which are what no other floor names.
RULES = 3
FLOORS: Mapping[str, int] = {
    "tasks": 0,
    "tasks.errors": 0,
    "tasks.model": 1,
    "tasks.events": 2,
    "tasks.tracker": 4,
    "tasks.dispatcher": 5,
    "tasks.service": 6,
}
ALONE = "tasks.log"


@dataclass(frozen=True, slots=True)
class Arrow:
    source: str  # a module of ours
    target: str  # as precise as the import says: `aiohttp.web`, `tasks.model`

    @property
    def part(self) -> str:
        return self.source.split(".")[0]

    @property
    def target_part(self) -> str:
        return self.target.split(".")[0]


# ---------------------------------------------------------------- reading the source


def files(root: Path, names: tuple[str, ...] = SOURCES) -> Iterator[Path]:
    for name in names:
        path = root / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path] if path.exists() else []


def module_name(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def arrows(root: Path) -> list[Arrow]:
    """Every import of every module of ours."""
    paths = {module_name(root, path): path for path in files(root)}
    return [Arrow(name, target) for name, path in paths.items() for target in imports(name, path, frozenset(paths))]


def imports(name: str, path: Path, ours: frozenset[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(name, path, node)
            for alias in node.names:
                # `from aiohttp import web` and `from tasks import model` mean the module below.
                below = f"{base}.{alias.name}"
                yield below if below in ours or below in ONLY_IN else base


def _base(name: str, path: Path, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    package = package[: len(package) - (node.level - 1)]
    return ".".join([*package, *([node.module] if node.module else [])])


# ---------------------------------------------------------------- judging


def violations(root: Path) -> list[str]:
    """Every arrow that must not be, in words."""
    found = arrows(root)
    return [f"{arrow.source} imports {arrow.target}: {reason}" for arrow in found for reason in wrongs(arrow)] + [
        f"imports go in a circle: {' → '.join(circle)}" for circle in circles(found)
    ]


def wrongs(arrow: Arrow) -> Iterator[str]:
    inside = arrow.part == arrow.target_part
    if arrow.target_part in MAY_IMPORT and not inside and arrow.target_part not in MAY_IMPORT[arrow.part]:
        yield f"{arrow.part} must not know {arrow.target_part}"
    allowed = STANDARD_LIBRARY_AND.get(arrow.part)
    foreign = arrow.target_part not in MAY_IMPORT and arrow.target_part not in sys.stdlib_module_names
    if allowed is not None and foreign and arrow.target_part not in allowed:
        yield f"{arrow.part} is standard library{''.join(f' and {name}' for name in sorted(allowed))} only"
    for library, homes in ONLY_IN.items():
        if f"{arrow.target}.".startswith(f"{library}.") and arrow.part not in homes:
            yield f"only {' and '.join(sorted(homes))} may import {library}"
    if arrow.part == "tasks" and inside and not goes_down(arrow):
        yield "inside tasks/ imports go down: service → dispatcher → tracker → the rules → events → model → errors"


def goes_down(arrow: Arrow) -> bool:
    if ALONE in (arrow.source, arrow.target):
        return False
    source, target = FLOORS.get(arrow.source, RULES), FLOORS.get(arrow.target, RULES)
    return target < source or source == target == RULES


def circles(found: list[Arrow]) -> list[tuple[str, ...]]:
    """Import circles among modules of ours, each as the way round."""
    ours = {arrow.source for arrow in found}
    graph = {name: sorted({a.target for a in found if a.source == name and a.target in ours}) for name in sorted(ours)}
    done: set[str] = set()
    rings: list[tuple[str, ...]] = []

    def walk(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            rings.append((*way[way.index(name) :], name))
        elif name not in done:
            for target in graph[name]:
                walk(target, (*way, name))
            done.add(name)

    for name in graph:
        walk(name, ())
    return rings


def without_docstring(root: Path) -> list[str]:
    """Files that do not begin with their law. An empty `__init__.py` has none to state."""
    texts = {path: path.read_text(encoding="utf-8") for path in files(root, EVERYTHING)}
    return [str(path.relative_to(root)) for path, text in texts.items() if text.strip() and not _docstring(text)]


def _docstring(text: str) -> str | None:
    return ast.get_docstring(ast.parse(text))


# ---------------------------------------------------------------- our house


def test_no_arrow_is_wrong() -> None:
    assert violations(ROOT) == []


def test_every_file_states_its_law() -> None:
    assert without_docstring(ROOT) == []


def test_the_container_gets_the_whole_house() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert set(SOURCES) <= kept


def test_the_whole_house_was_read() -> None:
    assert {arrow.part for arrow in arrows(ROOT)} == set(MAY_IMPORT)


# ---------------------------------------------------------------- the checker


def house(root: Path, **sources: str) -> Path:
    """A sound small house, with these files (`tasks__model` is tasks/model.py) written over it."""
    sound = {
        "run": "import assembly.service, settings",
        "assembly__service": "import api.app, bot.pool, storage.tasks, settings",
        "settings": "import os, msgspec",
        "tasks__errors": "import enum",
        "tasks__model": "from tasks.errors import X",
        "tasks__events": "from tasks import model",
        "tasks__ports": "from tasks.events import E",
        "tasks__tracker": "from tasks.ports import P",
        "tasks__service": "from . import tracker",
        "tasks__log": "import logging",
        "bot__pool": "import discord, tasks.ports",
        "storage__tasks": "import aiosqlite\nfrom tasks import errors",
        "api__app": "from aiohttp import web\nfrom tasks.service import S",
        "simulator____init__": "from simulator.server import S",
        "simulator__server": "from aiohttp import web\nimport PIL.Image",
    }
    for name, text in {**sound, **sources}.items():
        path = root / f"{name.replace('__', '/', 1)}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'"""Law."""\n{text}\n', encoding="utf-8")
    return root


def test_a_sound_house_passes(tmp_path: Path) -> None:
    assert violations(house(tmp_path)) == []
    assert without_docstring(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tasks__ports", "import aiohttp"),
        ("tasks__ports", "import msgspec"),
        ("tasks__ports", "import settings"),
        ("tasks__ports", "from bot.pool import Pool"),
        ("tasks__model", "from tasks.events import E"),
        ("tasks__errors", "import tasks.model"),
        ("tasks__ports", "from tasks.tracker import T"),
        ("tasks__tracker", "from tasks import service"),
        ("tasks__tracker", "def f():\n    from . import service"),
        ("tasks__model", "from tasks import log"),
        ("tasks__log", "from tasks import model"),
        ("api__app", "from bot import pool"),
        ("api__app", "import storage.tasks"),
        ("api__app", "import discord.http"),
        ("api__app", "import aiosqlite"),
        ("api__app", "from PIL import Image"),
        ("assembly__service", "import obstore"),
        ("api__app", "import run"),
        ("bot__pool", "from aiohttp import web"),
        ("bot__pool", "import aiohttp.web"),
        ("bot__pool", "from aiohttp.web import Response"),
        ("bot__pool", "import api.app"),
        ("bot__pool", "import simulator"),
        ("bot__pool", "if False:\n    from storage import tasks"),
        ("storage__tasks", "import bot"),
        ("simulator__server", "from tasks.model import Task"),
        ("simulator__server", "import settings"),
        ("api__app", "import assembly.service"),
        ("settings", "import httpx"),
        ("settings", "import tasks.model"),
    ],
)
def test_a_wrong_arrow_fails(tmp_path: Path, name: str, text: str) -> None:
    found = violations(house(tmp_path, **{name: text}))
    assert any(line.startswith(name.replace("__", ".")) for line in found), found


def test_a_circle_fails(tmp_path: Path) -> None:
    house(tmp_path, bot__pool="from bot import client", bot__client="from bot import rest", bot__rest="import bot.pool")
    assert violations(tmp_path) == ["imports go in a circle: bot.pool → bot.client → bot.rest → bot.pool"]


def test_a_file_without_a_docstring_fails(tmp_path: Path) -> None:
    (house(tmp_path) / "bot" / "bare.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "bot" / "__init__.py").write_text("", encoding="utf-8")
    assert without_docstring(tmp_path) == ["bot/bare.py"]


# ---------------------------------------------------------------- the map


@pytest.mark.parametrize("folder", ["tasks", "bot", "storage", "api", "assembly", "cli"])
def test_the_map_of_the_house_has_every_file(folder: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    [part] = re.findall(rf"^{folder}/.*?(?=^\S)", page.partition("## The house")[2], re.M | re.S)
    named = re.findall(r"[\w*]+", part)
    files = [path.stem for path in (ROOT / folder).glob("*.py") if path.stem != "__init__"]
    missing = [name for name in files if not any(fnmatch(name, pattern) for pattern in named)]
    assert files
    assert not missing, f"docs/architecture.md does not say what is in {folder}/"
