"""Bodies: read after their sender is known, within a bound, as declared, in a time that grows with their length."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.auth import Access
from api.http.bodies import MOST_TEXT
from api.http.errors import BodyTooLarge
from api.http.forms import Form, Part, parts_of
from api.http.request_fields import form_pairs, from_body, json_members, not_json
from tasks.domain.errors import ServiceError
from tests.support.mj_client import png, speaking_mj, told
from tests.support.service_twin import LIST, SUBMIT, Answer, Caller
from tests.support.sse_client import house

IMAGINE, DESCRIBE = "/mj/submit/imagine", "/mj/submit/describe"
JSON = {"Content-Type": "application/json"}
FORM = "application/x-www-form-urlencoded"
MANY = 60 * 1024 * 1024  # bytes


@pytest.fixture
async def mj() -> AsyncIterator[Caller]:
    async with speaking_mj(max_body=64 * 1024 * 1024) as caller:
        yield caller


async def raw(base: str, *head: str, rest: bytes) -> bytes:
    """The first line of the answer to these lines; `rest`, the body, is sent when it has come."""
    host, port = base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write("\r\n".join([*head, "Host: localhost", "", ""]).encode())
        line = await reader.readline()
        writer.write(rest)  # the server reads on a little, so that a sender sees the answer
        return line
    finally:
        writer.close()
        await writer.wait_closed()


# ---------------------------------------------------------------- before anything is read


@pytest.mark.parametrize("path", [SUBMIT, LIST, "/api/v1/tasks/1", IMAGINE])
@pytest.mark.parametrize(
    ("way", "rest"), [("Content-Length: 9", b"x" * 9), ("Transfer-Encoding: chunked", b"0\r\n\r\n")]
)
async def test_a_stranger_is_refused_before_its_body_is_there(path: str, way: str, rest: bytes) -> None:
    async with speaking_mj(access=Access(secret="s" * 32)) as api:
        method = "POST" if path in (SUBMIT, IMAGINE) else "GET"
        assert b" 401 " in await raw(api.base, f"{method} {path} HTTP/1.1", f"Content-Type: {FORM}", way, rest=rest)


@pytest.mark.parametrize("path", ["/mj/account/list", "/mj/task/1/fetch", "/mj/task/list"])
async def test_a_route_that_is_only_looked_at_waits_for_no_body(path: str, mj: Caller) -> None:
    mj.service.add(id="1")
    line = await raw(mj.base, f"GET {path} HTTP/1.1", f"Content-Type: {FORM}", "Content-Length: 9", rest=b"x" * 9)
    assert b" 200 " in line


@pytest.mark.parametrize(("secret", "status"), [("", b" 200 "), ("s" * 32, b" 401 ")])
async def test_a_stream_of_events_waits_for_no_body(tmp_path: Path, secret: str, status: bytes) -> None:
    async with house(tmp_path, access=Access(secret=secret)) as home:
        head = ("GET /api/v1/events HTTP/1.1", f"Content-Type: {FORM}", "Content-Length: 9")
        assert status in await raw(home.url, *head, rest=b"x" * 9)


# ---------------------------------------------------------------- bounds


async def test_what_is_compressed_is_never_unpacked(mj: Caller) -> None:
    bomb = gzip.compress(b"state=" + b"%" * MANY, 1)
    headers = {"Content-Encoding": "gzip", "Content-Type": FORM}
    why = await mj.refused("POST", SUBMIT, 415, data=bomb, headers=headers)
    assert "Content-Encoding is 'gzip'. Send the body as it is." in why
    found = told(await mj.post(IMAGINE, data=bomb, headers={**headers, "Content-Type": "application/json"}))
    assert (found["code"], "Content-Encoding" in found["description"]) == (4, True)
    assert not mj.service.tasks


async def test_a_body_without_pictures_has_a_megabyte(mj: Caller) -> None:
    long = b"x" * (MOST_TEXT + 1)

    async def told_of(path: str) -> str:
        answer = await mj.post(path, data=BytesIO(b'{"prompt":"%s"}' % long), headers=JSON)
        return str(answer.json["description"])

    assert str(MOST_TEXT) in await mj.refused(
        "POST", SUBMIT, 413, data=BytesIO(b"prompt=" + long), headers={"Content-Type": FORM}
    )
    for path in (SUBMIT, "/mj/submit/shorten", "/mj/submit/action", "/mj/task/list-by-condition"):
        assert str(MOST_TEXT) in await told_of(path)
    assert "prompt is too long" in await told_of(IMAGINE)


@pytest.mark.parametrize("beginning", [b"prompt=a+fox&", b"%41", b"&", b"[", b'"'])
async def test_what_is_no_json_is_not_read_to_its_end_where_pictures_are_taken(beginning: bytes, mj: Caller) -> None:
    body = beginning + b"x" * MOST_TEXT
    found = told(await mj.post(IMAGINE, data=BytesIO(body), headers={"Content-Type": FORM}))
    assert str(MOST_TEXT) in found["description"]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk"])
async def test_a_long_object_is_read_to_its_end_where_pictures_are_taken(charset: str, mj: Caller) -> None:
    text = '\r\n {"prompt": "a fox", "other": "%s"}' % ("x" * MOST_TEXT)
    headers = {"Content-Type": f"application/json; charset={charset.removesuffix('-sig')}"}
    answer = await mj.post(IMAGINE, data=BytesIO(text.encode(charset)), headers=headers)
    assert told(answer)["code"] == 1


def multipart(*parts: tuple[str, bytes]) -> bytes:
    """Parts by what stands after `form-data; `."""
    heads = ((f"--x\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode(), value) for head, value in parts)
    return b"".join(head + value + b"\r\n" for head, value in heads) + b"--x--\r\n"


async def send_form(api: Caller, path: str, body: bytes) -> Answer:
    return await api.post(path, data=BytesIO(body), headers={"Content-Type": "multipart/form-data; boundary=x"})


async def test_a_form_is_long_by_its_pictures_alone(mj: Caller) -> None:
    padded = png() + bytes(2 * MOST_TEXT)
    found = told(await send_form(mj, DESCRIBE, multipart(('name="a"; filename="b"', padded))))
    assert found["code"] == 1
    for head in ('name="state"', 'name="a"; filename="b"'):
        found = told(await send_form(mj, DESCRIBE, multipart((head, bytes(2 * MOST_TEXT)))))
        assert str(MOST_TEXT) in found["description"], head
    found = told(await send_form(mj, DESCRIBE, multipart(('name="a"; filename="b"', png() + bytes(21 * 1024**2)))))
    assert "more than 20 MB" in found["description"]


def test_a_form_is_given_up_as_soon_as_it_is_too_long() -> None:
    form = Form("multipart/form-data; boundary=x", takes_files=True, most_text=1000)
    list(form.feed(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'))
    with pytest.raises(BodyTooLarge):
        for _ in range(20):
            list(form.feed(bytes(100)))


@given(st.lists(st.integers(1, 60), max_size=40))
def test_a_form_is_the_same_in_whatever_pieces_it_comes(cuts: list[int]) -> None:
    body = multipart(("name=a", b"1\r\n--y \r\n--\r \r\n x--x \r\n"), ("name=b", b"\r")).replace(
        b"--x\r\n", b"--x \t\r\n"
    )
    found: list[Part] = []
    form = Form("multipart/form-data; boundary=x", takes_files=False)
    for cut in cuts:
        piece, body = body[:cut], body[cut:]
        found += form.feed(piece) if piece else []
    found += form.feed(body)
    form.close()
    assert [(part.name, part.value) for part in found] == [("a", b"1\r\n--y \r\n--\r \r\n x--x \r\n"), ("b", b"\r")]


async def test_json_of_very_many_parts_is_refused(mj: Caller) -> None:
    found = told(await mj.post(IMAGINE, data=b'{"prompt":"a","base64Array":[' + b"1," * 200_000 + b"1]}"))
    assert (found["code"], "too many" in found["description"]) == (4, True)


# ---------------------------------------------------------------- as declared


@pytest.mark.parametrize("charset", ["gbk", "GB18030", "big5", "Shift_JIS", "utf-16", '"UTF-8"', "utf8"])
async def test_a_body_is_read_in_the_charset_it_declares(mj: Caller, charset: str) -> None:
    data = json.dumps({"action": "IMAGINE", "prompt": "一只狗"}, ensure_ascii=False).encode(charset.strip('"'))
    kind = {"Content-Type": f"application/json; charset={charset}"}
    assert (await mj.post(SUBMIT, data=data, headers=kind)).status == 200
    assert told(await mj.post(IMAGINE, data=data, headers=kind))["code"] == 1
    assert [task.request.prompt for task in mj.service.tasks.values()] == ["一只狗"] * 2


async def test_a_form_is_read_in_the_charset_it_declares(mj: Caller) -> None:
    data = f"action=IMAGINE&prompt={quote('一只狗', encoding='gbk')}".encode()
    assert (await mj.post(SUBMIT, data=data, headers={"Content-Type": f"{FORM}; charset=gbk"})).status == 200
    body = multipart(("name=action", b"IMAGINE"), ("name=prompt", "一只狗".encode("gbk")))
    kind = {"Content-Type": "multipart/form-data; boundary=x; charset=gbk"}
    assert (await mj.post(SUBMIT, data=body, headers=kind)).status == 200
    assert told(await mj.post(IMAGINE, data=body, headers=kind))["code"] == 1
    assert {task.request.prompt for task in mj.service.tasks.values()} == {"一只狗"}


@pytest.mark.parametrize("charset", ["klingon", "zip", "idna", "punycode", "rot13", "unicode_escape", "\udcff"])
async def test_an_unknown_charset_is_named(mj: Caller, charset: str) -> None:
    kind = f"application/json; charset={charset}"
    with pytest.raises(ServiceError, match=r"The body's charset .* is not one that is read here. Send it as UTF-8."):
        from_body(b"{}", kind, frozenset())


async def test_text_that_is_not_in_its_charset_is_named(mj: Caller) -> None:
    kind = {"Content-Type": "application/json; charset=gbk"}
    assert "not GBK" in await mj.refused("POST", SUBMIT, data=b'{"prompt":"\xff\xff"}', headers=kind)


@pytest.mark.parametrize("half", ["\\ud83d", "\\uDE00", "\\\\\\ud83d x", "\\ud83d\\ud83d\\ude00"])
async def test_half_a_character_is_named(mj: Caller, half: str) -> None:
    data = b'{"action":"IMAGINE","prompt":"a cat ' + half.encode() + b'"}'
    kind = {"Content-Type": "application/json"}
    why = await mj.refused("POST", SUBMIT, data=data, headers=kind)
    assert "half of a character: \\u" in why and "surrogates" in why
    assert "half of a character: \\u" in told(await mj.post(IMAGINE, data=data, headers=kind))["description"]


@pytest.mark.parametrize("text", ['{"a":"\\ud83d\\ude00",}', '{"a":"\\\\ud83d",}'])
def test_a_whole_character_is_not_called_half(text: str) -> None:
    assert "not valid JSON: x" in str(not_json(text.encode(), ValueError("x")))


@pytest.mark.parametrize("index", ["2.0", "2.000", "2", '"2"'])
async def test_a_whole_number_may_be_written_with_a_point(mj: Caller, index: str) -> None:
    names = frozenset({"index", "taskId"})
    body = b'{"taskId":16843107382640001684.0,"index":' + index.encode() + b"}"
    assert from_body(body, "application/json", names) == {"taskId": "16843107382640001684", "index": "2"}


# ---------------------------------------------------------------- time

SECOND = 1.0  # of the processor, for a body of a megabyte: each of these needs less than half of it
HOSTILE: dict[str, Callable[[], object]] = {
    "percents": lambda: form_pairs("prompt=" + "%" * MOST_TEXT),
    "escapes": lambda: form_pairs("prompt=" + "%61" * (MOST_TEXT // 3)),
    "ampersands": lambda: form_pairs("&" * MOST_TEXT),
    "dashes of a boundary": lambda: list(parts_of(b"\r\n--" * (MOST_TEXT // 4), "multipart/form-data; boundary=--")),
    "a preamble of lines": lambda: list(parts_of(b"\r\n" * (MOST_TEXT // 2), "multipart/form-data; boundary=x")),
    "a long head": lambda: list(
        parts_of(b"--x\r\n" + b"a: b\r\n" * (MOST_TEXT // 6), "multipart/form-data; boundary=x")
    ),
    "a name of semicolons": lambda: list(
        parts_of(multipart(*[("; ".join(["name="] * 600), b"")] * 90), "multipart/form-data; boundary=x")
    ),
    "a form byte by byte": lambda: byte_by_byte(multipart(("name=a", b"\r\n--" * 5000))),
    "members": lambda: json_members(b'{"a":1' + b',"a":1' * 99_999 + b"}"),
    "brackets": lambda: json_members(b'{"a":' + b"[" * MOST_TEXT),
    "halves": lambda: not_json(b"\\ud83d\\ude00" * (MOST_TEXT // 12), ValueError()),
}


def byte_by_byte(body: bytes) -> None:
    form = Form("multipart/form-data; boundary=x", takes_files=True)
    for place in range(len(body)):
        list(form.feed(body[place : place + 1]))


@pytest.mark.parametrize("case", HOSTILE)
def test_no_body_takes_long(case: str) -> None:
    began = time.process_time()
    with suppress(ServiceError):
        HOSTILE[case]()
    assert time.process_time() - began < SECOND
