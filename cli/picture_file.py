"""Save pictures on disk under a safe name, whole or not at all.

Contract: the type comes from the content. A new file has the permissions that the user's umask gives.
"""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from pathlib import Path

from cli.errors import CommandFailed

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", 0, "png"),
    (b"\xff\xd8\xff", 0, "jpg"),
    (b"GIF8", 0, "gif"),
    (b"WEBP", 8, "webp"),
    (b"ftyp", 4, "mp4"),
)
PROMPT_LENGTH = 50  # characters of the prompt in a file name


def kind_of(data: bytes) -> str:
    """The file extension for the content; "" if it is no picture."""
    return next((kind for magic, start, kind in _MAGIC if data[start : start + len(magic)] == magic), "")


def name_for(task_id: str, prompt: str, kind: str) -> str:
    """Such as `1684310738264000-a-red-dog.png`: without characters that a shell or a file system interprets."""
    words = unicodedata.normalize("NFKC", re.split(r"\s--\w", prompt)[0]).lower()
    plain = re.sub(r"[\W_]+", "-", re.sub(r"<[^>]*>|https?://\S+", " ", words))[:PROMPT_LENGTH].strip("-")
    return f"{re.sub(r'[^0-9]', '', task_id)}{f'-{plain}' if plain else ''}.{kind}"


def check_folder(folder: Path) -> None:
    """Check that pictures can be saved there, before one is paid for. Raises `CommandFailed`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(prefix=".", suffix=".part", dir=folder):
            pass
    except OSError as error:
        raise CommandFailed(_unwritable(folder.absolute(), error)) from error


def save(data: bytes, folder: Path, task_id: str, prompt: str) -> Path:
    """Save the picture and return its path. A file of the same name belongs to the same task and is replaced."""
    kind = kind_of(data)
    if not kind:
        raise CommandFailed("The download is no picture; nothing was saved.")
    path = folder.absolute() / name_for(task_id, prompt, kind)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(part).chmod(0o666 & ~_umask())
            Path(part).replace(path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise CommandFailed(_unwritable(path, error)) from error
    return path


def _unwritable(path: Path, error: OSError) -> str:
    return f"{path} cannot be written: {error.strerror}. Name another folder with --out."


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
