"""The documents, letter for letter, and as a strictly typed client reads them."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.links import Links
from api.mj.schema import account_document, mj_document, render_mj, render_mj_list
from api.v1.schema import v1_document
from tasks.domain.model import Account, Action, Bot, Button, Image, Mode, Phase, Status, Task, TaskRequest, TaskResult
from tests.support.service_twin import finished
from tests.support.tasks import built

NO_LINKS = Links()
CDN = "https://cdn.discordapp.com/attachments/1/2/dog.png?ex=1&is=2&hm=3"

SUBMITTED, STARTED, FINISHED = 1684310738264, 1684310738300, 1684310741027


def shown(ms: int) -> str:
    """By the clock of the machine."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC).astimezone():%Y-%m-%d %H:%M:%S}"


FRESH = Task(
    id="1684310738264000",
    request=TaskRequest(
        action=Action.IMAGINE,
        prompt="一只狗",
        state="main",
        notify_hook="http://hooks.example/x",
        submit_time=1684310738264,
    ),
)
RUNNING = replace(
    FRESH,
    progress=replace(
        FRESH.progress,
        percent=45,
        progress_message_id="1108302168013938000",
        mode=Mode.FAST,
        preview=Image(url="https://cdn.discordapp.com/attachments/1/2/grid_0.webp?ex=1"),
    ),
    status=Status.IN_PROGRESS,
    phase=Phase.SENT,
    prompt_en="A dog",
    content="A dog --seed 5587",
    account="9",
    start_time=1684310738300,
)
DONE = finished(
    replace(
        RUNNING,
        progress=replace(RUNNING.progress, percent=100, echoed_prompt="A dog --seed 5587 --v 6.1"),
        result=replace(
            RUNNING.result,
            message_flags=64,
            buttons=(
                Button(custom_id="MJ::JOB::upsample::1::adbd1ba4", label="U1"),
                Button(custom_id="MJ::JOB::reroll::0::adbd1ba4::SOLO", emoji="🔄", style=1),
            ),
        ),
    )
)
FAILED = replace(
    FRESH,
    progress=replace(FRESH.progress, percent=93),
    result=replace(FRESH.result, fail_code="moderated", fail_reason="Filtered"),
    status=Status.FAILURE,
    phase=Phase.OVER,
)

GOLDEN: dict[str, tuple[Task, str]] = {
    "NOT_START": (
        FRESH,
        '{"id":"1684310738264000","action":"IMAGINE","status":"NOT_START","prompt":"一只狗","promptEn":"",'
        '"description":"/imagine 一只狗","state":"main","submitTime":1684310738264,"startTime":null,"finishTime":null,'
        '"progress":"","imageUrl":"","imageUrls":null,"videoUrl":"","videoUrls":null,"failReason":"","buttons":[],'
        '"properties":{"finalPrompt":"一只狗","finalZhPrompt":"","messageId":"","messageHash":"","flags":0,'
        '"progressMessageId":"","nonce":"","discordInstanceId":"","notifyHook":"http://hooks.example/x",'
        '"referencedMessageId":"","notes":""},"botType":"MID_JOURNEY","mode":null,"parentId":"","jobId":"",'
        '"seed":null,"maskBase64":"","index":"","failCode":""'
        f',"displays":{{"discordInstanceId":"","status":"未启动","action":"IMAGINE","submitTime":"{shown(SUBMITTED)}",'
        f'"startTime":"","finishTime":""}}}}',
    ),
    "IN_PROGRESS": (
        RUNNING,
        '{"id":"1684310738264000","action":"IMAGINE","status":"IN_PROGRESS","prompt":"一只狗","promptEn":"A dog",'
        '"description":"/imagine A dog","state":"main","submitTime":1684310738264,"startTime":1684310738300,'
        '"finishTime":null,"progress":"45%","imageUrl":"https://cdn.discordapp.com/attachments/1/2/grid_0.webp?ex=1",'
        '"imageUrls":null,"videoUrl":"","videoUrls":null,"failReason":"","buttons":[],'
        '"properties":{"finalPrompt":"A dog --seed 5587","finalZhPrompt":"一只狗","messageId":"","messageHash":"",'
        '"flags":0,"progressMessageId":"1108302168013938000","nonce":"","discordInstanceId":"9",'
        '"notifyHook":"http://hooks.example/x","referencedMessageId":"","notes":""},"botType":"MID_JOURNEY",'
        '"mode":"FAST","parentId":"","jobId":"","seed":null,"maskBase64":"","index":"","failCode":""'
        f',"displays":{{"discordInstanceId":"9","status":"执行中","action":"IMAGINE","submitTime":"{shown(SUBMITTED)}",'
        f'"startTime":"{shown(STARTED)}","finishTime":""}}}}',
    ),
    "SUCCESS": (
        DONE,
        '{"id":"1684310738264000","action":"IMAGINE","status":"SUCCESS","prompt":"一只狗","promptEn":"A dog",'
        '"description":"/imagine A dog","state":"main","submitTime":1684310738264,"startTime":1684310738300,'
        f'"finishTime":1684310741027,"progress":"100%","imageUrl":"{CDN}","imageUrls":null,'
        '"videoUrl":"","videoUrls":null,"failReason":"","buttons":[{"customId":"MJ::JOB::upsample::1::adbd1ba4",'
        '"emoji":"","label":"U1","style":2,"type":2},{"customId":"MJ::JOB::reroll::0::adbd1ba4::SOLO","emoji":"🔄",'
        '"label":"","style":1,"type":2}],"properties":{"finalPrompt":"A dog --seed 5587 --v 6.1",'
        '"finalZhPrompt":"一只狗","messageId":"1108302168013938689",'
        '"messageHash":"adbd1ba4-1f1c-4c28-9d1b-3a5a4b1f0001","flags":64,"progressMessageId":"1108302168013938000",'
        '"nonce":"","discordInstanceId":"9","notifyHook":"http://hooks.example/x","referencedMessageId":"","notes":""},'
        '"botType":"MID_JOURNEY","mode":"FAST","parentId":"","jobId":"adbd1ba4-1f1c-4c28-9d1b-3a5a4b1f0001",'
        '"seed":null,"maskBase64":"","index":"","failCode":""'
        f',"displays":{{"discordInstanceId":"9","status":"成功","action":"IMAGINE","submitTime":"{shown(SUBMITTED)}",'
        f'"startTime":"{shown(STARTED)}","finishTime":"{shown(FINISHED)}"}}}}',
    ),
    "FAILURE": (
        FAILED,
        '{"id":"1684310738264000","action":"IMAGINE","status":"FAILURE","prompt":"一只狗","promptEn":"",'
        '"description":"/imagine 一只狗","state":"main","submitTime":1684310738264,"startTime":null,"finishTime":null,'
        '"progress":"93%","imageUrl":"","imageUrls":null,"videoUrl":"","videoUrls":null,"failReason":"Filtered",'
        '"buttons":[],"properties":{"finalPrompt":"一只狗","finalZhPrompt":"","messageId":"","messageHash":"","flags":0,'
        '"progressMessageId":"","nonce":"","discordInstanceId":"","notifyHook":"http://hooks.example/x",'
        '"referencedMessageId":"","notes":""},"botType":"MID_JOURNEY","mode":null,"parentId":"","jobId":"",'
        '"seed":null,"maskBase64":"","index":"","failCode":"moderated"'
        f',"displays":{{"discordInstanceId":"","status":"失败","action":"IMAGINE","submitTime":"{shown(SUBMITTED)}",'
        f'"startTime":"","finishTime":""}}}}',
    ),
}


@pytest.mark.parametrize("status", GOLDEN)
def test_the_document_of_each_status(status: str) -> None:
    task, expected = GOLDEN[status]
    assert render_mj(task, NO_LINKS).decode() == expected
    assert render_mj_list([task, task], NO_LINKS).decode() == f"[{expected},{expected}]"


def test_no_tasks_are_an_empty_list() -> None:
    assert render_mj_list([], NO_LINKS) == b"[]"


# ---------------------------------------------------------------- strict clients


class Link(msgspec.Struct, forbid_unknown_fields=True):
    url: str


class StrictButton(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    custom_id: str
    emoji: str
    label: str
    style: int
    type: int


class StrictProperties(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    final_prompt: str
    final_zh_prompt: str
    message_id: str
    message_hash: str
    flags: int
    progress_message_id: str
    nonce: str
    discord_instance_id: str
    notify_hook: str
    referenced_message_id: str
    notes: str


class StrictTask(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """As a Go client declares it: one wrong type, and the batch is dropped."""

    id: str
    action: str
    status: str
    prompt: str
    prompt_en: str
    description: str
    state: str
    submit_time: int | None
    start_time: int | None
    finish_time: int | None
    progress: str
    image_url: str
    image_urls: list[Link] | None
    video_url: str
    video_urls: list[Link] | None
    fail_reason: str
    buttons: list[StrictButton]
    properties: StrictProperties
    bot_type: str
    mode: str | None
    parent_id: str
    job_id: str
    seed: str | None
    mask_base64: str
    index: str
    fail_code: str
    displays: dict[str, str]


TEXT = st.text(string.printable, max_size=20)
IMAGES = st.none() | st.builds(
    Image,
    url=st.sampled_from(["", CDN, "https://cdn.discordapp.com/a/b.mp4?ex=1"]),
    filename=st.sampled_from(["", "dog.png", "clip.MP4"]),
    content_type=st.sampled_from(["", "image/png", "video/mp4"]),
)
TASKS = st.builds(
    built,
    id=st.just("1"),
    action=st.sampled_from(Action),
    status=st.sampled_from(Status),
    percent=st.none() | st.integers(0, 100),
    prompt=TEXT,
    prompt_en=TEXT,
    description=TEXT,
    index=st.none() | st.integers(1, 4),
    parent_id=st.none() | st.just("7"),
    mode=st.none() | st.sampled_from(Mode),
    requested_mode=st.none() | st.sampled_from(Mode),
    image=IMAGES,
    preview=IMAGES,
    buttons=st.just(()) | st.just(DONE.result.buttons),
    fail_code=TEXT,
    fail_reason=TEXT,
    finish_time=st.none() | st.integers(0, 2**53),
    notes=st.lists(TEXT, max_size=2).map(tuple),
)


@given(TASKS)
def test_every_document_is_read_by_a_strict_client(task: Task) -> None:
    found = msgspec.json.decode(render_mj(task, NO_LINKS), type=StrictTask)
    assert list(msgspec.json.decode(render_mj(task, NO_LINKS))) == list(msgspec.json.decode(GOLDEN["SUCCESS"][1]))
    assert (found.progress == "100%") is (task.status is Status.SUCCESS)
    assert bool(found.fail_reason) is (task.status is Status.FAILURE)
    assert found.image_urls != []
    assert found.video_urls != []
    assert found.mode in (None, "FAST", "RELAX", "TURBO")
    if task.status is not Status.SUCCESS:
        assert found.buttons == []


# ---------------------------------------------------------------- rules of single fields


def test_midjourneys_own_hundred_is_no_end() -> None:
    assert mj_document(replace(RUNNING, progress=replace(RUNNING.progress, percent=100)), NO_LINKS)["progress"] == "99%"


def test_a_failure_without_a_reason_still_tells_one() -> None:
    assert (
        mj_document(replace(FAILED, result=replace(FAILED.result, fail_reason="")), NO_LINKS)["failReason"]
        == "The task failed."
    )
    assert mj_document(replace(FAILED, status=Status.CANCEL), NO_LINKS)["failReason"] == ""


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"action": Action.UPSCALE, "index": 2, "parent_id": "7"}, "/up 7 U2"),
        ({"action": Action.VARIATION, "index": 4, "parent_id": "7"}, "/up 7 V4"),
        ({"action": Action.REROLL, "parent_id": "7"}, "/up 7 R"),
        ({"action": Action.VARIATION, "parent_id": "7"}, "/up 7 VARIATION"),
        ({"action": Action.ZOOM, "parent_id": "7"}, "/up 7 ZOOM"),
        ({"action": Action.ZOOM, "parent_id": "7", "status": Status.MODAL}, "Waiting for window confirm"),
        ({"action": Action.DESCRIBE}, "/describe"),
        ({"action": Action.BLEND}, "/blend"),
        ({"action": Action.SHORTEN, "prompt": "a dog"}, "/shorten a dog"),
    ],
)
def test_a_description_says_what_was_asked(fields: dict[str, object], description: str) -> None:
    task = built(**fields)
    assert mj_document(task, NO_LINKS)["description"] == description


def test_pictures_that_have_no_link_yet_are_not_told_as_marks() -> None:
    clip = Task(
        id="1",
        request=TaskRequest(action=Action.VIDEO, prompt="run"),
        content="<picture:0> run --end <picture:1>",
        pictures=2,
    )
    assert mj_document(clip, NO_LINKS)["properties"]["finalPrompt"] == "run --end"
    assert v1_document(clip, NO_LINKS)["content"] == "run --end"
    written = replace(clip, pictures=0)  # by the caller, then: it is text
    assert mj_document(written, NO_LINKS)["properties"]["finalPrompt"] == written.content


def test_a_described_picture_is_told_where_clients_look_for_it() -> None:
    words = "1️⃣ a dog\n\n2️⃣ a hound"
    task = finished(
        Task(id="1", request=TaskRequest(action=Action.DESCRIBE, prompt=""), result=TaskResult(description=words))
    )
    document = mj_document(task, NO_LINKS)
    properties = document["properties"]
    assert isinstance(properties, dict)
    assert document["prompt"] == document["promptEn"] == properties["finalPrompt"] == words
    assert document["imageUrl"] == CDN
    assert mj_document(replace(task, result=replace(task.result, image=None)), NO_LINKS)["imageUrl"] == ""
    assert mj_document(replace(task, status=Status.FAILURE), NO_LINKS)["promptEn"] == ""


def test_a_shortened_prompt_is_told_in_both_languages() -> None:
    task = finished(
        Task(
            id="1",
            request=TaskRequest(action=Action.SHORTEN, prompt="a dog"),
            result=TaskResult(description="## dog"),
            prompt_en="a dog",
        )
    )
    properties = mj_document(task, NO_LINKS)["properties"]
    assert isinstance(properties, dict)
    assert properties["finalPrompt"] == properties["finalZhPrompt"] == "## dog"
    assert mj_document(task, NO_LINKS)["prompt"] == "a dog"


def test_a_clip_is_a_video_and_not_a_picture() -> None:
    url = "https://cdn.discordapp.com/a/clip.mp4?ex=1"
    clip = finished(Task(id="1", request=TaskRequest(action=Action.VIDEO)))
    document = mj_document(
        replace(clip, result=replace(clip.result, image=Image(url=url, content_type="video/mp4"))),
        Links(cdn_base="http://cdn.mine"),
    )
    seen = "http://cdn.mine/a/clip.mp4?ex=1"
    assert (document["videoUrl"], document["videoUrls"]) == (seen, [{"url": seen}])
    assert (document["imageUrl"], document["imageUrls"]) == (seen, None)


def test_pictures_are_seen_through_the_base() -> None:
    links = Links(cdn_base="http://cdn.mine")
    document = mj_document(DONE, links)
    seen = CDN.replace("https://cdn.discordapp.com", "http://cdn.mine")
    assert (document["imageUrl"], document["imageUrls"]) == (seen, None)  # a grid is no list of pictures
    single = mj_document(replace(DONE, request=replace(DONE.request, action=Action.UPSCALE)), links)
    assert single["imageUrls"] == [{"url": seen}]
    assert str(mj_document(RUNNING, links)["imageUrl"]).startswith("http://cdn.mine/")


def test_a_grid_names_its_four_pictures_where_they_are_wanted_and_can_be_cut() -> None:
    stored = replace(DONE, result=replace(DONE.result, image=Image(url=CDN, stored="ab12.png")))
    links = Links(public_url="https://draw.example/", names_tiles=True)
    named = mj_document(stored, links)
    whole = "https://draw.example/images/ab12.png"
    assert named["imageUrl"] == whole
    assert named["imageUrls"] == [{"url": f"{whole}?tile={number}"} for number in (1, 2, 3, 4)]
    assert mj_document(stored, Links(public_url="https://draw.example"))["imageUrls"] is None
    assert mj_document(DONE, links)["imageUrls"] is None  # nothing of ours to cut
    assert mj_document(replace(stored, request=replace(stored.request, action=Action.UPSCALE)), links)["imageUrls"] == [
        {"url": whole}
    ]
    assert mj_document(replace(stored, status=Status.FAILURE), links)["imageUrls"] is None


def test_the_mode_asked_for_is_shown_until_another_is_heard() -> None:
    assert (
        mj_document(replace(FRESH, request=replace(FRESH.request, requested_mode=Mode.RELAXED)), NO_LINKS)["mode"]
        == "RELAX"
    )
    assert (
        mj_document(
            replace(
                FRESH,
                request=replace(FRESH.request, requested_mode=Mode.RELAXED),
                progress=replace(FRESH.progress, mode=Mode.TURBO),
            ),
            NO_LINKS,
        )["mode"]
        == "TURBO"
    )
    assert (
        mj_document(replace(FRESH, request=replace(FRESH.request, bot=Bot.NIJI)), NO_LINKS)["botType"] == "NIJI_JOURNEY"
    )


def test_an_account_is_shown_as_it_is() -> None:
    details: dict[str, str | int | None] = {"guild_id": "5", "channel_id": "6", "last_event_seconds": 3, "paused": ""}
    account = Account(id="6", connected=True, capacity=3, user_id="8", connected_since=7, details=details)
    assert account_document(account, queue_size=10, timeout_minutes=5) == {
        "id": "6",
        "guildId": "5",
        "channelId": "6",
        "enable": True,
        "running": True,
        "disabledReason": "",
        "coreSize": 3,
        "queueSize": 10,
        "timeoutMinutes": 5,
        "userId": "8",
        "connectedSince": 7,
        "displays": {"display": "6", "discordInstanceId": "6"},
        "properties": {"guildId": "5", "channelId": "6", "lastEventSeconds": 3, "paused": ""},
    }
    blocked = account_document(replace(account, paused="captcha"), queue_size=10, timeout_minutes=5)
    assert (blocked["enable"], blocked["running"]) == (False, False)
    assert "Discord demands a captcha" in blocked["disabledReason"]
    away = account_document(replace(account, connected=False, details={}), queue_size=10, timeout_minutes=5)
    assert (away["enable"], away["running"], away["guildId"]) == (True, False, "")


def test_a_finished_video_names_its_clip() -> None:
    """Four clips in one are an animated picture at Discord: it is what there is to see, and the video."""
    url = "https://cdn.discordapp.com/a/clips.webp?ex=1"
    video = replace(
        DONE,
        request=replace(DONE.request, action=Action.VIDEO),
        result=replace(DONE.result, image=Image(url=url, content_type="image/webp")),
    )
    document = mj_document(video, NO_LINKS)
    assert (document["videoUrl"], document["videoUrls"]) == (url, [{"url": url}])
    assert document["imageUrl"] == url


@pytest.mark.parametrize("action", [Action.IMAGINE, Action.VARIATION, Action.REROLL, Action.BLEND, Action.SHOW])
def test_a_grid_is_no_list_of_pictures(action: Action) -> None:
    grid = replace(
        DONE,
        request=replace(DONE.request, action=action),
        result=replace(DONE.result, buttons=(Button(custom_id="x", does=Action.UPSCALE, index=2),)),
    )
    assert mj_document(grid, NO_LINKS)["imageUrls"] is None
