"""The console's modules and style sheets as one script and one style sheet.

Contract: pure. The modules are written for browsers as they are and need no build; bundled, a page loads in one round
trip what would take one for each file. Only the forms that our modules use are understood; any other raises
`NotBundled`, so that a page is never served in part.
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
    """A module uses a form that is not understood, is missing, or imports itself by a detour."""


def bundled(modules: Mapping[str, str], entry: str) -> str:
    """One script that does what `entry` does. `modules` are sources by file name. Raises NotBundled."""
    parts = [_wrapped(name, modules[name]) for name in _in_order(modules, entry)]
    return "\n".join(("const modules = {};", *parts, ""))


def styles_of(page: str) -> list[str]:
    """The style sheets of a page, in its order."""
    return re.findall(r'<link rel="stylesheet" href="/console/([\w.]+)" />', page)


def _in_order(modules: Mapping[str, str], entry: str) -> list[str]:
    """What is imported comes before what imports it."""
    done: dict[str, None] = {}

    def visit(name: str, ways: tuple[str, ...]) -> None:
        if name in done:
            return
        if name in ways:
            raise NotBundled(f"Modules import each other: {' → '.join((*ways, name))}")
        if name not in modules:
            raise NotBundled(f"{ways[-1] if ways else 'the page'} imports {name}, which is missing.")
        for found in _IMPORT.finditer(modules[name]):
            visit(found["file"], (*ways, name))
        done[name] = None

    visit(entry, ())
    return list(done)


def _wrapped(name: str, source: str) -> str:
    """A module as a function that runs once and returns what it exports."""
    exported = [f"{found['name']}" for found in _DECLARED.finditer(source)]
    body = _DECLARED.sub("", source)
    if listed := _LISTED.search(body):
        exported += [f"{outer}: {inner}" for inner, outer in _pairs(listed["names"])]
        body = body[: listed.start()] + ";"
    body = _IMPORT.sub(_taken, body)
    if left := _LEFT.search(body):
        raise NotBundled(f"{name}: {left.group().strip()} is not understood.")
    return f'modules["{name}"] = (() => {{\n{body}\nreturn {{ {", ".join(exported)} }};\n}})();'


def _taken(found: re.Match[str]) -> str:
    if found["all"]:
        return f'const {found["all"]} = modules["{found["file"]}"];\n'
    names = ", ".join(outer if outer == inner else f"{outer}: {inner}" for outer, inner in _pairs(found["names"]))
    return f'const {{ {names} }} = modules["{found["file"]}"];\n'


def _pairs(names: str) -> Iterator[tuple[str, str]]:
    """`a as b, c` → (a, b), (c, c)."""
    for each in filter(None, map(str.strip, names.split(","))):
        first, _, second = each.partition(" as ")
        yield first.strip(), second.strip() or first.strip()
