"""The locations of the program's and its user's files.

Contract: paths only; no setting is read here.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

IS_BINARY = bool(getattr(sys, "frozen", False))  # one executable, which unpacks its files into a folder
COMES_WITH = Path(__file__).resolve().parents[1]  # the folder of the program's own files
# Relative paths start here: in the folder of the sources, whatever the working directory is. The executable uses the
# working directory.
ROOT = Path.cwd() if IS_BINARY else COMES_WITH
ACCOUNTS_FILE = "accounts.toml"  # in the data folder, unless the setting ACCOUNTS_FILE names another


def dotenv_files(environ: Mapping[str, str] = os.environ, root: Path = ROOT) -> tuple[Path, ...]:
    """The `.env` files to read: that of the project, then that of DATA_DIR if the environment sets DATA_DIR."""
    data_dir = environ.get("DATA_DIR", "").strip()
    return (root / ".env", *((root / data_dir / ".env",) if data_dir else ()))


def provide_example(data_dir: Path, example: Path = COMES_WITH / ".env.example") -> Path | None:
    """Copy `.env.example` into the data folder if it is missing there; return the path of a new copy.

    In a container the volume is all that a user can edit: start once, copy the example to `.env`, fill it in, restart.
    """
    target = data_dir / ".env.example"
    try:
        if target.exists() or not example.exists():
            return None
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(example, target)
    except OSError:
        return None  # the store needs the folder too, and reports one that it cannot write
    return target


def is_open_to_others(path: Path) -> bool:
    """Whether other users of this machine may read or change it. On Windows, which has no such modes: no."""
    if os.name != "posix":
        return False
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False
