"""The version of the service.

Contract: defined in the file `VERSION` only; package metadata, documents, metrics and the image read it from there.
"""

from __future__ import annotations

from pathlib import Path

VERSION = (Path(__file__).resolve().parents[2] / "VERSION").read_text("ascii").strip()
