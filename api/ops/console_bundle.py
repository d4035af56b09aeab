"""The console's modules and style sheets as one script and one style sheet.

Contract: pure. Browsers run the modules unchanged, without a build; a bundle saves one round trip for each file. Only
the syntax that these modules use is supported; any other raises `NotBundled`, so that no incomplete page is served.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_IMPORT = re.compile(
    r"^import\s+(?:\{(?P<names>[^}]*)\}|\*\s+as\s+(?P<all>\w+))\s+from\s+\"\./(?P<file>[\w.]+)\";[ \t]*\n?",
    re.MULTILINE,
)
_DECLARED = re.compile(r"^export\s+(?=(?:async\s+)?(?:function\*?|const|let|class)\s+(?P<name>\w+))", re.MULTILINE)
_LISTED = re.compile(r"(?:^|(?<=[;}]))\s*export\s*\{(?P<names>[^}]*)\};?\s*\Z", re.MULTILINE)
_LEFT = re.compile(r"^\s*(?:import|export)\b[^(:]", re.MULTILINE)


class NotBundled(Exception):
    """A module uses unsupported syntax, is missing, or is part of an import cycle."""


def bundled(modules: Mapping[str, str], entry: str) -> str:
    """One script equivalent to `entry`. `modules` are sources by file name. Raises NotBundled."""
    parts = [_wrapped(name, modules[name]) for name in _in_order(modules, entry)]
    return "\n".join(("const modules = {};", *parts, ""))


def styles_of(page: str) -> list[str]:
    """The style sheets of a page, in its order."""
    return re.findall(r'<link rel="stylesheet" href="/console/([\w.]+)" />', page)


def _in_order(modules: Mapping[str, str], entry: str) -> list[str]:
    """The modules, each after those that it imports."""
    done: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in done:
            return
        if name in path:
            raise NotBundled(f"Modules import each other: {' → '.join((*path, name))}")
        if name not in modules:
            raise NotBundled(f"{path[-1] if path else 'the page'} imports {name}, which is missing.")
        for found in _IMPORT.finditer(modules[name]):
            visit(found["file"], (*path, name))
        done[name] = None

    visit(entry, ())
    return list(done)


def _wrapped(name: str, source: str) -> str:
    """A module as a function that runs once and returns its exports."""
    exported = [f"{found['name']}" for found in _DECLARED.finditer(source)]
    body = _DECLARED.sub("", source)
    if listed := _LISTED.search(body):
        exported += [f"{outer}: {inner}" for inner, outer in _pairs(listed["names"])]
        body = body[: listed.start()] + ";"
    body = _IMPORT.sub(_import_statement, body)
    if left := _LEFT.search(body):
        raise NotBundled(f"{name}: {left.group().strip()} is not supported.")
    return f'modules["{name}"] = (() => {{\n{body}\nreturn {{ {", ".join(exported)} }};\n}})();'


def _import_statement(found: re.Match[str]) -> str:
    if found["all"]:
        return f'const {found["all"]} = modules["{found["file"]}"];\n'
    names = ", ".join(outer if outer == inner else f"{outer}: {inner}" for outer, inner in _pairs(found["names"]))
    return f'const {{ {names} }} = modules["{found["file"]}"];\n'


def _pairs(names: str) -> Iterator[tuple[str, str]]:
    """`a as b, c` → (a, b), (c, c)."""
    for each in filter(None, map(str.strip, names.split(","))):
        first, _, second = each.partition(" as ")
        yield first.strip(), second.strip() or first.strip()
