"""Uploaded files, in two steps or within a form, and the attachments that name them.

Contract: the one place that names uploaded files and finds a file by an attachment of a message or command.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulator.data.pictures import inspect_file
from simulator.world.records import SimulatedAccount
from simulator.world.state import UploadedFile, World


@dataclass(frozen=True, kw_only=True)
class SentFile:
    filename: str
    data: bytes


def announce(world: World, owner: SimulatedAccount, channel_id: str, filename: str) -> str:
    """Reserve a name for the file's bytes; its folder is a uuid."""
    filename = filename.replace("/", "_")
    name = f"{uuid.uuid4()}/{filename}"
    world.uploads[name] = UploadedFile(owner=owner, channel_id=channel_id, filename=filename)
    return name


def put(world: World, name: str, data: bytes) -> bool:
    """False when no such file was announced."""
    upload = world.uploads.get(name)
    if upload is None:
        return False
    content_type, size = inspect_file(data)
    world.uploads[name] = replace(upload, data=data, content_type=content_type, size=size)
    world.touch()
    return True


def attach_files(
    world: World, owner: SimulatedAccount, channel_id: str, files: Mapping[str, SentFile], listed: Any
) -> list[Any]:
    """The attachments listed with a form's files, each with the name of the file with its number; without a list,
    one per file."""
    items = listed if isinstance(listed, list) and listed else [{"id": number} for number in files]
    return [_named(world, owner, channel_id, files, item) for item in items]


def _named(world: World, owner: SimulatedAccount, channel_id: str, files: Mapping[str, SentFile], item: Any) -> Any:
    file = files.get(str(item.get("id"))) if isinstance(item, dict) else None
    if file is None:
        return item
    name = announce(world, owner, channel_id, str(item.get("filename") or file.filename))
    put(world, name, file.data)
    return {**item, "uploaded_filename": name}


def find(world: World, item: Any) -> UploadedFile | None:
    """The file named by an attachment, under its current name, once its bytes have arrived."""
    upload = world.uploads.get(str(item.get("uploaded_filename"))) if isinstance(item, dict) else None
    if upload is None or upload.data is None:
        return None
    return replace(upload, filename=str(item.get("filename") or upload.filename))
