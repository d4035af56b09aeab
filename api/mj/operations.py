"""What the routes of `/mj` say of themselves, by the path that follows the prefix. Contract: declarations only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from api.http.errors import (
    BodyTooLarge,
    InternalError,
    Malformed,
    TooManyBodies,
    TooSlow,
    UnknownContentType,
    UnknownEncoding,
)
from api.http.idempotency import IdempotentRequest
from api.http.operations import Answer, Operation
from api.mj import types
from api.v1.operations import PARENT_ERRORS, PROMPT_ERRORS, SUBMIT_ERRORS
from tasks.domain.errors import (
    AccountBlocked,
    AccountNotFound,
    BadRequest,
    NoAccount,
    NoSuchButton,
    NotOffered,
    NotSent,
    OutcomeUnknown,
    SendError,
    SendRefused,
    StoreFailed,
    TaskNotFound,
)
from tasks.prompts.images import BadPicture

# Under these the same routes stand too.
MODE_PREFIXES: Mapping[str, str] = {
    "/mj-fast": "What is submitted is drawn in FAST mode",
    "/mj-relax": "What is submitted is drawn in RELAX mode",
    "/mj-turbo": "What is submitted is drawn in TURBO mode",
    "/fast": "The same as `/mj-fast`",
    "/relax": "The same as `/mj-relax`",
    "/turbo": "The same as `/mj-turbo`",
}

_BODY = (TooSlow, BodyTooLarge, UnknownContentType, UnknownEncoding, Malformed)
_SEND = (SendError, NotSent, SendRefused, AccountBlocked, OutcomeUnknown, NoSuchButton)
_ALWAYS = (InternalError, StoreFailed)
_OWN = (AccountNotFound, BadPicture, NotOffered, TaskNotFound)
_SUBMIT = (*SUBMIT_ERRORS, *PROMPT_ERRORS, *PARENT_ERRORS, *_BODY, *_SEND, *_ALWAYS, *_OWN)
_TAKEN = {"code": 1, "description": "提交成功", "result": "1684310738264000", "properties": {}}
_PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)  # one pixel
_ID = "1684310738264000"


def _submit(name: str, summary: str, body: type[Struct], example: Mapping[str, object], **more: Any) -> Operation:
    return Operation(
        name=f"mj_{name.replace('-', '_')}",
        tag="/mj submit",
        summary=summary,
        body=body,
        headers=IdempotentRequest if issubclass(body, types.Submit) else None,
        example=example,
        answers={
            200: Answer(
                means="`code` says what became of it; a refusal has the header `Error-Code`.",
                type=types.Submitted,
                example=_TAKEN,
                errors=_SUBMIT,
            )
        },
        prefixes=MODE_PREFIXES,
        errors=(TooManyBodies,),
        **more,
    )


def _look(name: str, summary: str, kind: Any, *, tag: str = "/mj task", **more: Any) -> Operation:
    """What answers no submit's shape still refuses in it."""
    refusals = (BadRequest, NotOffered, TaskNotFound, NoAccount, *PARENT_ERRORS, *_BODY, *_SEND, *_ALWAYS)
    return Operation(
        name=f"mj_{name}",
        tag=tag,
        summary=summary,
        answers={
            200: Answer(
                means="As asked; a refusal has the header `Error-Code`.",
                type=kind,
                or_type=types.Submitted,
                errors=refusals,
            ),
        },
        prefixes=MODE_PREFIXES,
        **more,
    )


OPERATIONS: Mapping[str, Operation] = {
    "/submit/imagine": _submit(
        "imagine", "Draw (提交Imagine任务)", types.Imagine, {"prompt": "一只狗", "state": "main"}, files=True
    ),
    "/submit/change": _submit(
        "change",
        "Press U, V or 🔄 (绘图变化)",
        types.ChangeIn,
        {"taskId": _ID, "action": "UPSCALE", "index": 2},
    ),
    "/submit/simple-change": _submit(
        "simple-change", "The same in one text (绘图变化-simple)", types.SimpleChange, {"content": f"{_ID} V3"}
    ),
    "/submit/action": _submit(
        "action",
        "Press any button (执行动作)",
        types.Press,
        {"taskId": _ID, "customId": "MJ::JOB::reroll::0::adbd1ba4-1f1c-4c28-9d1b-3a5a4b1f0001::SOLO"},
        text="Code 21 where the button opens a dialog: go on with `/submit/modal`.",
    ),
    "/submit/modal": _submit(
        "modal",
        "Give the second input (提交Modal)",
        types.SecondInputIn,
        {"taskId": "1684310738264002", "prompt": "a dog in the snow"},
        text="The task keeps its id.",
    ),
    "/submit/describe": _submit(
        "describe", "Words for a picture (提交Describe任务)", types.Describe, {"base64": _PNG}, files=True
    ),
    "/submit/blend": _submit(
        "blend",
        "Mix pictures (提交Blend任务)",
        types.Blend,
        {"base64Array": [_PNG, _PNG], "dimensions": "SQUARE"},
        files=True,
    ),
    "/submit/shorten": _submit(
        "shorten",
        "Which words of a prompt matter (提交Shorten任务)",
        types.Shorten,
        {"prompt": "a very big dog in the deep snow"},
    ),
    "/submit/video": _submit(
        "video",
        "A clip from a picture, or a longer clip (提交Video任务)",
        types.Video,
        {"prompt": "a dog runs", "motion": "low", "image": _PNG},
    ),
    "/submit/edits": _submit(
        "edits",
        "Change pictures by words (编辑图片)",
        types.Edits,
        {"prompt": "make it night", "image": _PNG},
        text="Sent as `--edit`, which MidJourney takes since version 8.1.",
        files=True,
    ),
    "/submit/edit": _submit(
        "edit", "The same (编辑图片)", types.Edits, {"prompt": "make it night", "image": _PNG}, files=True
    ),
    "/insight-face/swap": _look("swap", "Not offered: refused with code 4 (换脸)", types.Submitted, tag="/mj submit"),
    "/submit/show": _submit(
        "show",
        "Show a finished job once more (提交Show任务)",
        types.Show,
        {"jobId": "adbd1ba4-1f1c-4c28-9d1b-3a5a4b1f0001"},
    ),
    "/submit/info": _submit("info", "The account's plan, hours and jobs (账号信息)", types.Submit, {"state": "main"}),
    "/submit/settings": _submit("settings", "The account's settings (账号设置)", types.Submit, {"state": "main"}),
    "/submit/switch": _submit("switch", "Draw in this mode from now on (切换模式)", types.Switch, {"mode": "RELAX"}),
    "/submit/upload-discord-images": _submit(
        "upload",
        "Put pictures at Discord (上传图片)",
        types.Upload,
        {"base64Array": [_PNG]},
        text="`result` is an array of links, which may stand in a prompt.",
        files=True,
    ),
    "/task/list-by-condition": _look(
        "list_by_condition",
        "The tasks of these ids (根据ID列表查询任务)",
        list[types.TaskMj],
        body=types.Ids,
        example={"ids": [_ID]},
        text="In this order; unknown ones are left out.",
    ),
    "/task/list-by-ids": _look(
        "list_by_ids",
        "The same (根据ID列表查询任务)",
        list[types.TaskMj],
        body=types.Ids,
        example={"ids": [_ID]},
    ),
    "/task/{id}/cancel": _look(
        "cancel",
        "Stop a task, in Discord too (取消任务)",
        types.Submitted,
        place=types.OneTask,
    ),
    "/task/list": _look(
        "list",
        "The newest tasks (查询所有任务)",
        list[types.TaskMj],
        query=types.ListMj,
        example={"limit": 20, "status": "SUCCESS,FAILURE"},
    ),
    "/task/queue": _look("queue", "Those that wait, oldest first (查询任务队列)", list[types.TaskMj]),
    "/task/{id}/fetch": _look(
        "fetch",
        "One task (指定ID获取任务)",
        types.TaskMj | None,
        place=types.OneTask,
        text="Null when there is none.",
    ),
    "/task/{id}/image-seed": _look(
        "image_seed",
        "The seed of a drawing (获取任务图片的seed)",
        types.Submitted,
        place=types.OneTask,
    ),
    "/account/list": _look("account_list", "The accounts (查询所有账号)", list[types.AccountMj], tag="/mj account"),
    "/account/{id}/fetch": _look(
        "account",
        "One account (指定ID获取账号)",
        types.AccountMj | None,
        place=types.OneAccount,
        tag="/mj account",
        text="Null when there is none.",
    ),
}
