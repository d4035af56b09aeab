"""A server that speaks as each translator's documents say, its refusals included, and notes what it was asked."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from aiohttp import web

from tests.support.web_server import loopback

Answer = Callable[[web.Request], Awaitable[web.Response]]

KEY = "the-key-of-the-test"


@dataclass
class Online:
    """All translators on one port. `answers` replaces what the one of that name says; `heard` keeps the questions."""

    client: httpx.AsyncClient  # to ask with
    heard: list[str] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)  # of the last request
    paths: list[str] = field(default_factory=list)  # with their queries
    base: str = ""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/trans/vip/translate", self._as("baidu", self._baidu)),
            web.post("/v2/translate", self._as("deepl", self._deepl)),
            web.post("/language/translate/v2", self._as("google", self._google)),
            web.post("/translate_a/single", self._as("keyless", self._keyless)),
            web.post("/translate", self._as("libretranslate", self._libretranslate)),
            web.post("/v1/chat/completions", self._as("chat", self._chat)),
            web.get("/get", self._as("mymemory", self._mymemory)),
        ]

    def _as(self, name: str, usual: Answer) -> Answer:
        async def answer(request: web.Request) -> web.Response:
            self.headers = dict(request.headers)
            self.paths.append(request.path_qs)
            said = await usual(request)  # it reads the question, too
            return await self.answers[name](request) if name in self.answers else said

        return answer

    async def _baidu(self, request: web.Request) -> web.Response:
        form = await request.post()
        question = str(form["q"])
        self.heard.append(question)
        signed = hashlib.md5((str(form["appid"]) + question + str(form["salt"]) + KEY).encode()).hexdigest()
        if form["sign"] != signed or form["to"] != "en":
            return web.json_response({"error_code": "54001", "error_msg": "Invalid Sign"})
        result = [{"src": line, "dst": f"baidu {len(line)}"} for line in question.split("\n") if line]
        source = "de" if form["from"] == "auto" else form["from"]
        return web.json_response({"from": source, "to": "en", "trans_result": result})

    async def _deepl(self, request: web.Request) -> web.Response:
        question = await request.json()
        self.heard += question["text"]
        if request.headers.get("Authorization") != f"DeepL-Auth-Key {KEY}":
            return web.json_response({"message": "Wrong endpoint or key"}, status=403)
        if question["target_lang"] != "EN-US" or len(question["text"]) > 50:
            return web.json_response({"message": "Bad request"}, status=400)
        said = [{"detected_source_language": "ZH", "text": f"deepl {len(text)}"} for text in question["text"]]
        return web.json_response({"translations": said})

    async def _google(self, request: web.Request) -> web.Response:
        question = await request.json()
        self.heard += question["q"]
        if request.headers.get("X-Goog-Api-Key") != KEY:
            error = {"code": 400, "message": "API key not valid.", "details": [{"reason": "API_KEY_INVALID"}]}
            return web.json_response({"error": error}, status=400)
        assert (question["target"], question["format"]) == ("en", "text")
        said = [{"translatedText": f"google {len(text)}", "detectedSourceLanguage": "zh-CN"} for text in question["q"]]
        return web.json_response({"data": {"translations": said}})

    async def _keyless(self, request: web.Request) -> web.Response:
        question = str((await request.post())["q"])
        self.heard.append(question)
        assert dict(request.query) == {"client": "gtx", "sl": "auto", "tl": "en", "dt": "t"}
        lines = question.splitlines(keepends=True)
        sentences = [[f"keyless {len(line.strip())}" + "\n" * line.endswith("\n"), line, None] for line in lines]
        return web.json_response([sentences, None, "zh-CN", None, None])

    async def _libretranslate(self, request: web.Request) -> web.Response:
        question = await request.json()
        self.heard += question["q"]
        assert (question["source"], question["target"], question["format"]) == ("auto", "en", "text")
        if question.get("api_key") != KEY:
            return web.json_response({"error": "Please contact the server operator to get an API key"}, status=403)
        said = [f"libre {len(text)}" for text in question["q"]]
        languages = [{"confidence": 90, "language": "zh-Hans"} for _ in said]
        return web.json_response({"translatedText": said, "detectedLanguage": languages})

    async def _chat(self, request: web.Request) -> web.Response:
        question = await request.json()
        system, user = question["messages"]
        self.heard.append(user["content"])
        assert (system["role"], user["role"], question["temperature"]) == ("system", "user", 0)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            error = {"message": f"Incorrect API key provided: {KEY[:6]}***", "code": "invalid_api_key"}
            return web.json_response({"error": error}, status=401)
        return chat_says(f"chat {len(user['content'])}")

    async def _mymemory(self, request: web.Request) -> web.Response:
        question, pair = request.query["q"], request.query["langpair"]
        self.heard.append(question)
        if not pair.endswith("|en") or len(question.encode()) > 500:
            return web.json_response({"responseStatus": "403", "responseDetails": "QUERY LENGTH LIMIT EXCEEDED"})
        return web.json_response(said_by_mymemory(f"mymemory&#39;s {len(question)}"))


def chat_says(content: object, reason: str = "stop") -> web.Response:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": reason}
    return web.json_response({"object": "chat.completion", "choices": [choice]})


def said_by_mymemory(text: object, **more: object) -> dict[str, object]:
    return {"responseData": {"translatedText": text}, "responseStatus": 200, **more}


def says(body: object, status: int = 200, **headers: str) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=text, status=status, headers=headers, content_type="application/json")

    return answer


async def never(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError("the wait has no end")


@asynccontextmanager
async def translators() -> AsyncIterator[Online]:
    async with httpx.AsyncClient(trust_env=False, timeout=1) as client:
        server = Online(client)
        app = web.Application()
        app.router.add_routes(server.routes())
        async with loopback(app, cancelling=True) as server.base:
            yield server
