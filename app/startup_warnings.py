"""What an operator should know at the start: nothing that stops the service, and better not left so.

Law: each says what to do; none shows a secret.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from settings import ROOT, Settings, misspelt, warnings

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def startup_warnings(settings: Settings, dotenv_paths: Iterable[Path]) -> Iterator[str]:
    """`dotenv_paths`: the `.env` files, as far as they exist."""
    yield from warnings(settings)
    yield from misspelt(dotenv_paths)
    own = [ROOT / settings.discord.accounts_file] if settings.discord.accounts_file else []
    for path in [*dotenv_paths, *own]:
        if is_open_to_others(path):
            yield f"{path} holds secrets, and other users of this machine can read or change it: chmod 600 {path}"
    folder = settings.storage.data_dir
    if folder.is_dir() and is_open_to_others(folder):  # what is no folder, such as /dev/null, is not to be changed
        yield f"{folder} is open to other users of this machine: chmod 700 {folder}"


def is_open_to_others(path: Path) -> bool:
    """May anybody but the owner read or write it? Windows keeps no such modes: no."""
    if os.name != "posix":
        return False
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except OSError:
        return False
