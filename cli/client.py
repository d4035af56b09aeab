"""A client of the running service over `/mj`.

Contract: every submit carries a new `Idempotency-Key`, so that a submit whose response was lost is repeated and paid
once. Waiting for a task survives a short outage of the service.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx

from cli.errors import CommandFailed
from settings import load_caller

Document = dict[str, Any]

ACCEPTED = (1, 22)
OPENS_DIALOG = 21  # the task waits for a second input
OVER = ("SUCCESS", "FAILURE", "CANCEL")
TIMEOUT = 30.0  # seconds, for one request
POLL = 1.0  # seconds between two polls of a task
MAX_OUTAGE = 60.0  # seconds without the service, while waiting for a task
MAX_PICTURE = 256 * 2**20  # bytes; a clip may be large


class ApiClient:
    def __init__(self, url: str, client: httpx.AsyncClient, pictures: httpx.AsyncClient) -> None:
        """`client` sends the secret; `pictures` must not."""
        self.url = url
        self._client = client
        self._pictures = pictures

    async def submit(self, route: str, **fields: Any) -> str:
        """Submit a task and return its id. `route` is the rest of the path after `/mj/submit/`."""
        answer = await self.post(route, fields)
        if answer.get("code") == OPENS_DIALOG:
            return await self._submit_dialog_unchanged(answer)
        return str(answer["result"])

    async def post(self, route: str, fields: Mapping[str, Any]) -> Document:
        """Submit a task and return the whole response. Raises `CommandFailed` when it is refused."""
        headers = {"Idempotency-Key": secrets.token_hex(16)}
        body = {name: value for name, value in fields.items() if value is not None}
        try:
            answer = await self._request("POST", f"/mj/submit/{route}", body, headers)
        except _ConnectionLost:  # the same key: if the first request arrived, its task is returned
            answer = await self._request("POST", f"/mj/submit/{route}", body, headers)
        if answer.get("code") not in (*ACCEPTED, OPENS_DIALOG):
            raise CommandFailed(str(answer.get("description") or "The service refused."))
        return _document(answer)

    async def _submit_dialog_unchanged(self, answer: Document) -> str:
        return await self.submit("modal", taskId=str(answer["result"]))

    async def fetch(self, task_id: str) -> Document:
        task = await self._request("GET", f"/mj/task/{task_id}/fetch") if task_id.isdigit() else None
        if not task:
            raise CommandFailed(f"There is no task {task_id[:40]!r}.")
        return _document(task)

    async def cancel(self, task_id: str) -> None:
        answer = await self._request("POST", f"/mj/task/{task_id}/cancel")
        if answer.get("code") not in ACCEPTED:
            raise CommandFailed(str(answer.get("description") or "The service refused."))

    async def tasks(self, limit: int, status: str = "", before: str = "") -> list[Document]:
        """The newest tasks first."""
        given = {"limit": str(limit), "status": status, "before": before}
        query = urlencode({name: value for name, value in given.items() if value})
        return _documents(await self._request("GET", f"/mj/task/list?{query}"))

    async def accounts(self) -> list[Document]:
        return _documents(await self._request("GET", "/mj/account/list"))

    async def health(self) -> Document:
        return _document(await self._request("GET", "/health"))

    async def watch(self, task_id: str, *, poll: float = POLL) -> AsyncIterator[Document]:
        """Yield the task after every change, until it has ended."""
        seen: Document = {}
        outage = 0.0
        while True:
            try:
                task = await self.fetch(task_id)
            except _ConnectionLost as error:
                outage += poll
                if outage > MAX_OUTAGE:
                    raise CommandFailed(f"{error} Task {task_id} continues.") from error
            else:
                outage = 0.0
                if task != seen:
                    seen = task
                    yield task
                if task.get("status") in OVER:
                    return
            await asyncio.sleep(poll)

    async def ended(self, task_id: str) -> Document:
        """Wait for the end of a task. Raises `CommandFailed` unless it succeeded."""
        async for task in self.watch(task_id):
            last = task
        return succeeded(last)

    async def picture(self, url: str) -> bytes:
        """Download the picture of a task."""
        try:
            async with self._pictures.stream("GET", url) as response:
                if not response.is_success:
                    raise CommandFailed(f"The picture could not be loaded: HTTP {response.status_code}. {url}")
                data = bytearray()
                async for chunk in response.aiter_bytes():
                    data += chunk
                    if len(data) > MAX_PICTURE:
                        raise CommandFailed(f"The picture is larger than {MAX_PICTURE >> 20} MiB. {url}")
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CommandFailed(f"The picture could not be loaded ({type(error).__name__}). {url}") from error

    async def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        try:
            response = await self._client.request(method, self.url + path, json=body, headers=headers)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise CommandFailed(f"{self.url} is not an address. Use one such as http://127.0.0.1:3000") from error
        except httpx.ConnectError as error:
            raise _ConnectionLost(f"No service answers at {self.url}. Start it with: python run.py") from error
        except httpx.HTTPError as error:
            raise _ConnectionLost(f"The service at {self.url} did not answer ({type(error).__name__}).") from error
        try:
            answer = response.json()
        except ValueError as error:
            raise CommandFailed(f"{self.url} is not this service: HTTP {response.status_code}, no JSON.") from error
        if response.status_code == 401:
            raise CommandFailed("The service requires an API secret. Set API_SECRET in the environment or in .env.")
        if not response.is_success:
            described = answer.get("description") if isinstance(answer, dict) else None
            raise CommandFailed(str(described or f"The service answered HTTP {response.status_code}."))
        return answer


class _ConnectionLost(CommandFailed):
    """No response; the request may have arrived or not."""


def succeeded(task: Document) -> Document:
    """Return the task if it succeeded. Raises `CommandFailed` with its failure reason."""
    if task.get("status") != "SUCCESS":
        reason = task.get("failReason") or f"it is {task.get('status')}"
        raise CommandFailed(f"Task {task.get('id')} failed: {reason}")
    return task


def notes_of(task: Document) -> list[str]:
    return [note for note in str((task.get("properties") or {}).get("notes") or "").splitlines() if note]


@asynccontextmanager
async def connect(url: str = "") -> AsyncIterator[ApiClient]:
    """A client of the service at `url`, or at the address in the settings. Raises `SettingsError`."""
    given = load_caller()
    base = (url or given.address).rstrip("/")
    headers = {"mj-api-secret": given.secret} if given.secret else {}
    async with (
        httpx.AsyncClient(trust_env=False, timeout=TIMEOUT, headers=headers) as client,
        httpx.AsyncClient(trust_env=False, timeout=TIMEOUT, mounts=_proxies(given.proxy_url)) as pictures,
    ):
        yield ApiClient(base, client, pictures)


def _proxies(proxy_url: str) -> Mapping[str, httpx.AsyncBaseTransport | None]:
    """Use PROXY_URL for Discord's CDN and no proxy for anything else."""
    hosts = ("cdn.discordapp.com", "media.discordapp.net")
    return {f"all://{host}": httpx.AsyncHTTPTransport(proxy=proxy_url) for host in hosts} if proxy_url else {}


def _document(value: Any) -> Document:
    if not isinstance(value, dict):
        raise CommandFailed(f"The response of the service is not understood: {json.dumps(value)[:80]}")
    return value


def _documents(value: Any) -> list[Document]:
    if not isinstance(value, list):
        raise CommandFailed(f"The response of the service is not understood: {json.dumps(value)[:80]}")
    return [_document(item) for item in value]


def button_of(task: Document, name: str) -> str:
    """The custom id of the button with this label, emoji or custom id. Raises `CommandFailed`."""
    buttons: Sequence[Document] = task.get("buttons") or []
    wanted = name.strip().casefold()
    for button in buttons:
        names = (button.get("customId"), button.get("label"), button.get("emoji"))
        if wanted and wanted in [str(each).casefold() for each in names if each]:
            return str(button["customId"])
    offered = ", ".join(str(button.get("label") or button.get("emoji")) for button in buttons)
    raise CommandFailed(f"Task {task.get('id')} has no button {name[:60]!r}. It has: {offered or 'none'}.")
