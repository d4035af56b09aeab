"""The types of `/mj`: what is read, and the documents that are answered.

Contract: declarations only. Readers ask for these names and no others, and the OpenAPI document is written from the
same lines. The answers stay plain dicts of these types: a dict is written as fast as a Struct, and made faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypedDict

from msgspec import Struct

from api.http.operations import says, words
from api.v1.types import MAX_LIST
from tasks.domain.model import Action, Bot, Status

MODE_WORDS = ("FAST", "RELAX", "TURBO")

_STATUSES = [status.value for status in Status]
_CODES = (1, 3, 4, 9, 21, 22, 23, 24)

TaskId = Annotated[str | int, says("Our id, or the Discord message id of the result (父任务ID).", "1684310738264000")]
Picture = Annotated[
    str,
    says("A picture (图片): a data URL, bare base64, or an http(s) URL.", "data:image/png;base64,iVBORw0KGgo…"),
]
Pictures = Annotated[Sequence[str] | str, says("Pictures (图片), each a data URL, bare base64, or an http(s) URL.")]


# ---------------------------------------------------------------- in


class AccountFilter(Struct, kw_only=True, rename="camel"):
    """Who is to draw, and how fast."""

    instance_id: Annotated[str | int, says("Only this account (实例ID): the `id` of an account.")] = ""
    channel_id: Annotated[str | int, says("Only accounts that draw in this channel of Discord (频道ID).")] = ""
    modes: Annotated[
        Sequence[Annotated[str, words("A mode.", MODE_WORDS)]], says("The mode, of which the first counts.", ["FAST"])
    ] = ()


class Submit(Struct, kw_only=True, rename="camel"):
    """What comes with a submit."""

    state: Annotated[str, says("Any text; given back letter for letter (自定义参数).", "main")] = ""
    notify_hook: Annotated[str, says("A URL to which the task is POSTed as it goes on (回调地址).")] = ""
    bot_type: Annotated[str, words("The bot (机器人类型).", ["", *Bot, "mj", "niji"])] = ""
    account_filter: Annotated[AccountFilter | None, says("Only this account, in this mode (账号过滤).")] = None


class Imagine(Submit, kw_only=True, rename="camel"):
    """A drawing from a text, and pictures."""

    prompt: Annotated[str, says("What to draw (提示词). Chinese is translated.", "一只狗")]
    base64_array: Pictures = ()
    base64: Annotated[Sequence[str] | str, says("The old name for one picture (图片).")] = ""


class ChangeIn(Submit, kw_only=True, rename="camel"):
    """A press of U, V or 🔄."""

    task_id: TaskId
    action: Annotated[str, words("What to do (任务类型).", ("UPSCALE", "VARIATION", "REROLL"))]
    index: Annotated[int, says("Which of the four pictures; not with REROLL (序号).", ge=0, le=4)] = 0


class SimpleChange(Submit, kw_only=True, rename="camel"):
    """The same in one text."""

    content: Annotated[
        str,
        says(
            "A task's id, and U1–U4, V1–V4 or R (变化描述).",
            "1684310738264000 U2",
            pattern=r"^\s*[0-9]+\s+([UVuv][1-4]|[Rr])\s*$",
        ),
    ]


class Press(Submit, kw_only=True, rename="camel"):
    """A press of any button."""

    task_id: TaskId
    custom_id: Annotated[
        str,
        says(
            "That of one of the task's `buttons` (按钮).", "MJ::JOB::upsample::1::adbd1ba4-1f1c-4c28-9d1b-3a5a4b1f0001"
        ),
    ]


class SecondInputIn(Struct, kw_only=True, rename="camel"):
    """The second input of a task that is MODAL."""

    task_id: Annotated[str | int, says("The task that is MODAL (任务ID).", "1684310738264002")]
    prompt: Annotated[str, says("Without it the dialog's own text is taken (提示词).", "a dog in the snow")] = ""
    mask_base64: Annotated[str, says("A picture (局部重绘的蒙版); white is changed.")] = ""


class Describe(Submit, kw_only=True, rename="camel"):
    """Words for one picture, brought or linked."""

    base64: Annotated[Sequence[str] | str, says("The picture (图片): a data URL, bare base64, or an http(s) URL.")] = ""
    link: Annotated[str, says("Its http(s) URL, for MidJourney to load (图片地址): instead.")] = ""


class Blend(Submit, kw_only=True, rename="camel"):
    """Pictures to be mixed."""

    base64_array: Annotated[
        Sequence[str] | str, says("Two to five pictures (图片), each a data URL, bare base64, or an http(s) URL.")
    ] = ()
    dimensions: Annotated[str, words("2:3, 1:1 or 3:2 (比例).", ("", "PORTRAIT", "SQUARE", "LANDSCAPE"))] = ""


class Shorten(Submit, kw_only=True, rename="camel"):
    """A prompt of which to say which words matter."""

    prompt: Annotated[str, says("The prompt (提示词).", "a very big dog in the deep snow")]


class Video(Submit, kw_only=True, rename="camel"):
    """A clip from a picture, or a clip made longer."""

    prompt: Annotated[str, says("What to see (提示词).", "a dog runs")] = ""
    motion: Annotated[str, words("How much moves (运动幅度).", ("", "low", "high"))] = ""
    image: Annotated[str, says("The first frame (首帧): a picture, or a link, which MidJourney loads.")] = ""
    end_image: Annotated[str, says("The last frame (尾帧): the same.")] = ""
    loop: Annotated[bool, says("The last frame is the first.")] = False
    batch_size: Annotated[int, says("How many clips: 1, 2 or 4, sent as `--bs`; 0: as MidJourney has it.")] = 0
    bs: Annotated[int, says("The same as `batchSize`.")] = 0
    raw: Annotated[bool, says("Adds `--raw`.")] = False
    video_type: Annotated[str, says("vid_1.1_i2v_480, or nothing; another is refused.")] = ""
    action: Annotated[str, words("`extend`: make a clip longer (扩展视频).", ("", "extend"))] = ""
    task_id: Annotated[str | int, says("With `extend`: the task of a video, or of one of its clips.")] = ""
    index: Annotated[int, says("With `extend`: which of the video's clips, from 0.", ge=0, le=3)] = 0


class Edits(Submit, kw_only=True, rename="camel"):
    """One to four pictures, changed by words."""

    prompt: Annotated[str, says("What to change (提示词).", "make it night")]
    image: Annotated[Sequence[str] | str, says("The picture (图片): a data URL, bare base64, or an http(s) URL.")] = ""
    base64_array: Annotated[
        Sequence[str] | str, says("Up to four of them (图片), each a data URL, bare base64, or an http(s) URL.")
    ] = ()
    mask_base64: Annotated[Sequence[str] | str, says("Refused: MidJourney's command takes no mask.")] = ""


class Show(Submit, kw_only=True, rename="camel"):
    """A finished job to be shown once more."""

    job_id: Annotated[str, says("MidJourney's id of the job.", "adbd1ba4-1f1c-4c28-9d1b-3a5a4b1f0001")]


class Switch(Submit, kw_only=True, rename="camel"):
    """How an account draws from now on."""

    mode: Annotated[str, words("The mode (出图模式); REMIX turns Remix mode on or off.", (*MODE_WORDS, "REMIX"))]


class Upload(Struct, kw_only=True, rename="camel"):
    """Pictures to be put at Discord."""

    base64_array: Pictures = ()
    base64: Annotated[Sequence[str] | str, says("The old name for one picture (图片).")] = ""


class Ids(Struct, kw_only=True):
    """Which tasks to answer."""

    ids: Annotated[Sequence[str | int] | str | int, says("Their ids (任务ID列表).", ["1684310738264000"])] = ()


class ListMj(Struct, kw_only=True):
    """Which tasks to list."""

    limit: Annotated[int, says("How many.", 20, ge=1, le=MAX_LIST)] = MAX_LIST
    before: Annotated[str, says("An id: go on with those submitted before it.", pattern=r"^[0-9]{1,16}$")] = ""
    status: Annotated[str, says(f"Only these: some of {', '.join(_STATUSES)}, with commas.", "SUCCESS,FAILURE")] = ""


class OneTask(Struct, kw_only=True):
    """Which task."""

    id: Annotated[str, says("The task's id (任务ID).", "1684310738264000")]


class OneAccount(Struct, kw_only=True):
    """Which account."""

    id: Annotated[str, says("The account's id (账号ID).", "1108302168013938000")]


# ---------------------------------------------------------------- out


class SubmitProperties(TypedDict, total=False):
    """What else there is to say of a submit."""

    numberOfQueues: Annotated[int, says("With 22: how many come first (排队数).")]
    finalPrompt: Annotated[str, says("With 21: the text to start from.")]
    remix: Annotated[bool, says("With 21: always true.")]
    promptEn: Annotated[str, says("With 24: the prompt.")]
    bannedWord: Annotated[str, says("With 24: its banned word (敏感词).")]


class Submitted(TypedDict):
    """What a submit answers, for yes and for no."""

    code: Annotated[
        int,
        words(
            "状态码: 1 accepted; 22 accepted, and others come first (排队中); "
            "21 a second input is needed (等待窗口确认); 3 no account can take it; 4 bad parameter or parent; "
            "9 failed; 23 the queue is full (队列已满); 24 a banned word (包含敏感词).",
            _CODES,
        ),
    ]
    description: Annotated[str, says("For people (描述).", "提交成功")]
    result: Annotated[
        str | Sequence[str] | None, says("The task's id (任务ID), or what was asked for; null on refusal.")
    ]
    properties: SubmitProperties


class Link(TypedDict):
    """Where a picture or a clip is."""

    url: str


class ButtonMj(TypedDict):
    """A button of a result, as Discord has it."""

    customId: Annotated[str, says("What `/submit/action` wants.")]
    emoji: str
    label: str
    style: int
    type: int


class TaskProperties(TypedDict):
    """What else is known of a task."""

    finalPrompt: Annotated[str, says("The prompt as MidJourney has it, or its words (最终提示词).")]
    finalZhPrompt: Annotated[str, says("The prompt before it was translated (中文提示词).")]
    messageId: Annotated[str, says("The Discord message of the result.")]
    messageHash: Annotated[str, says("As `jobId`.")]
    flags: Annotated[int, says("The message's flags.")]
    progressMessageId: Annotated[str, says("The Discord message that showed the progress.")]
    nonce: Annotated[str, says('`""`: a nonce belongs to a send, and a task may have several.')]
    discordInstanceId: Annotated[str, says("The account (实例ID).")]
    notifyHook: Annotated[str, says("As given (回调地址).")]
    referencedMessageId: Annotated[str, says("The Discord message whose button was pressed.")]
    notes: Annotated[str, says("What you should know, a line each.")]


class TaskDisplays(TypedDict):
    """A task in words, for people."""

    discordInstanceId: Annotated[str, says("The account (实例ID).")]
    status: Annotated[str, says("任务状态, in Chinese.", "成功")]
    action: Annotated[str, says("As `action`.")]
    submitTime: Annotated[str, says('By the clock of the service, or `""`.', "2026-01-31 08:00:00")]
    startTime: Annotated[str, says("The same.")]
    finishTime: Annotated[str, says("The same.")]


class TaskMj(TypedDict):
    """A task. Every key is always there, and always of the same type."""

    id: Annotated[str, says("Decimal digits (任务ID).", "1684310738264000")]
    action: Annotated[str, words("What was asked for (任务类型).", [action.value for action in Action])]
    status: Annotated[str, words("任务状态.", _STATUSES)]
    prompt: Annotated[str, says("As given (提示词); of a finished DESCRIBE the words.")]
    promptEn: Annotated[str, says('In English (英文提示词), `""` until it is translated.')]
    description: Annotated[str, says("`/imagine …`, `/up <id> U2` and so on (任务描述).")]
    state: Annotated[str, says("As given (自定义参数).")]
    submitTime: Annotated[int | None, says("Milliseconds since 1970 (提交时间).")]
    startTime: Annotated[int | None, says("The same (开始执行时间).")]
    finishTime: Annotated[int | None, says("The same (结束时间).")]
    progress: Annotated[str, says('`""`, `"N%"`, and `"100%"` at SUCCESS (任务进度).', pattern=r"^(|[0-9]{1,3}%)$")]
    imageUrl: Annotated[str, says("The picture (图片地址); a preview while it is drawn.")]
    imageUrls: Annotated[
        Sequence[Link] | None, says("That of a single picture; of a grid null, or its four where MJ_GRID_TILES is set.")
    ]
    videoUrl: Annotated[str, says("The clip (视频地址).")]
    videoUrls: Annotated[Sequence[Link] | None, says("That of the clip.")]
    failReason: Annotated[str, says('Why it failed, for people (失败原因); `""` unless it failed.')]
    buttons: Annotated[Sequence[ButtonMj], says("In Discord's order; empty until SUCCESS (按钮).")]
    properties: TaskProperties
    botType: Annotated[str, words("机器人类型.", [bot.value for bot in Bot])]
    mode: Annotated[str | None, words("出图模式; null: as the account is set.", (*MODE_WORDS, None))]
    parentId: Annotated[str, says("The task whose button was pressed (父任务ID).")]
    jobId: Annotated[str, says("MidJourney's id of the job.")]
    seed: Annotated[str | None, says("Null: ask for it.")]
    maskBase64: Annotated[str, says('`""`: masks are not kept.')]
    index: Annotated[str, words("Which picture of the parent.", ("", *"1234"))]
    failCode: Annotated[str, says("Why it failed, for programs.")]
    displays: TaskDisplays


class AccountMj(TypedDict):
    """An account, without its secrets."""

    id: Annotated[str, says("For `accountFilter.instanceId` (账号ID).")]
    guildId: Annotated[str, says("Discord's server (服务器ID).")]
    channelId: Annotated[str, says("Discord's channel (频道ID).")]
    enable: Annotated[bool, says("False while its owner must fix it (是否可用).")]
    running: Annotated[bool, says("It can draw (运行中).")]
    disabledReason: Annotated[str, says("Why it does not draw (禁用原因).")]
    coreSize: Annotated[int, says("Drawings at once (并发数).")]
    queueSize: Annotated[int, says("Tasks that may wait, in all (等待队列长度).")]
    timeoutMinutes: Annotated[int, says("Minutes of silence after which a task fails (任务超时时间).")]
    userId: Annotated[str, says("Discord's id of the user.")]
    connectedSince: Annotated[int | None, says("Milliseconds since 1970.")]
    displays: Annotated[Mapping[str, str], says("`display`: a name for people.")]
    properties: Annotated[Mapping[str, Any], says("Its state, for people.")]
