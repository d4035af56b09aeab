"""The documents of `/mj`: a task and an account -> JSON.

Contract: pure functions. A document has every key always, in one order and of one type, because some clients drop a
whole batch on one wrong type: times are integers or null, `flags`, `style` and `type` integers, lists of links null or
not empty, all else text. What is empty is "", or null where a word of a list or a number is expected. Hooks carry the
same bytes as the answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from api.http.links import Links
from api.http.responses import encode
from api.mj.types import AccountMj, ButtonMj, Link, TaskDisplays, TaskMj, TaskProperties
from tasks.domain.model import Account, Action, Button, Image, Mode, Status, Task
from tasks.domain.pause_advice import advice_for
from tasks.rules.buttons import is_grid
from tasks.sending.preparation import content_to_send

CONFIRM = "Waiting for window confirm"  # clients look for these words

_MODES: Mapping[Mode, str] = {Mode.FAST: "FAST", Mode.RELAXED: "RELAX", Mode.TURBO: "TURBO"}
_ANSWERED_IN_WORDS = (Action.DESCRIBE, Action.SHORTEN)
_LETTERS: Mapping[Action, str] = {Action.UPSCALE: "U", Action.VARIATION: "V", Action.REROLL: "R"}
_STATUS_WORDS: Mapping[Status, str] = {
    Status.NOT_START: "未启动",
    Status.SUBMITTED: "已提交",
    Status.IN_PROGRESS: "执行中",
    Status.MODAL: "窗口等待",
    Status.SUCCESS: "成功",
    Status.FAILURE: "失败",
    Status.CANCEL: "已取消",
}
_LATEST = 253_370_764_800_000  # ms: the year 9999, whose end no clock may pass
_CLIPS = (".mp4", ".webm", ".mov")


def render_mj(task: Task, links: Links) -> bytes:
    """A task as `/task/{id}/fetch` answers it and as its hooks carry it.

    For a hook asked for by another caller, give the task with that caller's `state` and `notify_hook`.
    """
    return encode(mj_document(task, links))


def render_mj_list(tasks: Iterable[Task], links: Links) -> bytes:
    return encode([mj_document(task, links) for task in tasks])


def mj_document(task: Task, links: Links) -> TaskMj:
    described = (
        task.result.description if task.request.action is Action.DESCRIBE and task.status is Status.SUCCESS else ""
    )
    clip, picture = _clip(task, links), _picture(task, links)
    return {
        "id": task.id,
        "action": task.request.action.value,
        "status": task.status.value,
        "prompt": described or task.request.prompt,
        "promptEn": described or task.prompt_en,
        "description": _description(task),
        "state": task.request.state,
        "submitTime": task.request.submit_time,
        "startTime": task.start_time,
        "finishTime": task.result.finish_time,
        "progress": _progress(task),
        "imageUrl": picture or clip,
        "imageUrls": _pictures(task, picture, links),
        "videoUrl": clip,
        "videoUrls": _links(clip),
        "failReason": (task.result.fail_reason or "The task failed.") if task.status is Status.FAILURE else "",
        "buttons": [_button(button) for button in task.result.buttons] if task.status is Status.SUCCESS else [],
        "properties": _properties(task),
        "botType": task.request.bot.value,
        "mode": _mode(task),
        "parentId": task.request.parent_id or "",
        "jobId": task.progress.job_id or "",
        "seed": task.result.seed or None,
        "maskBase64": "",  # a mask is forgotten when its task is over
        # ours, after the contract's
        "index": "" if task.request.index is None else str(task.request.index),
        "failCode": task.result.fail_code if task.status is Status.FAILURE else "",
        "displays": _displays(task),
    }


def _pictures(task: Task, picture: str, links: Links) -> list[Link] | None:
    """A single picture; of a grid its four, where the operator wants them named and there is a copy to cut."""
    if task.status is not Status.SUCCESS:
        return None
    if not is_grid(task):
        return _links(picture)
    return [Link(url=url) for url in (links.tiles(task.result.image) if picture and task.result.image else ())] or None


def _displays(task: Task) -> TaskDisplays:
    """For web pages that show a task as a row of words."""
    return {
        "discordInstanceId": task.account or "",
        "status": _STATUS_WORDS[task.status],
        "action": task.request.action.value,
        "submitTime": _shown_time(task.request.submit_time),
        "startTime": _shown_time(task.start_time),
        "finishTime": _shown_time(task.result.finish_time),
    }


def _shown_time(time: int | None) -> str:
    """By the machine's own clock."""
    if not time or time > _LATEST:
        return ""
    return f"{datetime.fromtimestamp(time / 1000, UTC).astimezone():%Y-%m-%d %H:%M:%S}"


def _properties(task: Task) -> TaskProperties:
    final, chinese = _final_texts(task)
    return {
        "finalPrompt": final,
        "finalZhPrompt": chinese,
        "messageId": task.result.message_id or "",
        "messageHash": task.progress.job_id or "",
        "flags": task.result.message_flags,
        "progressMessageId": task.progress.progress_message_id or "",
        "nonce": "",  # belongs to a send, and a task may have several
        "discordInstanceId": task.account or "",
        "notifyHook": task.request.notify_hook,
        "referencedMessageId": task.request.parent_message_id or "",
        "notes": "\n".join(task.notes),
    }


def final_prompt(task: Task) -> str:
    """The prompt as MidJourney has it, or is to get it."""
    return task.progress.echoed_prompt or content_to_send(task) or task.prompt_en or task.request.prompt


def _final_texts(task: Task) -> tuple[str, str]:
    in_words = task.request.action in _ANSWERED_IN_WORDS or (task.request.answer_ends and task.result.description)
    if in_words and task.status is Status.SUCCESS:
        return task.result.description, task.result.description
    translated = bool(task.prompt_en) and task.prompt_en != task.request.prompt.strip()
    return final_prompt(task), task.request.prompt if translated else ""


def _description(task: Task) -> str:
    if task.status is Status.MODAL:
        return CONFIRM
    if task.request.parent_id:
        letter = _LETTERS.get(task.request.action)
        numbered = task.request.index is not None or task.request.action is Action.REROLL
        return f"/up {task.request.parent_id} " + (
            f"{letter}{task.request.index or ''}" if letter and numbered else task.request.action.value
        )
    command = task.request.command if task.request.answer_ends else task.request.action.lower()
    return f"/{command} {task.prompt_en or task.request.prompt}".strip()


def _progress(task: Task) -> str:
    if task.status is Status.SUCCESS:
        return "100%"
    return "" if task.progress.percent is None else f"{min(task.progress.percent, 99)}%"


def _mode(task: Task) -> str | None:
    mode = task.progress.mode or task.request.requested_mode
    return _MODES[mode] if mode else None


def _button(button: Button) -> ButtonMj:
    return {
        "customId": button.custom_id,
        "emoji": button.emoji,
        "label": button.label,
        "style": button.style,
        "type": button.type,
    }


# ---------------------------------------------------------------- pictures and clips


def _picture(task: Task, links: Links) -> str:
    """The result; until the end, or beside a clip, the preview."""
    image = (
        task.progress.preview
        if not task.status.is_over or (task.result.image and _is_clip(task.result.image))
        else task.result.image
    )
    return links.image(image) if image else ""


def _clip(task: Task, links: Links) -> str:
    """A clip. Four of them in one, the result of a video, are an animated picture: it is the clip, too."""
    is_video = task.request.action is Action.VIDEO and task.status is Status.SUCCESS
    return links.image(task.result.image) if task.result.image and (is_video or _is_clip(task.result.image)) else ""


def _is_clip(image: Image) -> bool:
    return image.content_type.startswith("video/") or image.filename.casefold().endswith(_CLIPS)


def _links(url: str) -> list[Link] | None:
    return [{"url": url}] if url else None


# ---------------------------------------------------------------- accounts


def account_document(account: Account, *, queue_size: int, timeout_minutes: int) -> AccountMj:
    """An account, without its secrets: only what the rules know of it, and they know none."""
    details = account.details
    guild, channel = (details.get(name) for name in ("guild_id", "channel_id"))
    reason = "" if account.connected else "The account is not connected to Discord."
    if account.paused:
        reason = advice_for(account.id, account.paused)
    return {
        "id": account.id,
        "guildId": str(guild or ""),
        "channelId": str(channel or ""),
        "enable": not account.paused,
        "running": account.is_usable,
        "disabledReason": reason,
        "coreSize": account.capacity,
        "queueSize": queue_size,
        "timeoutMinutes": timeout_minutes,
        "userId": account.user_id or "",
        "connectedSince": account.connected_since,
        "displays": {"display": str(channel or account.id), "discordInstanceId": account.id},
        "properties": {_camel(name): value for name, value in details.items()},
    }


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
