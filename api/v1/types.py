"""The types of `/api/v1`: what is read, and the documents that are answered.

Contract: declarations only. The names and bounds by which requests are read stand here, and the OpenAPI document is
written from the same lines. The answers stay plain dicts of these types: a dict is written as fast as a Struct, and
made faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypedDict

from msgspec import Struct

from api.http.operations import says, words
from tasks.domain.model import Action

MAX_LIST = 1000
SHOWN_WORDS = ("NOT_START", "IN_PROGRESS", "SUCCESS", "FAILURE")

# ---------------------------------------------------------------- in


class SubmitV1(Struct, kw_only=True, rename="camel"):
    """What `/api/v1/trigger/submit` asks for."""

    action: Annotated[str, words("What to do (任务类型).", ("IMAGINE", "UPSCALE", "VARIATION", "REROLL", "EDIT"))]
    prompt: Annotated[
        str, says("What to draw, with IMAGINE, or to change, with EDIT (提示词). Chinese is translated.", "一只狗")
    ] = ""
    image: Annotated[
        str,
        says("With EDIT: one to four pictures (图片), http(s) links or data URLs, with blanks between."),
    ] = ""
    task_id: Annotated[
        str | int,
        says("The result to act on: the `_id` of its task, or its Discord message id (父任务).", "1684310738264000"),
    ] = ""
    index: Annotated[int, says("Which of the four pictures, with UPSCALE and VARIATION (图片序号).", ge=1, le=4)] = 0
    state: Annotated[str, says("Any text; given back letter for letter (自定义参数).", "main")] = ""
    notify_hook: Annotated[str, says("A URL to which the task is POSTed when it ends (回调地址).")] = ""


class FetchV1(Struct, kw_only=True, rename={"id_": "_id"}):
    """Which task to answer."""

    id_: Annotated[str | int, says("The `result` of a submit (任务ID).", "1684310738264000")] = ""
    id: Annotated[str | int, says("The same, under another name: give one of them.")] = ""


class ListV1(Struct, kw_only=True):
    """Which tasks to list."""

    limit: Annotated[int, says(f"How many; {MAX_LIST} where it is not given.", 20, ge=1, le=MAX_LIST)] = MAX_LIST
    before: Annotated[str, says("An `_id`: go on with those submitted before it.", pattern=r"^[0-9]{1,16}$")] = ""
    status: Annotated[str, says(f"Only these: some of {', '.join(SHOWN_WORDS)}, with commas.", "SUCCESS,FAILURE")] = ""


# ---------------------------------------------------------------- out


class SubmittedV1(TypedDict):
    """A task that was taken; it is on disk."""

    code: Annotated[int, words("Always 1.", (1,))]
    description: str
    result: Annotated[str, says("The task's `_id`.", "1684310738264000")]


class Done(TypedDict):
    """It was done."""

    code: Annotated[int, words("Always 1.", (1,))]
    description: str


class TaskV1(TypedDict):
    """A task. Every key is always there; what is empty is `""`."""

    _id: Annotated[str, says("Our id: decimal digits (任务ID).", "1684310738264001")]
    index: Annotated[str, words('Which picture of the parent; `""` for IMAGINE.', ("", *"1234"))]
    action: Annotated[str, words("What was asked for (任务类型).", [action.value for action in Action])]
    prompt: Annotated[str, says("As given (提示词).", "一只狗")]
    promptEn: Annotated[str, says('In English (英文提示词); `""` until it is translated.', "A dog")]
    taskId: Annotated[str, says("The parent's `_id` until the end, then the Discord message id of the result.")]
    uri: Annotated[str, says("Discord's URL of the picture.")]
    hash: Annotated[str, says("MidJourney's id of the job.")]
    content: Annotated[str, says("The text sent to MidJourney, but for the word of a mode that is added to it.")]
    progress: Annotated[
        str,
        says(
            '`""` before anything is heard, then `"NN%"`, and `"done"` at SUCCESS (进度).',
            pattern=r"^(|[0-9]{1,2}%|done)$",
        ),
    ]
    description: Annotated[str, says("`/imagine …`; of a failed task the reason (任务描述).")]
    submitTime: Annotated[int, says("Milliseconds since 1970 (提交时间).")]
    finishTime: Annotated[int | None, says("The same (结束时间); null until then.")]
    state: Annotated[str, says("As given (自定义参数).")]
    notifyHook: Annotated[str, says("As given (回调地址).")]
    imageUrl: Annotated[str, says("The URL to load the picture from (图片地址).")]
    status: Annotated[str, words("Cancelled ones are FAILURE too (任务状态).", SHOWN_WORDS)]
    parentId: Annotated[str, says('The parent\'s `_id`, also after the end; `""` for IMAGINE.')]
    failCode: Annotated[str, says('Why it failed, for programs; else `""`.')]
    failReason: Annotated[str, says('Why it failed, for people (失败原因); `""` unless it failed.')]
    notes: Annotated[Sequence[str], says("What you should know: a translation that failed, say.")]
