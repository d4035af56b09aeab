"""What `make audit` makes of pip-audit's report: found holes fail, an unreachable service is said."""

from __future__ import annotations

import json
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = {"name": "yarl", "skip_reason": "Dependency not found on PyPI and could not be audited: yarl (1.25.1)"}
SOUND = {"name": "aiohttp", "version": "3.14.5", "vulns": []}
HOLE = {"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
HOLED = {"name": "idna", "version": "1.0", "vulns": [HOLE]}


@pytest.fixture
def verdict() -> Any:
    loader = SourceFileLoader("audit", str(ROOT / ".ci" / "audit"))
    spec = spec_from_loader("audit", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module.verdict


@pytest.mark.parametrize(
    ("dependencies", "code", "words"),
    [
        ([SOUND], 0, "1 packages, no known vulnerability"),
        ([SOUND, HOLED, SKIPPED], 1, "idna 1.0: PYSEC-1, mended in 2.0"),
        ([SOUND, SKIPPED], 0, "not audited: yarl"),
        ([SKIPPED, SKIPPED], 0, "NOT AUDITED"),
    ],
)
def test_a_report(verdict: Any, dependencies: list[dict[str, Any]], code: int, words: str) -> None:
    got, lines = verdict("requirements.txt", json.dumps({"dependencies": dependencies, "fixes": []}), "")
    assert got == code
    assert words in "\n".join(lines)


def test_no_report(verdict: Any) -> None:
    code, lines = verdict("r.txt", "", "requests.exceptions.ConnectionError: Max retries exceeded")
    assert (code, "NOT AUDITED" in lines[0]) == (0, True)
    code, lines = verdict("r.txt", "", "error: no such file")
    assert code == 2
