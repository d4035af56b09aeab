"""The submit routes of `/mj` over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from api.http.auth import Access
from tasks.domain.errors import AccountBlocked, NoAccount, NotSent, ServiceError, StoreFailed
from tasks.domain.model import Account, Action, Bot, ExtensionRequest, Mode, Picture, Status, SubmitOptions
from tests.support.mj_client import BUTTONS, add_parent, data_url, png, refused, speaking_mj, taken, told
from tests.support.service_twin import FIRST_ID, Caller, Twin

FIRST = str(FIRST_ID)
IMAGINE, CHANGE, SIMPLE = "/mj/submit/imagine", "/mj/submit/change", "/mj/submit/simple-change"
ACTION, MODAL, DESCRIBE = "/mj/submit/action", "/mj/submit/modal", "/mj/submit/describe"
BLEND, SHORTEN, VIDEO = "/mj/submit/blend", "/mj/submit/shorten", "/mj/submit/video"
UPLOAD = "/mj/submit/upload-discord-images"
SHOW, INFO = "/mj/submit/show", "/mj/submit/info"
SETTINGS, SWITCH = "/mj/submit/settings", "/mj/submit/switch"
JOB = "0b6c1bde-96b0-4ac3-84b6-d7e5b1e8f9ab"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def mj() -> AsyncIterator[Caller]:
    async with speaking_mj() as caller:
        add_parent(caller.service)
        yield caller


# ---------------------------------------------------------------- answers


async def test_a_drawing_is_taken(mj: Caller) -> None:
    body = {"prompt": "一只狗", "state": "a b", "notifyHook": " http://hooks.example/x "}
    answer = await mj.post(IMAGINE, json=body)
    told(answer)
    second = str(FIRST_ID + 1)
    assert answer.body.decode() == f'{{"code":1,"description":"提交成功","result":"{second}","properties":{{}}}}'
    task = mj.service.tasks[second]
    assert (task.request.prompt, task.request.state, task.request.notify_hook, task.request.api) == (
        "一只狗",
        "a b",
        "http://hooks.example/x",
        "mj",
    )


async def test_who_waits_is_told_how_many_come_first(mj: Caller) -> None:
    mj.service.slots = 1
    assert (await taken(mj, IMAGINE, {"prompt": "a"})).request.prompt == "a"
    await taken(mj, IMAGINE, {"prompt": "b"})
    answer = await mj.post(IMAGINE, json={"prompt": "c"})
    found = told(answer)
    assert answer.body.startswith(b'{"code":22,"description":"')
    assert found["description"] == "排队中，前面还有1个任务"
    assert found["properties"] == {"numberOfQueues": 1}
    assert found["result"] in mj.service.tasks


async def test_a_setting_answers_1_where_others_wait() -> None:
    async with speaking_mj(queued_code=1) as mj:
        mj.service.slots = 0
        await taken(mj, IMAGINE, {"prompt": "a"})
        found = told(await mj.post(IMAGINE, json={"prompt": "b"}))
        assert (found["code"], found["description"]) == (1, "提交成功")
        assert found["properties"] == {"numberOfQueues": 1}


async def test_a_task_that_is_taken_is_never_told_as_refused(mj: Caller) -> None:
    mj.service.ahead_breaks = StoreFailed()
    await taken(mj, IMAGINE, {"prompt": "a"})


async def test_u_holds_no_slot_and_waits_for_none(mj: Caller) -> None:
    mj.service.slots = -5
    await taken(mj, CHANGE, {"taskId": FIRST, "action": "UPSCALE", "index": 1})


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (StoreFailed(), 9, "database"),
        (ServiceError("row 5 of table tasks"), 9, "internal error"),
        (RuntimeError("row 5"), 9, "internal error"),
        (NotSent("The account is not connected."), 9, "not connected"),
        (AccountBlocked("captcha"), 9, "captcha"),
        (NoAccount(), 3, "until its owner fixes it"),
    ],
)
async def test_what_goes_wrong_has_its_code(mj: Caller, error: Exception, code: int, words: str) -> None:
    mj.service.breaks = error
    assert words in await refused(mj, IMAGINE, {"prompt": "a"}, code)


async def test_a_full_queue() -> None:
    async with speaking_mj(Twin(room=0)) as mj:
        assert await refused(mj, IMAGINE, {"prompt": "a"}, 23) == "队列已满，请稍后尝试"


@pytest.mark.parametrize("path", [IMAGINE, SHORTEN])
async def test_a_banned_word_is_named_with_the_prompt(mj: Caller, path: str) -> None:
    found = told(await mj.post(path, json={"prompt": "much gore"}))
    assert (found["code"], found["result"]) == (24, None)
    assert found["properties"] == {"promptEn": "much gore", "bannedWord": "gore"}
    assert len(mj.service.tasks) == 1


async def test_a_banned_word_in_a_second_input(mj: Caller) -> None:
    found = told(await mj.post(MODAL, json={"taskId": FIRST, "prompt": "gore"}))
    assert (found["code"], found["properties"]) == (24, {"promptEn": "gore", "bannedWord": "gore"})


# ---------------------------------------------------------------- what comes with every submit


@pytest.mark.parametrize(
    ("prefix", "modes", "mode"),
    [
        ("/mj", [], None),
        ("/mj", ["RELAX"], Mode.RELAXED),
        ("/mj", ["turbo", "FAST"], Mode.TURBO),
        ("/mj-fast/mj", [], Mode.FAST),
        ("/mj-relax/mj", [], Mode.RELAXED),
        ("/mj-turbo/mj", ["RELAX"], Mode.TURBO),
        ("/fast/mj", [], Mode.FAST),
        ("/relax/mj", [], Mode.RELAXED),
        ("/turbo/mj", ["FAST"], Mode.TURBO),
    ],
)
async def test_the_mode_comes_from_the_address_or_the_filter(
    mj: Caller, prefix: str, modes: list[str], mode: Mode | None
) -> None:
    body = {"prompt": "a", "accountFilter": {"modes": modes, "instanceId": 77, "other": {"x": []}}}
    await taken(mj, f"{prefix}/submit/imagine", body)
    assert mj.service.asks[-1] == SubmitOptions(api="mj", mode=mode, accounts=("77",))


@pytest.mark.parametrize(
    ("given", "bot"),
    [
        ("", Bot.MIDJOURNEY),
        (None, Bot.MIDJOURNEY),
        ("MID_JOURNEY", Bot.MIDJOURNEY),
        ("mj", Bot.MIDJOURNEY),
        ("NIJI_JOURNEY", Bot.NIJI),
        ("niji", Bot.NIJI),
    ],
)
async def test_the_bot_is_chosen(mj: Caller, given: str | None, bot: Bot) -> None:
    assert (await taken(mj, IMAGINE, {"prompt": "a", "botType": given})).request.bot is bot


BAD_ASKS: dict[str, tuple[dict[str, Any], str]] = {
    "bot": ({"botType": "INSIGHT_FACE"}, "botType is unknown"),
    "mode": ({"accountFilter": {"modes": ["SLOW"]}}, "FAST, RELAX, TURBO"),
    "filter": ({"accountFilter": ["x"]}, "accountFilter takes an object"),
    "state": ({"state": {"a": 1}}, "state takes one plain value"),
    "hook": ({"notifyHook": "file:///etc"}, "http or https"),
    "hook's type": ({"notifyHook": True}, "notifyHook takes a text"),
}


@pytest.mark.parametrize("case", BAD_ASKS)
async def test_a_bad_option_is_refused_on_every_submit(mj: Caller, case: str) -> None:
    options, why = BAD_ASKS[case]
    for path, body in GOOD.items():
        assert why in await refused(mj, path, body | options)
    assert len(mj.service.tasks) == 1


async def test_zero_values_count_as_not_given(mj: Caller) -> None:
    """A gateway sends every field it knows."""
    zero = {
        "customId": "",
        "botType": "",
        "notifyHook": "",
        "action": "",
        "index": 0,
        "state": "",
        "taskId": "",
        "base64Array": None,
        "content": "",
        "maskBase64": "",
        "accountFilter": None,
    }
    task = await taken(mj, IMAGINE, zero | {"prompt": "a"})
    assert (task.request.notify_hook, task.pictures) == ("", 0)
    await taken(mj, CHANGE, zero | {"action": "REROLL", "taskId": FIRST})


@pytest.mark.parametrize("nothing", ["null", '""', "[]", "[ ]"])
async def test_nothing_counts_as_not_given_in_every_spelling(mj: Caller, nothing: str) -> None:
    """Some languages have one empty array, and send it for an object and for a text, too."""
    names = ("state", "notifyHook", "botType", "accountFilter", "base64", "base64Array", "loop", "image", "index")
    zero = ",".join(f'"{name}":{nothing}' for name in names)
    inner = f'"accountFilter":{{"instanceId":{nothing},"modes":{nothing}}}'
    for path, body in (
        (IMAGINE, f'{{"prompt":"a",{zero}}}'),
        (IMAGINE, f'{{"prompt":"a",{inner}}}'),
        (CHANGE, f'{{"taskId":{FIRST},"action":"REROLL",{zero}}}'),
        (VIDEO, f'{{"prompt":"a",{zero.replace("image", "endImage")},"image":"{data_url()}"}}'),
    ):
        assert told(await mj.post(path, data=body))["code"] == 1
        assert mj.service.asks[-1] == SubmitOptions(api="mj")


async def test_numbers_stand_for_texts_and_the_rest_is_ignored(mj: Caller) -> None:
    task = await taken(mj, CHANGE, {"taskId": FIRST_ID, "action": "upscale", "index": "3", "state": 7, "x": [{}]})
    assert (task.request.parent_id, task.request.index, task.request.state) == (FIRST, 3, "7")
    by_message = {"taskId": 1108302168013938689, "action": "VARIATION", "index": 1}
    assert (await taken(mj, CHANGE, by_message)).request.parent_id == FIRST


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "application/x-www-form-urlencoded"])
async def test_a_body_is_json_whatever_it_is_called(mj: Caller, kind: str) -> None:
    answer = await mj.post(IMAGINE, data=b'\xef\xbb\xbf {"prompt":"a"} ', headers={"Content-Type": kind})
    assert told(answer)["code"] == 1


# ---------------------------------------------------------------- an account is asked


@pytest.mark.parametrize(
    ("path", "body", "command"),
    [
        (SHOW, {"jobId": JOB}, "show"),
        (INFO, {}, "info"),
        (SETTINGS, {}, "settings"),
        (SWITCH, {"mode": "FAST"}, "fast"),
        (SWITCH, {"mode": " relax"}, "relaxed"),
        (SWITCH, {"mode": "Turbo"}, "turbo"),
        (SWITCH, {"mode": "remix"}, "remix"),
    ],
)
async def test_an_account_is_asked(mj: Caller, path: str, body: dict[str, Any], command: str) -> None:
    mj.service.slots = -5  # it waits for no slot
    task = await taken(mj, path, {**body, "accountFilter": {"instanceId": "77"}, "botType": "niji", "state": "s"})
    assert (task.request.command, task.request.state) == (command, "s")
    assert mj.service.asks[-1] == SubmitOptions(api="mj", state="s", bot=Bot.NIJI, accounts=("77",))
    assert task.request.options == ((("job_id", JOB),) if path == SHOW else ())


# ---------------------------------------------------------------- each route, well and badly asked

GOOD: dict[str, dict[str, Any]] = {
    IMAGINE: {"prompt": "a dog"},
    CHANGE: {"taskId": FIRST, "action": "VARIATION", "index": 2},
    SIMPLE: {"content": f"{FIRST} V2"},
    ACTION: {"taskId": FIRST, "customId": BUTTONS[0].custom_id},
    DESCRIBE: {"base64": data_url()},
    BLEND: {"base64Array": [data_url(), data_url()]},
    SHORTEN: {"prompt": "a dog"},
    VIDEO: {"prompt": "it runs", "image": data_url()},
    SHOW: {"jobId": JOB},
    INFO: {},
    SETTINGS: {},
    SWITCH: {"mode": "FAST"},
}

BAD: list[tuple[str, dict[str, Any], str]] = [
    (IMAGINE, {}, "prompt is needed"),
    (IMAGINE, {"prompt": " \n"}, "prompt is needed"),
    (IMAGINE, {"prompt": ["a"]}, "prompt takes one plain value"),
    (IMAGINE, {"prompt": "a", "base64Array": ["x"]}, "not valid base64"),
    (IMAGINE, {"prompt": "a", "base64Array": [data_url(), "%%%"]}, "Picture 2 of 2"),
    (IMAGINE, {"prompt": "a", "base64Array": [data_url()] * 6}, "at most 5"),
    (IMAGINE, {"prompt": "a", "base64Array": {"0": "x"}}, "base64Array takes one plain value"),
    (IMAGINE, {"prompt": "a", "base64Array": [data_url(b"<svg ")]}, "SVG"),
    (IMAGINE, {"prompt": "a", "base64Array": [data_url(png(10_000, 10_000))]}, "too large"),
    (CHANGE, {"action": "UPSCALE", "index": 1}, "taskId is missing"),
    (CHANGE, {"taskId": FIRST, "index": 1}, "action is unknown"),
    (CHANGE, {"taskId": FIRST, "action": "ZOOM", "index": 1}, "UPSCALE, VARIATION, REROLL"),
    (CHANGE, {"taskId": FIRST, "action": "UPSCALE"}, "from 1 to 4"),
    (CHANGE, {"taskId": FIRST, "action": "UPSCALE", "index": 5}, "from 1 to 4"),
    (CHANGE, {"taskId": "1", "action": "UPSCALE", "index": 1}, "does not exist"),
    (SIMPLE, {}, "U1–U4"),
    (SIMPLE, {"content": FIRST}, "U1–U4"),
    (SIMPLE, {"content": f"{FIRST} U5"}, "U1–U4"),
    (SIMPLE, {"content": f"{FIRST} R1"}, "U1–U4"),
    (SIMPLE, {"content": "1 U1"}, "does not exist"),
    (ACTION, {"taskId": FIRST}, "customId is missing"),
    (ACTION, {"customId": "x"}, "taskId is missing"),
    (ACTION, {"taskId": FIRST, "customId": "x"}, "does not offer"),
    (MODAL, {}, "taskId is missing"),
    (MODAL, {"taskId": "1"}, "task does not exist"),
    (MODAL, {"taskId": FIRST, "maskBase64": "x"}, "not valid base64"),
    (DESCRIBE, {}, "One picture is needed"),
    (DESCRIBE, {"base64": data_url(), "link": "https://a.example/x.png"}, "not both"),
    (DESCRIBE, {"link": "ftp://a.example/x.png"}, "http or https"),
    (DESCRIBE, {"link": "https://a b"}, 'has a blank in it, after "https://a"'),
    (DESCRIBE, {"link": "https://a.example/my dog.png"}, "has a blank in it"),
    (VIDEO, {"prompt": "a", "image": "https://a.example/my dog.png"}, "has a blank in it"),
    (IMAGINE, {"prompt": "a", "base64Array": ["https://a.example/my dog.png"]}, "has a blank in it"),
    (DESCRIBE, {"base64": "https://a.example/x.png"}, "a link, not a picture"),
    (BLEND, {"base64Array": [data_url()]}, "two to five"),
    (BLEND, {"base64Array": [data_url(), " ", None]}, "two to five"),
    (BLEND, {"base64Array": [data_url()] * 6}, "too many"),
    (BLEND, {"base64Array": [data_url()] * 2, "dimensions": "ROUND"}, "PORTRAIT, SQUARE, LANDSCAPE"),
    (SHORTEN, {}, "prompt is needed"),
    (VIDEO, {"prompt": "a", "motion": "wild"}, "LOW, HIGH"),
    (VIDEO, {"prompt": "a", "action": "cut"}, "extend"),
    (VIDEO, {"prompt": "a", "loop": "maybe"}, "true or false"),
    (VIDEO, {"prompt": "a", "image": "x"}, "not valid base64"),
    (VIDEO, {"prompt": "a", "batchSize": 3}, "1, 2 or 4"),
    (VIDEO, {"prompt": "a", "videoType": "vid_1.1_i2v_720"}, "not offered"),
    (VIDEO, {"action": "extend"}, "taskId is missing"),
    (VIDEO, {"action": "extend", "taskId": "1"}, "does not exist"),
    (VIDEO, {"action": "extend", "taskId": FIRST}, "extends 1, 2"),
    (VIDEO, {"action": "extend", "taskId": FIRST, "index": 2}, "extends 1, 2"),
    (VIDEO, {"action": "extend", "taskId": FIRST, "index": "x"}, "from 0 to 3"),
    (VIDEO, {"action": "extend", "taskId": FIRST, "index": 0, "videoType": "vid_1.1_i2v_720"}, "not offered"),
    (VIDEO, {"action": "extend", "taskId": FIRST, "index": 0, "batchSize": 1}, "need a prompt here"),
    (VIDEO, {"action": "extend", "taskId": FIRST, "index": 0, "loop": True}, "need a prompt here"),
    (VIDEO, {"action": "extend", "taskId": FIRST, "index": 0, "endImage": "https://a.example/x.png"}, "no last frame"),
    (SWITCH, {}, "mode is unknown"),
    (SWITCH, {"mode": "SLOW"}, "FAST, RELAX, TURBO, REMIX"),
    (SWITCH, {"mode": ["FAST"]}, "mode takes one plain value"),
    (SHOW, {"jobId": ["x"]}, "jobId takes one plain value"),
    (UPLOAD, {}, "A picture is needed"),
    (UPLOAD, {"base64Array": ["x"]}, "not valid base64"),
]


@pytest.mark.parametrize("path", GOOD)
async def test_what_is_asked_well_is_taken(mj: Caller, path: str) -> None:
    task = await taken(mj, path, GOOD[path] | {"state": "s"})
    assert (task.request.state, task.request.api) == ("s", "mj")


@pytest.mark.parametrize(("path", "body", "why"), BAD)
async def test_what_is_asked_badly_is_refused_with_the_reason(
    mj: Caller, path: str, body: dict[str, Any], why: str
) -> None:
    assert why in await refused(mj, path, body)
    assert len(mj.service.tasks) == 1


@pytest.mark.parametrize("path", [*GOOD, MODAL, UPLOAD])
async def test_only_post_submits(mj: Caller, path: str) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        answer = await mj.ask(method, path, json=GOOD.get(path, {}))
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert len(mj.service.tasks) == 1


async def test_pictures_are_brought_as_they_are(mj: Caller) -> None:
    body = {"prompt": "a", "base64Array": [data_url(), ""], "base64": data_url(png(4, 4))}
    assert (await taken(mj, IMAGINE, body)).pictures == 2


@pytest.mark.parametrize(
    ("content", "does", "index"),
    [("{0} U2", Action.UPSCALE, 2), (" {0}  v4 ", Action.VARIATION, 4), ("{0} r", Action.REROLL, None)],
)
async def test_a_simple_change(mj: Caller, content: str, does: Action, index: int | None) -> None:
    task = await taken(mj, SIMPLE, {"content": content.format(FIRST)})
    assert (task.request.action, task.request.index, task.request.parent_id) == (does, index, FIRST)


@pytest.mark.parametrize("body", [{}, {"index": 0}, {"index": None}, {"index": 3}])
async def test_a_reroll_has_no_index(mj: Caller, body: dict[str, Any]) -> None:
    assert (await taken(mj, CHANGE, {"taskId": FIRST, "action": "REROLL"} | body)).request.index is None


async def test_a_parent_must_have_ended_well(mj: Caller) -> None:
    running, failed = mj.service.add(), mj.service.add(status=Status.FAILURE)
    for path in (CHANGE, ACTION, VIDEO):
        body = {"action": "extend" if path == VIDEO else "UPSCALE", "index": 1, "customId": BUTTONS[0].custom_id}
        assert "has not finished" in await refused(mj, path, body | {"taskId": running.id})
        assert await refused(mj, path, body | {"taskId": failed.id})


async def test_a_button_that_opens_a_dialog_waits_for_the_second_input(mj: Caller) -> None:
    answer = await mj.post(ACTION, json={"taskId": FIRST, "customId": BUTTONS[2].custom_id})
    found = told(answer)
    assert answer.body.startswith(b'{"code":21,')
    assert "Waiting for window confirm" in found["description"]
    assert found["properties"] == {"finalPrompt": "A dog", "remix": True}
    task_id = found["result"]
    assert (await mj.get(f"/mj/task/{task_id}/fetch")).json["status"] == "MODAL"
    second = told(await mj.post(MODAL, json={"taskId": int(task_id), "prompt": "a cat", "maskBase64": data_url()}))
    assert (second["code"], second["result"]) == (1, task_id)
    assert mj.service.brought == [("a cat", png())]
    assert told(await mj.post(MODAL, json={"taskId": task_id, "prompt": " ", "maskBase64": ""}))["code"] == 1
    assert mj.service.brought[-1] == (None, None)
    assert mj.service.tasks[task_id].request.dialog_prompt == "A dog"


async def test_a_picture_is_described_by_bytes_or_by_link(mj: Caller) -> None:
    await taken(mj, DESCRIBE, {"base64": data_url()})
    await taken(mj, DESCRIBE, {"link": "https://a.example/x.png?y=1"})
    picture = Picture(filename="picture1.png", type="image/png", data=png())
    assert mj.service.brought == [(picture, ""), (None, "https://a.example/x.png?y=1")]


@pytest.mark.parametrize(
    ("given", "ratio"), [("", ""), ("PORTRAIT", "2:3"), ("square", "1:1"), ("LANDSCAPE", "3:2"), (None, "")]
)
async def test_a_blend_has_one_of_three_shapes(mj: Caller, given: str | None, ratio: str) -> None:
    await taken(mj, BLEND, {"base64Array": [data_url()] * 3, "dimensions": given})
    pictures, dimensions = mj.service.brought[-1]
    assert isinstance(pictures, tuple)
    assert [picture.filename for picture in pictures] == ["picture1.png", "picture2.png", "picture3.png"]
    assert dimensions == ratio


async def test_a_clip_is_made_of_frames(mj: Caller) -> None:
    await taken(mj, VIDEO, {"prompt": "a", "image": " https://a.example/x.png ", "endImage": data_url(), "loop": True})
    await taken(mj, VIDEO, {"prompt": "a", "motion": "HIGH", "image": data_url(), "loop": None})
    picture = Picture(filename="picture1.png", type="image/png", data=png())
    assert mj.service.brought == [
        ("", "https://a.example/x.png", picture, True),
        ("high", picture, None, False),
    ]


@pytest.mark.parametrize(
    ("body", "button"),
    [
        ({"index": 0}, 3),
        ({"index": "1", "motion": "low"}, 4),
        ({"index": 0, "motion": "high"}, 5),
        ({"motion": "high"}, 5),
        ({"motion": "high", "index": 3}, 5),
    ],
)
async def test_a_clip_is_extended_by_its_own_button(mj: Caller, body: dict[str, Any], button: int) -> None:
    task = await taken(mj, VIDEO, {"action": "extend", "taskId": FIRST_ID} | body)
    assert task.request.custom_id == BUTTONS[button].custom_id
    by_message = {"action": "extend", "taskId": "1108302168013938689"}
    assert (await taken(mj, VIDEO, by_message | body)).request.parent_id == FIRST


async def test_an_extension_takes_a_prompt_and_reports_what_it_cannot_use(mj: Caller) -> None:
    body = {
        "action": "extend",
        "taskId": FIRST,
        "index": 0,
        "prompt": "it jumps",
        "batchSize": 1,
        "image": "https://a.example/x.png",
    }
    await taken(mj, VIDEO, body)
    [(asked,)] = mj.service.brought
    assert isinstance(asked, ExtensionRequest)
    assert (asked.index, asked.prompt) == (0, "it jumps --bs 1")
    assert [note.split()[0] for note in asked.notes] == ["MidJourney", "image"]


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        (DESCRIBE, {"link": f"https://a.example/{'x' * 4096}"}, "link has 4114 characters"),
        (VIDEO, {"prompt": "a", "image": f"https://a.example/{'x' * 4096}"}, "link has 4114 characters"),
    ],
)
async def test_a_link_that_is_too_long_is_refused(mj: Caller, path: str, body: dict[str, Any], why: str) -> None:
    assert why in await refused(mj, path, body)


async def test_uploads_answer_a_list_of_links(mj: Caller) -> None:
    found = told(await mj.post(UPLOAD, json={"base64Array": [data_url(), data_url()]}))
    assert found["code"] == 1
    assert found["result"] == [f"https://cdn.discordapp.com/attachments/1/2/picture{n}.png" for n in (1, 2)]
    assert len(mj.service.tasks) == 1


# ---------------------------------------------------------------- what cannot be read

BROKEN: dict[str, dict[str, Any]] = {
    "malformed JSON": {"data": b'{"prompt":'},
    "a JSON array": {"data": b"[1]"},
    "null": {"data": b"null"},
    "a form": {"data": b"prompt=a"},
    "JSON nested deeply": {"data": b'{"x":' * 9999},
    "not UTF-8": {"data": b'{"prompt":"\xff"}'},
    "half a surrogate": {"data": b'{"prompt":"a\\ud83d b and more text"}'},
    "gzip that is none": {"data": b"not gzip", "headers": {"Content-Encoding": "gzip"}},
    "a large body": {"data": b'{"prompt":"' + b"x" * 100_000 + b'"}'},
}


@pytest.mark.parametrize("path", [IMAGINE, MODAL, UPLOAD, "/mj/task/list-by-condition"])
@pytest.mark.parametrize("case", BROKEN)
async def test_what_cannot_be_read_is_a_bad_parameter(case: str, path: str) -> None:
    async with speaking_mj(max_body=60_000) as mj:
        answer = await mj.post(path, **{"headers": JSON} | BROKEN[case])
        if answer.body != b"[]":  # a prompt says nothing to a list, however it is broken
            found = told(answer)
            assert (found["code"], found["result"]) == (4, None)
        assert not mj.service.tasks


async def test_a_large_body_is_named_so() -> None:
    async with speaking_mj(max_body=1000) as mj:
        assert "1000 bytes" in await refused(mj, IMAGINE, {"prompt": "x" * 2000})


# ---------------------------------------------------------------- who may ask

SECRET = Access(secret="sesame")
PAGE = {"Origin": "https://page.example"}


@pytest.mark.parametrize("path", [IMAGINE, "/mj-fast/mj/submit/imagine", "/mj/task/list-by-condition"])
async def test_without_the_secret_401_says_it_in_every_dialect(path: str) -> None:
    async with speaking_mj(access=SECRET) as mj:
        answer = await mj.post(path, json={"prompt": "a"})
        assert answer.status == 401
        assert {"code", "description", "message", "error"} <= set(answer.json)
        assert not mj.service.tasks


@pytest.mark.parametrize("path", [IMAGINE, "/mj-relax/mj/submit/action", "/mj/task/1/cancel"])
async def test_a_page_may_ask_when_there_is_a_secret(path: str) -> None:
    asks = PAGE | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "mj-api-secret"}
    async with speaking_mj(access=SECRET) as mj:
        preflight = await mj.ask("OPTIONS", path, headers=asks)
        assert preflight.status == 204
        assert preflight.headers["Access-Control-Allow-Origin"] == "*"
        assert preflight.headers["Access-Control-Allow-Methods"] == "POST"
        assert "mj-api-secret" in preflight.headers["Access-Control-Allow-Headers"]
        assert "authorization" in preflight.headers["Access-Control-Allow-Headers"]
        answer = await mj.post(path, json={"prompt": "a"}, headers=PAGE | {"Authorization": "Bearer sesame"})
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")


# ---------------------------------------------------------------- edits, faces, filters


@pytest.mark.parametrize("route", ["edits", "edit"])
async def test_an_edit_takes_links_and_pictures(mj: Caller, route: str) -> None:
    link = "https://a.example/x.png"
    body = {"action": "EDITS", "prompt": "make it night", "base64Array": [link, data_url()], "remix": True}
    task = await taken(mj, f"/mj/submit/{route}", body)
    assert task.request.prompt == "make it night"
    first, second = mj.service.brought[-1]
    assert first == link
    assert isinstance(second, Picture)
    await taken(mj, f"/mj/submit/{route}", {"prompt": "make it night", "image": link})
    assert mj.service.brought[-1] == (link,)


async def test_an_edit_says_what_it_cannot_take(mj: Caller) -> None:
    link = "https://a.example/x.png"
    assert "mask" in await refused(mj, "/mj/submit/edits", {"prompt": "a", "image": link, "maskBase64": data_url()})
    assert "picture" in await refused(mj, "/mj/submit/edits", {"prompt": "a"})


async def test_swapping_faces_is_refused_in_the_contracts_shape(mj: Caller) -> None:
    assert "not offered" in await refused(
        mj, "/mj/insight-face/swap", {"sourceBase64": data_url(), "targetBase64": data_url()}
    )


async def test_a_filter_is_heeded_or_named() -> None:
    account = Account(id="77", connected=True, capacity=3, details={"channel_id": "11"})
    async with speaking_mj(Twin(account)) as mj:
        await _filtered(mj)


async def _filtered(mj: Caller) -> None:
    body: dict[str, Any] = {"prompt": "a", "accountFilter": {"channelId": 11}}
    await taken(mj, "/mj/submit/imagine", body)
    assert mj.service.asks[-1].accounts == ("77",)
    body["accountFilter"] = {"channelId": "12"}
    assert "channel" in await refused(mj, "/mj/submit/imagine", body)
    body["accountFilter"] = {"remark": "vip"}
    assert "remark" in await refused(mj, "/mj/submit/imagine", body)


@pytest.mark.parametrize(("size", "said"), [(0, "a dog"), ("", "a dog"), (1, "a dog --bs 1"), ("4", "a dog --bs 4")])
async def test_as_many_clips_as_are_asked_for(mj: Caller, size: object, said: str) -> None:
    body = {"prompt": "a dog", "image": data_url(), "batchSize": size, "videoType": "vid_1.1_i2v_480"}
    assert (await taken(mj, VIDEO, body)).request.prompt == said


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        ({"bs": 2, "raw": True}, "a dog --bs 2 --raw"),
        ({"prompt": "a dog --bs 4 --raw", "bs": 2, "raw": True}, "a dog --bs 4 --raw"),
        ({"bs": 0, "raw": False}, "a dog"),
    ],
)
async def test_fields_of_a_clip_are_not_doubled(mj: Caller, fields: dict[str, object], sent: str) -> None:
    body = {"prompt": "a dog", "image": data_url(), **fields}
    assert (await taken(mj, VIDEO, body)).request.prompt == sent
