"""A copy of one of a task's pictures, as its row stands, and what can be said of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tasks.domain.events import CopyChange, CopyStored, LinksRenewed
from tasks.domain.model import Image, Task


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageCopy:
    """A picture of a task and our copy of it, as the row stands. Times in ms."""

    id: int
    task_id: str  # "": it is wanted no more
    role: str  # result | preview
    url: str  # at Discord, without the signature
    name: str  # of our file
    place: str  # disk | s3
    state: str  # due | stored | given_up | removed
    attempts: int
    due: int
    type: str  # by the file's own bytes; "" until it is written
    size: int  # bytes; 0 until it is written
    width: int | None
    height: int | None
    created: int
    last_error: str

    @property
    def has_file(self) -> bool:
        """Written, and perhaps not told yet: due once more after a crash."""
        return self.state in ("due", "stored") and self.size > 0


def type_of(data: bytes) -> str | None:
    """The content type of a picture or clip, by its own bytes; None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[4:8] == b"ftyp":
        return "video/mp4"
    return "video/webm" if data.startswith(b"\x1a\x45\xdf\xa3") else None


def picture_of(task: Task, copy: ImageCopy) -> Image | None:
    """The picture that the copy is of; None when the task shows another by now."""
    image = task.result.image if copy.role == "result" else task.progress.preview
    return image if image is not None and image.url.partition("?")[0] == copy.url else None


def apply_picture_event(task: Task, event: CopyChange | LinksRenewed) -> Task:
    """The task with what this says of its pictures; the same when it is about a picture that it does not show."""
    if isinstance(event, LinksRenewed):
        return with_links(task, event.fresh)
    if event.role == "result":
        return replace(task, result=replace(task.result, image=_named(task.result.image, event)))
    return replace(task, progress=replace(task.progress, preview=_named(task.progress.preview, event)))


def with_links(task: Task, fresh: Mapping[str, str]) -> Task:
    """The task with these links, old → new, in place of those that it still has."""
    return replace(
        task,
        progress=replace(task.progress, preview=_linked(task.progress.preview, fresh)),
        result=replace(task.result, image=_linked(task.result.image, fresh)),
    )


def _linked(image: Image | None, fresh: Mapping[str, str]) -> Image | None:
    return replace(image, url=fresh.get(image.url, image.url)) if image is not None else None


def _named(image: Image | None, event: CopyChange) -> Image | None:
    if image is None or image.url.partition("?")[0] != event.url:
        return image
    if isinstance(event, CopyStored):
        return replace(image, stored=event.name)
    return replace(image, stored="") if image.stored == event.name else image
