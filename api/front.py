"""GET /: a page that tells a newcomer what stands here.

Law: self-contained, without scripts; nothing is loaded from anywhere, and the policy header says so.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html import escape

from aiohttp import web

from api.links import Links
from api.operations import Answer, Operation
from api.routes import Route

_PLAIN_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2330;--soft:#5b6577;--line:#dfe3ea;--page:#f6f7f9;--card:#fff;--mark:#4f46e5}
@media(prefers-color-scheme:dark){
:root{--ink:#e8ebf1;--soft:#9aa4b5;--line:#2c3442;--page:#12161d;--card:#1a202a;--mark:#a5b4fc}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink)}
body{font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif}
main{max-width:50rem;margin:0 auto;padding:3.5rem 1.25rem}
h1{margin:0 0 .25rem;font-size:1.75rem;letter-spacing:-.01em}
h2{margin:2.25rem 0 .75rem;font-size:1.05rem}
p{margin:0;color:var(--soft)}
a{color:var(--mark)}
.card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;overflow-x:auto}
table{width:100%;border-collapse:collapse}
td{padding:.65rem 1rem;border-top:1px solid var(--line);vertical-align:top}
tr:first-child td{border-top:0}
td:first-child{white-space:nowrap}
code,pre{font:.9rem/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{margin:0;padding:1rem}
"""

_POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": _POLICY,
}

_ROUTES = (
    ("/api/v1/trigger/submit", "Draw, upscale, vary", "提交任务：绘图、放大、变体"),
    ("/api/v1/task/fetch?_id=…", "One task: progress, picture", "查询单个任务：进度与图片"),
    ("/api/v1/task/list", "The newest tasks", "最新任务列表"),
    ("/mj/submit/imagine …", "The /mj contract, whole", "/mj 系列接口，兼容现有客户端"),
    ("/docs", "Every route, to be tried", "接口文档，可在线调试"),
    ("/health", "Is it well, and if not, why", "服务状态与原因"),
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>MidJourney API</title>
<style>{style}</style>
</head>
<body><main>
<h1>MidJourney API</h1>
<p>The service is running. Send a prompt, get a picture.</p>
<p lang="zh">服务正在运行：发送提示词，取回图片。</p>
<h2>Draw · <span lang="zh">绘图</span></h2>
<div class="card"><pre><code>{draw}</code></pre></div>
<h2>Look · <span lang="zh">查看结果</span></h2>
<div class="card"><pre><code>{look}</code></pre></div>
<h2>Routes · <span lang="zh">接口</span></h2>
<div class="card"><table>{rows}</table></div>
{note}</main></body>
</html>
"""

_PAGE_DOC = Operation(
    name="front",
    tag="documents",
    summary="A short page for people, in English and Chinese",
    answers={200: Answer(means="The page.", media="text/html")},
)

_NOTE = """<h2>Secret · <span lang="zh">密钥</span></h2>
<p>Put your secret in place of <code>$API_SECRET</code>; every route but this page and /health wants it.</p>
<p lang="zh">请把 <code>$API_SECRET</code> 换成您的密钥；除本页和 /health 外，所有接口都需要它。</p>
"""


class Front:
    def __init__(self, links: Links, *, wants_secret: bool) -> None:
        self._links = links
        self._wants_secret = wants_secret

    def routes(self) -> tuple[Route, ...]:
        return (Route(path="/", handler=self.page, methods=("GET", "HEAD"), is_open=True, doc=_PAGE_DOC),)

    async def page(self, request: web.Request) -> web.Response:
        base = self._links.public_url.rstrip("/") or base_of(request.headers.get("Host", ""))
        return web.Response(body=render(base, wants_secret=self._wants_secret).encode(), headers=_HEADERS)


def base_of(host: str) -> str:
    """The address as the browser asked for it; a Host that is no plain name is not repeated."""
    return f"http://{host}" if _PLAIN_HOST.fullmatch(host) else "http://127.0.0.1:3000"


def render(base: str, *, wants_secret: bool) -> str:
    secret = ' \\\n  -H "mj-api-secret: $API_SECRET"' if wants_secret else ""
    body = '{"action":"IMAGINE","prompt":"a red fox in the snow"}'
    draw = f"curl '{base}/api/v1/trigger/submit'{secret} \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'"
    look = f"curl '{base}/api/v1/task/fetch?_id=<result>'{secret}"
    rows = "".join(
        f'<tr><td><code>{escape(path)}</code></td><td>{english}<br><span lang="zh">{chinese}</span></td></tr>'
        for path, english, chinese in _ROUTES
    )
    note = _NOTE if wants_secret else ""
    return _PAGE.format(style=_STYLE, draw=escape(draw), look=escape(look), rows=rows, note=note)
