"""The answers to `/mj` submits: one object of four keys, for yes and for no.

Contract: always `code`, `description`, `result` and `properties`, in this order and compact, as a gateway edits the raw
bytes; always HTTP 200, as many clients look no further on any other. Gateways switch a whole channel off on code 3, so
nothing but `NoAccount` is told so.
"""

from __future__ import annotations

from aiohttp import hdrs, web

from api.http.errors import CODE_HEADER, InternalError, TooFast, retry_seconds, status_of, store_failed
from api.http.responses import json_value
from api.mj.schema import CONFIRM, final_prompt
from tasks.domain.errors import BadRequest, NoAccount, QueueFull, SendError, ServiceError, StoreFailed
from tasks.domain.model import Status, Task
from tasks.prompts.banned import BannedWord

ACCEPTED, NO_ACCOUNT, BAD, FAILED = 1, 3, 4, 9
MORE_NEEDED, QUEUED, QUEUE_FULL, BANNED = 21, 22, 23, 24

_CODES: dict[type[ServiceError], int] = {
    BannedWord: BANNED,
    BadRequest: BAD,
    NoAccount: NO_ACCOUNT,
    QueueFull: QUEUE_FULL,
    TooFast: QUEUE_FULL,
    StoreFailed: FAILED,
    ServiceError: FAILED,
}


def done(result: object, description: str = "成功") -> web.Response:
    return _answer(ACCEPTED, description, result)


def submitted(task: Task, *, ahead: int, queued_code: int) -> web.Response:
    """A task that was taken. `queued_code` is what says that others come first: some clients take 22 for a failure."""
    if ahead <= 0:
        return done(task.id, "提交成功")
    description = "提交成功" if queued_code == ACCEPTED else f"排队中，前面还有{ahead}个任务"
    return _answer(queued_code, description, task.id, numberOfQueues=ahead)


def pressed(task: Task, *, ahead: int, queued_code: int) -> web.Response:
    """A button was pressed: the task goes on, or waits for a second input, which is always a text to be confirmed."""
    if task.status is not Status.MODAL:
        return submitted(task, ahead=ahead, queued_code=queued_code)
    return _answer(MORE_NEEDED, CONFIRM, task.id, finalPrompt=final_prompt(task), remix=True)


def refused(error: ServiceError, *, prompt: str = "") -> web.Response:
    """The refusal. `prompt`: the caller's, repeated with a banned word."""
    code = code_of(error)
    if isinstance(error, StoreFailed):
        error = store_failed(error)
    elif code == FAILED and not isinstance(error, SendError):
        error = InternalError()
    description = "队列已满，请稍后尝试" if isinstance(error, QueueFull) else str(error)
    if isinstance(error, BannedWord):
        response = _answer(code, description, None, promptEn=prompt, bannedWord=error.word)
    else:
        response = _answer(code, description, None)
    response.headers[CODE_HEADER] = error.code
    if code == QUEUE_FULL:
        response.headers[hdrs.RETRY_AFTER] = str(retry_seconds(error))
    return response


def code_of(error: ServiceError) -> int:
    """The code of an error: that of its nearest class in the table; what the HTTP layer lays to the caller is 4."""
    code = next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)
    return BAD if code == FAILED and 400 <= status_of(error) < 500 else code


def _answer(code: int, description: str, result: object, **properties: object) -> web.Response:
    return json_value({"code": code, "description": description, "result": result, "properties": properties})
