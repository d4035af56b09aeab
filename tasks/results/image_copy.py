"""The archived copy of a task's picture, and what follows from its row. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tasks.domain.events import CopyChange, CopyStored, LinksRenewed
from tasks.domain.model import Image, Task


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageCopy:
    """A picture of a task and its archived copy, as stored in the row. Times in ms."""

    id: int
    task_id: str  # "": no longer needed
    role: str  # result | preview
    url: str  # at Discord, without the signature
    name: str  # name of the file
    place: str  # disk | s3
    state: str  # due | stored | given_up | removed
    attempts: int
    due: int
    type: str  # from the file's content; "" until it is written
    size: int  # bytes; 0 until it is written
    width: int | None
    height: int | None
    created: int
    last_error: str

    @property
    def has_file(self) -> bool:
        """Whether the file is written. Its task may not list it yet: then it is due again after a crash."""
        return self.state in ("due", "stored") and self.size > 0


def type_of(data: bytes) -> str | None:
    """The content type of a picture or clip, from its bytes; None for anything else."""
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
    """The picture that was copied; None when the task shows another one by now."""
    image = task.result.image if copy.role == "result" else task.progress.preview
    return image if image is not None and image.url.partition("?")[0] == copy.url else None


def apply_picture_event(task: Task, event: CopyChange | LinksRenewed) -> Task:
    """Apply the event to the task's pictures. Returns the same object when the task does not show that picture."""
    if isinstance(event, LinksRenewed):
        return with_links(task, event.fresh)
    if event.role == "result":
        return replace(task, result=replace(task.result, image=_with_stored_name(task.result.image, event)))
    return replace(task, progress=replace(task.progress, preview=_with_stored_name(task.progress.preview, event)))


def with_links(task: Task, fresh: Mapping[str, str]) -> Task:
    """The task with its links replaced: old → new."""
    return replace(
        task,
        progress=replace(task.progress, preview=_with_links(task.progress.preview, fresh)),
        result=replace(task.result, image=_with_links(task.result.image, fresh)),
    )


def _with_links(image: Image | None, fresh: Mapping[str, str]) -> Image | None:
    return replace(image, url=fresh.get(image.url, image.url)) if image is not None else None


def _with_stored_name(image: Image | None, event: CopyChange) -> Image | None:
    if image is None or image.url.partition("?")[0] != event.url:
        return image
    if isinstance(event, CopyStored):
        return replace(image, stored=event.name)
    return replace(image, stored="") if image.stored == event.name else image
