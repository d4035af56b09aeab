"""Pictures that a caller brought, put where MidJourney can take them. Free; may be repeated; holds no slot.

A command's picture options (describe, blend) take uploads, which belong to one account's channel: the task is pinned
to it. An /imagine takes links in its prompt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tasks.domain.errors import NotSent
from tasks.domain.model import Account, Task
from tasks.domain.ports import Gateway, TaskStore
from tasks.prompts.fixes import fixed
from tasks.rules.scheduling import fits

_MARK = re.compile(r"\s*<picture:[0-9]+>")
OPTIONS = {"describe": "image", "blend": "image{n}"}  # the options' names, counted from 1


async def with_pictures(task: Task, store: TaskStore, gateway: Gateway, accounts: Sequence[Account]) -> Task:
    """The task with its pictures at Discord, by one of these accounts.

    Raises what the gateway raises, and NotSent when none can now.
    """
    if not task.pictures or task.uploads or task.request.custom_id is not None:
        return task
    account = next((a.id for a in accounts if a.takes(task.lane) and fits(task, a)), None)
    if account is None:
        raise NotSent("No account is connected that could upload the pictures.")
    pictures = await store.pictures_of(task.id)
    option = OPTIONS.get(task.request.command)
    if option is None:
        links = await gateway.publish(account, pictures)
        return replace(task, content=with_links(task.content, links), pictures=0)
    there = await gateway.upload(account, pictures)
    named = (option.format(n=n) for n in range(1, len(there) + 1))
    uploads = tuple((name, u.filename, u.uploaded_filename) for name, u in zip(named, there, strict=True))
    return replace(task, uploads=uploads, account=account)


def picture_mark(nth: int) -> str:
    """Stands in a text for the link of the nth picture that the caller brought, until it has one."""
    return f"<picture:{nth}>"


def callers_part(translation: str, task: Task) -> str:
    """What of the translated text is the caller's: neither links and parameters of ours around it, nor the suffix."""
    prompt = fixed(task.request.prompt.strip()).text
    if prompt and prompt in task.content:
        before, _, after = task.content.partition(prompt)
        translation = translation.removeprefix(before).removesuffix(after)
    return _without_marks(translation)


def _without_marks(text: str) -> str:
    return _MARK.sub("", text).strip()


def content_to_send(task: Task) -> str:
    """The text sent to MidJourney; while its pictures have no links yet, without the marks for them."""
    return _without_marks(task.content) if task.pictures else task.content


def with_links(text: str, links: Sequence[str]) -> str:
    """Links where the text has marks for them, else before it."""
    before = [link for nth, link in enumerate(links) if picture_mark(nth) not in text]
    for nth, link in enumerate(links):
        text = text.replace(picture_mark(nth), link)
    return " ".join([*before, text]).strip()
