"""What the service imports before it needs it costs every installation time and memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OPTIONAL = {"obstore", "mcp", "psycopg", "simulator"}  # for a bucket, for the MCP server, for PostgreSQL, for trials


def test_what_only_some_installations_use_is_imported_when_used() -> None:
    code = "import sys, app.process; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert OPTIONAL & set(done.stdout.split()) == set()
