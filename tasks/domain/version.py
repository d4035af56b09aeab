"""The version of the service.

Contract: it stands in the file `VERSION` and nowhere else; the package's own data, the documents, the metrics and the
image read it from there.
"""

from __future__ import annotations

from pathlib import Path

VERSION = (Path(__file__).resolve().parents[2] / "VERSION").read_text("ascii").strip()
