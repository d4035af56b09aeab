"""Pictures as `/mj` brings them, data URLs or bare base64 -> checked pictures.

Law: pure. An error names the picture by its place. What is a link is not fetched here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.model import Picture
from tasks.pictures import MOST_PICTURES, BadPicture, from_data_url, inspect, inspect_all

_LINK = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


def pictures_of(texts: Sequence[str]) -> tuple[Picture, ...]:
    """The pictures, at most as many as MidJourney takes."""
    if len(texts) > MOST_PICTURES:
        raise BadPicture(f"{len(texts)} pictures are too many.", hint=f"Give at most {MOST_PICTURES}.")
    files = _files(texts)
    return tuple(
        Picture(filename=f"picture{number}.{info.extension}", type=info.type, data=data)
        for number, (data, info) in enumerate(zip(files, inspect_all(files), strict=True), start=1)
    )


def mask_of(text: str) -> bytes | None:
    """The mask of a second input; None when there is none."""
    if not text.strip():
        return None
    data = from_data_url(text)
    inspect(data)
    return data


def frame_of(text: str) -> Picture | str | None:
    """The first or last frame of a clip: a picture, a link to one, or None."""
    if not text.strip():
        return None
    return text.strip() if is_link(text) else pictures_of([text])[0]


def is_link(text: str) -> bool:
    return _LINK.fullmatch(text.strip()) is not None


def _files(texts: Sequence[str]) -> list[bytes]:
    found = []
    for place, text in enumerate(texts, start=1):
        try:
            found.append(from_data_url(text))
        except BadPicture as error:
            if len(texts) == 1:
                raise
            raise BadPicture(f"Picture {place} of {len(texts)}: {error.message}", hint=error.hint) from error
    return found
