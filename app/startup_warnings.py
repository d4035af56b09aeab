"""Warnings for the operator at the start: the service runs, and something should be fixed.

Contract: each warning says what to do; none shows a secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from settings import ROOT, Settings, is_open_to_others, misspelt, warnings


def startup_warnings(settings: Settings, dotenv_paths: Iterable[Path]) -> Iterator[str]:
    """`dotenv_paths`: the `.env` files; those that do not exist are skipped."""
    yield from warnings(settings)
    yield from misspelt(dotenv_paths)
    accounts = [ROOT / settings.discord.accounts_file] if settings.discord.accounts_file else []
    for path in [*dotenv_paths, *accounts]:
        if is_open_to_others(path):
            yield f"{path} holds secrets, and other users of this machine can read or change it: chmod 600 {path}"
    folder = settings.storage.data_dir
    if folder.is_dir() and is_open_to_others(folder):  # not for /dev/null and the like
        yield f"{folder} is open to other users of this machine: chmod 700 {folder}"
