"""Where the documents' commands are typed: a folder with what a clone has, and shells in which `curl`, `python` and
`make` are as their reader has them, with these differences.

- `curl` fails when the service refuses: by an HTTP status, or by `Error-Code`, which refusals of /mj have too. It sends
  the secret where the line sends none and the page has secrets. A stream (-N) is listened to for a second.
- `python` is ours. What serves until it is stopped gets a free port and a folder of its own, and is stopped by Ctrl+C
  as soon as it says that it is there.
- `make` says what it would do; its targets have tests, or are the tests.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from tests.docs.blocks import ROOT

SECONDS = 90.0  # for one block
REQUIREMENTS = tuple(path.name for path in sorted(ROOT.glob("requirements*.*")))

_CURL = """#!/bin/sh
said=$(mktemp)
case "$*" in
*mj-api-secret*|*Authorization*) ;;
*) [ -z "$API_SECRET" ] || set -- -H "mj-api-secret: $API_SECRET" "$@" ;;
esac
case " $* " in *" -N "*) set -- --max-time 1 "$@" ;; esac
"$REAL_CURL" --silent --show-error --fail-with-body --dump-header "$said" "$@"
code=$?
case " $* " in *" -N "*) [ $code -ne 28 ] || code=0 ;; esac
if grep -qi '^error-code:' "$said"; then grep -i '^error-code:' "$said" >&2; code=22; fi
grep -q '^HTTP' "$said" || code=1
exit $code
"""
_PYTHON = """#!/bin/sh
case "$*" in
"run.py"|"run.py --simulator"|"run.py mcp --port "*|"-m simulator"*) exec "$REAL_PYTHON" -m tests.docs.serving "$@" ;;
*) exec "$REAL_PYTHON" "$@" ;;
esac
"""
_MAKE = """#!/bin/sh
exec "$REAL_MAKE" --dry-run "$@"
"""
_RESULT = re.compile(r'"result":"(\d+)"')
_ASSIGNED = re.compile(r"^[A-Z_]+=\S+", re.M)


class Desk:
    """One reader at work. What a block assigns holds for those that follow it."""

    def __init__(self, folder: Path, environ: Mapping[str, str], names: Mapping[str, str]) -> None:
        self._folder = folder
        self._names = names
        self._assigned: list[str] = []
        self._task = ""  # the id that was answered last
        tools = folder / "bin"
        self._environ = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
            "REAL_CURL": shutil.which("curl") or "curl",
            "REAL_MAKE": shutil.which("make") or "make",
            "REAL_PYTHON": sys.executable,
            **environ,
        }
        self._furnish(tools)

    def _furnish(self, tools: Path) -> None:
        tools.mkdir()
        for name, script in (("curl", _CURL), ("python", _PYTHON), ("make", _MAKE)):
            (tools / name).write_text(script)
            (tools / name).chmod(0o755)
        for name in ("run.py", "Makefile", ".env.example", *REQUIREMENTS):
            (self._folder / name).symlink_to(ROOT / name)
        for name in (".venv/bin", "backups", "data/captures"):
            (self._folder / name).mkdir(parents=True)
        (self._folder / ".venv/bin/activate").touch()  # what it gives stands in PATH already
        (self._folder / "data/captures/2026-01-31.jsonl").write_text('{"event":"INTERACTION_SUCCESS","d":{"id":"1"}}\n')
        Image.new("RGB", (64, 64), "brown").save(self._folder / "dog.png")

    def meant(self, code: str) -> str:
        """The block with what its reader is to put in: names, addresses, and the id that a submit answered."""
        for name, value in self._names.items():
            code = code.replace(name, value)
        return re.sub(r"^([A-Z]+=)\d{16}\b", rf"\g<1>{self._task}", code, flags=re.M)

    async def type(self, code: str) -> tuple[int, str]:
        """The exit code and what was said."""
        code = self.meant(code)
        script = "\n".join([*self._assigned, code])
        self._assigned += _ASSIGNED.findall(code)
        shell = await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", script,
            cwd=self._folder, env=self._environ, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(SECONDS):
                out, _ = await shell.communicate()
        except BaseException:
            os.killpg(shell.pid, 9)
            await shell.wait()
            raise
        try:
            said = out.decode()
        except UnicodeDecodeError:
            return 23, "bytes that no terminal shows"  # on one, curl refuses
        self._task = next(iter(_RESULT.findall(said)), self._task)
        return shell.returncode or 0, said
