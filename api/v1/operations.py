"""What the routes of `/api/v1` say of themselves. Contract: declarations only."""

from __future__ import annotations

from api.http.errors import BodyTooLarge, TooManyBodies, TooSlow, UnknownContentType, UnknownEncoding
from api.http.idempotency import IdempotentRequest
from api.http.operations import Answer, Operation
from api.v1.types import FetchV1, ListV1, SubmittedV1, SubmitV1, TaskV1
from tasks.domain.errors import (
    AccountPaused,
    BadHook,
    BadIndex,
    BadRequest,
    ButtonNotFound,
    KeyReused,
    MissingPrompt,
    NoAccount,
    ParentFailed,
    ParentNotFinished,
    ParentNotFound,
    PromptTooLong,
    QueueFull,
    StateTooLong,
    StoreFailed,
    TaskNotFound,
    UnknownAction,
)
from tasks.prompts.banned import BannedWord
from tasks.prompts.check import BadParameter, BadWeights
from tasks.prompts.images import BadPicture
from tasks.prompts.permutations import TooManyDrawings

BODY_ERRORS = (TooSlow, TooManyBodies, BodyTooLarge, UnknownContentType, UnknownEncoding)
PROMPT_ERRORS = (MissingPrompt, PromptTooLong, BadParameter, BadWeights, BannedWord, TooManyDrawings)
PARENT_ERRORS = (ParentNotFound, ParentNotFinished, ParentFailed, ButtonNotFound, AccountPaused)
SUBMIT_ERRORS = (
    BadRequest,
    UnknownAction,
    BadIndex,
    BadHook,
    StateTooLong,
    KeyReused,
    QueueFull,
    NoAccount,
    StoreFailed,
)

_TAG = "/api/v1"

SUBMIT = Operation(
    name="submit",
    tag=_TAG,
    summary="Draw, upscale, vary (提交任务)",
    text="The parameters may stand in the query, in a form or in JSON, and in the query and the body together. "
    "The task is on disk before this is answered, and can be fetched at once.",
    query=SubmitV1,
    body=SubmitV1,
    headers=IdempotentRequest,
    forms=True,
    example={"action": "IMAGINE", "prompt": "一只狗", "state": "main"},
    answers={
        200: Answer(
            means="The task was taken.",
            type=SubmittedV1,
            example={"code": 1, "description": "成功", "result": "1684310738264000"},
        )
    },
    errors=(BadPicture, *SUBMIT_ERRORS, *PROMPT_ERRORS, *PARENT_ERRORS, *BODY_ERRORS),
)

FETCH = Operation(
    name="fetch",
    tag=_TAG,
    summary="One task (查询单个任务)",
    text="A link to a picture that has expired, or is about to, is renewed first.",
    query=FetchV1,
    body=FetchV1,
    forms=True,
    example={"_id": "1684310738264000"},
    answers={200: Answer(means="The task.", type=TaskV1)},
    errors=(BadRequest, TaskNotFound, StoreFailed, *BODY_ERRORS),
)

LIST = Operation(
    name="list",
    tag=_TAG,
    summary="Many tasks (任务列表)",
    query=ListV1,
    body=ListV1,
    forms=True,
    example={"limit": 20, "status": "SUCCESS,FAILURE"},
    answers={200: Answer(means="The tasks, newest first.", type=list[TaskV1])},
    errors=(BadRequest, StoreFailed, *BODY_ERRORS),
)
