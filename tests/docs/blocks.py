"""The commands of the documents: which there are, and which are marked as not run.

Contract: reads Markdown, runs nothing. A block is a fence marked `sh`. A comment in the line before it,
`<!-- not run: why -->`, keeps it from being run; the reader of the page does not see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("curl", "python", "make", "docker", "git", "pip")

_FENCE = re.compile(r"^(?:<!-- not run: (?P<why>\S.*?) -->\n)?```(?P<language>\w*)\n(?P<code>.*?)^```$", re.M | re.S)
_COMMAND = re.compile(rf"^(?:\$ )?(?:{'|'.join(COMMANDS)}) ", re.M)


@dataclass(frozen=True, kw_only=True)
class Block:
    document: str
    line: int
    language: str
    code: str
    not_run: str  # why; "" for one that is run

    @property
    def where(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def has_commands(self) -> bool:
        return _COMMAND.search(self.code) is not None


def documents() -> list[str]:
    """The pages whose commands are run, as paths from the project's root."""
    return [
        "README.md",
        "README.zh-CN.md",
        "SECURITY.md",
        *(f"docs/{p.name}" for p in sorted((ROOT / "docs").glob("*.md"))),
    ]


def blocks_of(document: str) -> Iterator[Block]:
    return blocks_in(document, (ROOT / document).read_text(encoding="utf-8"))


def blocks_in(document: str, text: str) -> Iterator[Block]:
    for found in _FENCE.finditer(text):
        yield Block(
            document=document,
            line=text[: found.start("language")].count("\n") + 1,
            language=found["language"],
            code=found["code"],
            not_run=found["why"] or "",
        )


def shell_of(document: str) -> list[Block]:
    return [block for block in blocks_of(document) if block.language == "sh"]
