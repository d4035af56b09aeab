"""Pictures in requests to `/mj`: data URLs, base64 or files → checked pictures.

Contract: pure. An error names the picture by its position. A link that was not downloaded is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.domain.errors import BadRequest
from tasks.domain.model import Picture
from tasks.prompts.images import MOST_PICTURES, BadPicture, from_data_url, inspect, inspect_all

LONGEST_LINK = 4096  # characters
_LINK = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


def check_count(count: int) -> None:
    """Raises BadPicture for more pictures than MidJourney accepts."""
    if count > MOST_PICTURES:
        raise BadPicture(f"{count} pictures are too many.", hint=f"Give at most {MOST_PICTURES}.")


def pictures_of(given: Sequence[str | bytes]) -> tuple[Picture, ...]:
    """The checked pictures; a text is a data URL or base64. Raises BadPicture."""
    check_count(len(given))
    files = _files(given)
    return tuple(
        Picture(filename=f"picture{number}.{info.extension}", type=info.type, data=data)
        for number, (data, info) in enumerate(zip(files, inspect_all(files), strict=True), start=1)
    )


def mask_of(given: str | bytes) -> bytes | None:
    """The mask of a second input; None if there is none."""
    if not given.strip():
        return None
    data = _file(given)
    inspect(data)
    return data


def frame_of(text: str) -> Picture | str | None:
    """The first or last frame of a clip: a picture, a link to one, or None."""
    if not text.strip():
        return None
    if not is_link(text):
        return pictures_of([text])[0]
    check_length(text.strip())
    return text.strip()


def frames_of(texts: Sequence[str]) -> tuple[Picture | str, ...]:
    """Several frames; empty ones are left out."""
    return tuple(frame for text in texts if (frame := frame_of(text)) is not None)


def check_length(link: str) -> None:
    if len(link) > LONGEST_LINK:
        raise BadRequest(f"link has {len(link)} characters.", hint=f"At most {LONGEST_LINK} are accepted.")


def is_link(text: str) -> bool:
    return _LINK.fullmatch(text.strip()) is not None


def _file(given: str | bytes) -> bytes:
    return from_data_url(given) if isinstance(given, str) else given


def _files(given: Sequence[str | bytes]) -> list[bytes]:
    found = []
    for place, each in enumerate(given, start=1):
        try:
            found.append(_file(each))
        except BadPicture as error:
            if len(given) == 1:
                raise
            raise BadPicture(f"Picture {place} of {len(given)}: {error.message}", hint=error.hint) from error
    return found
