"""What import-linter cannot say of the tree: libraries of each part, a contract in each file, a whole map.

Contract: sources are parsed, never imported. The order of packages stands in pyproject.toml and is checked by
`lint-imports`, which a test here runs too.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("settings", "tasks", "bot", "storage", "api", "app", "cli", "simulator")
SOURCES = ("run.py", *PARTS)
EVERYTHING = (*SOURCES, "benchmarks", "tests")

# Third-party libraries that these parts may import; no others.
STANDARD_LIBRARY_AND: Mapping[str, frozenset[str]] = {
    "tasks": frozenset(),
    "settings": frozenset({"msgspec", "dotenv"}),
}
# Libraries that only these parts may import.
ONLY_IN: Mapping[str, frozenset[str]] = {
    "discord": frozenset({"bot"}),
    "curl_cffi": frozenset({"bot"}),
    "aiosqlite": frozenset({"storage"}),
    "psycopg": frozenset({"storage"}),
    "psycopg_pool": frozenset({"storage"}),
    "aiohttp.web": frozenset({"api", "simulator"}),
    "PIL": frozenset({"simulator", "storage", "cli"}),
    "obstore": frozenset({"storage"}),
    "prometheus_client": frozenset({"api"}),
}


def files(names: tuple[str, ...] = SOURCES) -> Iterator[Path]:
    for name in names:
        path = ROOT / name
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path] if path.exists() else []


def imports(path: Path) -> Iterator[str]:
    """Every import of a file, in functions and under TYPE_CHECKING too; `from aiohttp import web` is aiohttp.web."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def wrong_imports(part: str, imported: str) -> Iterator[str]:
    top = imported.partition(".")[0]
    allowed = STANDARD_LIBRARY_AND.get(part)
    is_foreign = top not in {*PARTS, "run"} and top not in sys.stdlib_module_names
    if allowed is not None and is_foreign and top not in allowed:
        yield f"{part} is standard library{''.join(f' and {name}' for name in sorted(allowed))} only"
    if (part == "settings" and top in PARTS and top != part) or (part in PARTS and top == "run"):
        yield f"{part} must not know {top}"
    for library, homes in ONLY_IN.items():
        if f"{imported}.".startswith(f"{library}.") and part not in homes:
            yield f"only {' and '.join(sorted(homes))} may import {library}"


def test_each_part_imports_only_its_libraries() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {imported}: {reason}"
        for path in files()
        for imported in imports(path)
        for reason in wrong_imports(part_of(path), imported)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("part", "imported"),
    [
        ("tasks", "aiohttp"),
        ("tasks", "msgspec"),
        ("api", "discord.http"),
        ("api", "aiosqlite"),
        ("api", "PIL.Image"),
        ("api", "run"),
        ("app", "obstore"),
        ("bot", "aiohttp.web"),
        ("bot", "aiohttp.web.Response"),
        ("settings", "httpx"),
        ("settings", "tasks.domain.model"),
    ],
)
def test_a_wrong_import_is_found(part: str, imported: str) -> None:
    assert list(wrong_imports(part, imported))


def test_the_import_contracts_hold() -> None:
    """As `make lint` runs them."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_file_states_its_contract() -> None:
    """An empty `__init__.py` has none to state."""
    texts = {path: path.read_text(encoding="utf-8") for path in files(EVERYTHING)}
    missing = [path for path, text in texts.items() if text.strip() and not ast.get_docstring(ast.parse(text))]
    assert [str(path.relative_to(ROOT)) for path in missing] == []


def test_the_container_gets_every_source() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    assert set(SOURCES) <= kept


@pytest.mark.parametrize("part", PARTS)
def test_the_map_names_every_module(part: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    [section] = re.findall(rf"^{part}/.*?(?=^\S)", page.partition("## The house")[2], re.M | re.S)
    named = set(re.findall(r"\w+", section))
    modules = {path.stem for path in (ROOT / part).rglob("*.py")} - {"__init__", "__main__"}
    assert modules
    assert modules - named == set(), "add these to docs/architecture.md"
