"""Pictures as files of a multipart form, on the routes of `/mj` that take pictures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tasks.domain.model import Mode, Picture
from tests.support.mj_client import data_url, png, speaking_mj, told
from tests.support.service_twin import Caller

IMAGINE, DESCRIBE, BLEND = "/mj/submit/imagine", "/mj/submit/describe", "/mj/submit/blend"
UPLOAD = "/mj/submit/upload-discord-images"


@pytest.fixture
async def mj() -> AsyncIterator[Caller]:
    async with speaking_mj() as caller:
        yield caller


def form(*files: bytes, **texts: str | list[str]) -> aiohttp.FormData:
    made = aiohttp.FormData(default_to_multipart=True)
    for name, value in texts.items():
        for text in [value] if isinstance(value, str) else value:
            made.add_field(name, text)
    for number, data in enumerate(files):
        made.add_field("file", data, filename=f"狗 {number}.exe", content_type="text/plain")
    return made


async def post(mj: Caller, path: str, body: aiohttp.FormData, **headers: str) -> Any:
    return told(await mj.post(path, data=body, headers=headers))


async def test_a_file_is_a_picture_and_a_text_a_field(mj: Caller) -> None:
    found = await post(mj, DESCRIBE, form(png(), state="ü", botType="mj", accountFilter='{"modes":["RELAX"]}'))
    assert found["code"] == 1
    assert mj.service.brought == [(Picture(filename="picture1.png", type="image/png", data=png()), "")]
    assert (mj.service.asks[-1].state, mj.service.asks[-1].mode) == ("ü", Mode.RELAXED)


async def test_pictures_keep_their_order_and_texts_come_first(mj: Caller) -> None:
    sizes = [png(n, n) for n in (1, 2, 3, 4)]
    texts = [data_url(sizes[0]), data_url(sizes[1])]
    assert (await post(mj, BLEND, form(*sizes[2:], base64Array=texts, dimensions="square")))["code"] == 1
    pictures, dimensions = mj.service.brought[-1]
    assert ([p.data for p in pictures], dimensions) == (sizes, "1:1")  # type: ignore[attr-defined]  # pictures


async def test_each_route_for_pictures_takes_files(mj: Caller) -> None:
    found = await post(mj, IMAGINE, form(png(), prompt="{a, b}"))
    task = mj.service.tasks[found["result"]]
    assert (task.request.prompt, task.pictures) == ("{a, b}", 1)
    assert len((await post(mj, UPLOAD, form(png(), png())))["result"]) == 2


async def test_an_empty_file_is_none(mj: Caller) -> None:
    assert (await post(mj, IMAGINE, form(b"", prompt="a dog")))["code"] == 1
    assert "One picture is needed" in (await post(mj, DESCRIBE, form(b"")))["description"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (form(b"<svg >", prompt="a"), "an SVG drawing"),
        (form(b"MZ\x90\x00", prompt="a"), "no picture that we know"),
        (form(png(), png(8000, 8000), prompt="a"), "Picture 2 of 2: The picture is too large"),
        (form(*[png()] * 6, prompt="a"), "at most 5"),
        (form(prompt=["a", "b"]), "prompt takes one plain value"),
        (form(prompt="a", accountFilter="{"), "not valid JSON"),
    ],
)
async def test_a_bad_form_is_refused_with_the_reason(mj: Caller, body: aiohttp.FormData, why: str) -> None:
    found = await post(mj, IMAGINE, body)
    assert (found["code"], why in found["description"]) == (4, True), found
    assert not mj.service.tasks


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=prompt\r\n\r\na"),
        ("multipart/form-data; boundary=x", b'{"prompt":"a"}'),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--x--"),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(mj: Caller, kind: str, data: bytes) -> None:
    assert told(await mj.post(IMAGINE, data=data, headers={"Content-Type": kind}))["code"] == 4


async def test_a_files_name_may_be_in_any_encoding(mj: Caller) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="f"; filename="' + "狗".encode("gbk") + b'.png"\r\n\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    found = told(await mj.post(DESCRIBE, data=head + png() + b"\r\n--x--\r\n", headers=kind))
    assert found["code"] == 1


async def test_the_limit_of_bodies_holds() -> None:
    async with speaking_mj(max_body=1000) as mj:
        assert "1000 bytes" in (await post(mj, IMAGINE, form(bytes(2000), prompt="a")))["description"]


async def test_a_key_stands_for_its_files_too(mj: Caller) -> None:
    for data in (png(), png(), png(4, 4)):
        await post(mj, DESCRIBE, form(data, state="s"), **{"Idempotency-Key": "k"})
    first, second, third = (ask.once for ask in mj.service.asks)
    assert first == second != third
