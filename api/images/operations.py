"""What `/images` reads, and what it says of itself. Law: declarations only."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from api.http.errors import NoSuchPicture
from api.http.operations import Answer, Operation, says, words
from tasks.domain.errors import ArchiveFailed, BadRequest, CannotCut, CuttingBusy, StoreFailed

WIDTHS = (160, 320, 640, 1024)
TILES = (1, 2, 3, 4)
_NAME = "adbd1ba4-0123-4567-89ab-cdef01234567-0123456789abcdefghijklmnopqrstuv.webp"


class OneImage(Struct, kw_only=True):
    """Which copy."""

    name: Annotated[str, says("The last part of `imageUrl`.", _NAME)]


class Cut(Struct, kw_only=True):
    """What of it. A `w` or `tile` that is blank counts as not given."""

    w: Annotated[str | int, words("At most so wide.", WIDTHS, 320)] = ""
    tile: Annotated[str | int, words("A quarter of it, as U1 to U4 count them.", TILES, 2)] = ""
    download: Annotated[str, says("`1`: to be saved.")] = ""


IMAGE = Operation(
    name="image",
    tag="pictures",
    summary="A result's copy (图片)",
    text="For whoever knows its name. What stands under a name never changes. A part may be asked for by `Range`.",
    place=OneImage,
    query=Cut,
    answers={
        200: Answer(means="The picture or clip; what is cut is WebP.", media="application/octet-stream"),
        206: Answer(means="The part that was asked for.", media="application/octet-stream"),
        302: Answer(means="It is to be loaded there, with `ARCHIVE_REDIRECT`."),
        304: Answer(means="As you have it already (`ETag`)."),
        416: Answer(means="It has no such part."),
    },
    errors=(BadRequest, CannotCut, NoSuchPicture, ArchiveFailed, CuttingBusy, StoreFailed),
)
