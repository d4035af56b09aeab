"""Files that somebody sends: first announced and then put, or along with a form; and the attachments that name them.

Contract: the one place that makes a name for a file and that finds a file by what a message or a command says of it.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulator.data.pictures import inspected
from simulator.world.records import SimulatedAccount
from simulator.world.state import UploadedFile, World


@dataclass(frozen=True, kw_only=True)
class SentFile:
    filename: str
    data: bytes


def announce(world: World, owner: SimulatedAccount, channel_id: str, filename: str) -> str:
    """The name under which the file's bytes may come; its folder is a uuid."""
    filename = filename.replace("/", "_")
    name = f"{uuid.uuid4()}/{filename}"
    world.uploads[name] = UploadedFile(owner=owner, channel_id=channel_id, filename=filename)
    return name


def put(world: World, name: str, data: bytes) -> bool:
    """False when nobody announced such a file."""
    upload = world.uploads.get(name)
    if upload is None:
        return False
    content_type, size = inspected(data)
    world.uploads[name] = replace(upload, data=data, content_type=content_type, size=size)
    world.touch()
    return True


def stow(
    world: World, owner: SimulatedAccount, channel_id: str, files: Mapping[str, SentFile], listed: Any
) -> list[Any]:
    """The attachments listed beside a form's files, each with the name of the file that has its number; where none
    are listed, one for each file."""
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
    """The file that an attachment names, once its bytes are here, under the name given to it now."""
    upload = world.uploads.get(str(item.get("uploaded_filename"))) if isinstance(item, dict) else None
    if upload is None or upload.data is None:
        return None
    return replace(upload, filename=str(item.get("filename") or upload.filename))
