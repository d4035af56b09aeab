"""Several accounts as one, from ACCOUNTS_FILE: twenty at once, and changed while the service runs, by file and over
HTTP."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from app.service import service
from settings import load
from simulator import Simulator
from tests.support.whole_service import Client, Receiver, calling, receiver

SECRET, ADMIN = "callers-own-secret", "operators-own-secret"


def table(simulator: Simulator, nth: int, **more: Any) -> str:
    """One account of the simulator, as the file has it."""
    account, base = simulator.accounts[nth], simulator.url
    fields = {
        "name": f"a{nth}",
        "token": account.token,
        "guild_id": account.guild_id,
        "channel_id": account.channel_id,
        "api_base": f"{base}/api/v9",
        "gateway_url": f"{base.replace('http', 'ws', 1)}/gateway",
        "cdn_base": base,
        "upload_base": base,
        "activity_base": base,
        **more,
    }
    return "[[account]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in fields.items())


def _toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


@dataclass(kw_only=True)
class House:
    simulator: Simulator
    hooks: Receiver
    client: Client
    file: Path

    async def admin(self, method: str, path: str = "", secret: str = ADMIN, **fields: Any) -> tuple[int, Any]:
        headers = {"mj-api-secret": secret}
        url = f"{self.client.url}/api/v1/accounts{path}"
        async with self.client.session.request(method, url, headers=headers, **fields) as response:
            return response.status, await response.json()

    async def standing(self, account: str) -> dict[str, Any]:
        _, all_of_them = await self.admin("GET")
        return next((each["now"] for each in all_of_them if each["id"] == account), {})

    async def until(self, account: str, **wanted: Any) -> None:
        """The account stands so. Nobody tells that over HTTP: it is asked."""
        async with asyncio.timeout(60):
            while {name: (await self.standing(account)).get(name) for name in wanted} != wanted:  # noqa: ASYNC110 - so
                await asyncio.sleep(0.02)


@asynccontextmanager
async def house(folder: Path, simulator: Simulator, tables: Sequence[str], **environ: str) -> AsyncIterator[House]:
    file = folder / "accounts.toml"
    file.write_text("# ours\n" + "\n".join(tables), "utf-8")
    settings = load(
        {
            "ACCOUNTS_FILE": str(file),
            "API_SECRET": SECRET,
            "ADMIN_SECRET": ADMIN,
            "DATABASE_PATH": str(folder / "tasks.db"),
            "DISCORD_FETCH_BUILD": "false",
            "SEND_INTERVAL_MS": "0",
            "ALLOW_PRIVATE_HOOKS": "true",
            "TRANSLATION": "false",
            **environ,
        },
        (),
    )
    async with receiver() as hooks, service(settings, port=0) as url, calling(url, hooks.url) as client:
        client.session.headers["mj-api-secret"] = SECRET
        yield House(simulator=simulator, hooks=hooks, client=client, file=file)


async def test_twenty_accounts_in_one_process_each_draw_twelve_at_once(tmp_path: Path) -> None:
    async with Simulator(accounts=20, job_seconds=1.0, steps=1, concurrency=12) as simulator:
        tables = [table(simulator, nth, concurrency=12) for nth in range(20)]
        async with house(tmp_path, simulator, tables) as home:
            ids = await asyncio.gather(*(home.client.submit(action="IMAGINE", prompt=f"dog {n}") for n in range(240)))
            ended = await home.hooks.until_ended(*ids, timeout=250)
    assert {ended[task_id]["status"] for task_id in ids} == {"SUCCESS"}
    assert len({ended[task_id]["hash"] for task_id in ids}) == 240
    # Twelve each, but for those that were done before a slow machine had submitted the last.
    drawn = Counter(job["account"] for job in simulator.jobs)
    assert len(drawn) == 20
    assert min(drawn.values()) > 6
    assert drawn.total() == 240
    assert simulator.state()["mixups"] == 0


async def test_accounts_come_change_and_go_over_http_and_the_file_has_them(tmp_path: Path) -> None:
    async with (
        Simulator(accounts=3) as simulator,
        house(tmp_path, simulator, [table(simulator, 0)], **_at(simulator)) as home,
    ):
        new = simulator.accounts[1]
        body = {"name": "second", "token": new.token, "guildId": new.guild_id, "channelId": new.channel_id}
        status, made = await home.admin("POST", json=body)
        assert (status, made["id"]) == (201, "second")
        assert new.token not in str(made) + str(await home.admin("GET"))
        await home.until("second", usable=True)
        assert await home.admin("POST", "/second", json={"weight": 5, "dailyLimit": 9}) == (
            200,
            {**made, "weight": 5, "dailyLimit": 9, "now": await home.standing("second")},
        )
        text = home.file.read_text("utf-8")
        assert text.startswith("# ours")
        assert new.token in text
        grid = await drawn_on(home, "second")
        assert (await home.admin("DELETE", "/second"))[0] == 200
        assert [each["id"] for each in (await home.admin("GET"))[1]] == ["a0"]
        refused = await home.client.post("trigger/submit", action="UPSCALE", taskId=grid, index=1)
        assert refused["code"] == 0
        assert "not configured any more" in refused["description"]
        assert new.token not in home.file.read_text("utf-8")


async def test_the_file_is_followed_and_a_mistake_in_it_changes_nothing(tmp_path: Path) -> None:
    async with Simulator(accounts=2) as simulator, house(tmp_path, simulator, [table(simulator, 0)]) as home:
        await home.until("a0", usable=True)
        home.file.write_text(table(simulator, 0, concurrency=0), "utf-8")
        home.file.write_text(table(simulator, 0, concurrency=7) + "\n" + table(simulator, 1), "utf-8")
        await home.until("a1", usable=True)
        await home.until("a0", capacity=7)
        home.file.write_text(table(simulator, 1, paused="on holiday"), "utf-8")
        await home.until("a1", paused="paused by the operator: on holiday")
        assert [each["id"] for each in (await home.admin("GET"))[1]] == ["a1"]


async def test_paused_nothing_new_is_sent_and_resumed_it_is(tmp_path: Path) -> None:
    async with (
        Simulator(accounts=2) as simulator,
        house(tmp_path, simulator, [table(simulator, 0), table(simulator, 1)]) as home,
    ):
        grid = await drawn_on(home, "a0")
        await home.admin("POST", "/a0/pause", json={"reason": "the plan ends"})
        assert (await home.standing("a0"))["paused"] == "paused by the operator: the plan ends"
        refused = await home.client.post("trigger/submit", action="UPSCALE", taskId=grid, index=1)
        assert "the plan ends" in refused["description"]
        other = await home.client.submit(action="IMAGINE", prompt="a cat")
        await home.hooks.until_ended(other)
        assert {job["account"] for job in simulator.jobs[1:]} == {simulator.accounts[1].token}
        assert "the plan ends" in home.file.read_text("utf-8")
        await home.admin("POST", "/a0/resume")
        up = await home.client.submit(action="UPSCALE", taskId=grid, index=1)
        assert (await home.hooks.until_ended(up))[up]["status"] == "SUCCESS"


async def test_an_account_whose_token_died_is_mended_without_a_restart(tmp_path: Path) -> None:
    async with Simulator(accounts=2) as simulator, house(tmp_path, simulator, [table(simulator, 0)]) as home:
        await home.until("a0", usable=True)
        simulator.add_fault({"kind": "dead_token", "account": 0})
        await home.until("a0", paused="token_invalid")
        assert (await home.admin("POST", "/a0", json={"token": simulator.accounts[1].token}))[0] == 200
        new = simulator.accounts[1]
        values = {"guildId": new.guild_id, "channelId": new.channel_id}
        assert (await home.admin("POST", "/a0", json=values))[0] == 200
        await home.until("a0", usable=True)


async def test_what_is_not_for_everybody_and_what_is_wrong_is_refused(tmp_path: Path) -> None:
    async with Simulator(accounts=1) as simulator, house(tmp_path, simulator, [table(simulator, 0)]) as home:
        assert (await home.admin("GET", secret=SECRET))[0] == 403
        token = "a-token-that-nobody-may-see"
        for method, path, body, word in (
            ("POST", "", {"token": token, "channelId": "1", "proxyUrl": "http://x"}, "ACCOUNTS_FILE"),
            ("POST", "", {"token": token, "channelId": "x"}, "`channelId`"),
            ("POST", "", {"token": token}, "The account: `channelId` is missing."),
            ("POST", "/a0", {"dailyLimit": -1}, "`dailyLimit`"),
            ("POST", "", {"token": token, "chanel": "1"}, "chanel"),
            ("POST", "", {"name": "a0", "token": token, "channelId": "1"}, "already"),
            ("POST", "/a0", {"name": "other"}, "name"),
            ("POST", "/a0", {"hours": "8-22"}, "hours"),
            ("POST", "/a9", {"weight": 2}, "account does not exist"),
            ("POST", "", [1], "object"),
        ):
            status, answer = await home.admin(method, path, json=body)
            assert (status, answer["code"]) == (400, 0), answer
            assert word in answer["description"]
            assert token not in answer["description"]
        assert len((await home.admin("GET"))[1]) == 1


async def test_a_plain_account_can_be_paused_and_others_are_added_to_the_data_folder(tmp_path: Path) -> None:
    async with Simulator(accounts=2) as simulator, receiver() as hooks:
        account, other = simulator.accounts
        plain = {"DISCORD_TOKEN": account.token, "DISCORD_GUILD_ID": account.guild_id}
        environ = {**plain, "DISCORD_CHANNEL_ID": account.channel_id, "DATA_DIR": str(tmp_path / "data")}
        access = {"API_SECRET": SECRET, "ADMIN_SECRET": ADMIN, "DISCORD_FETCH_BUILD": "false"}
        settings = load({**environ, **access, **_at(simulator)}, ())
        async with service(settings, port=0) as url, ClientSession() as session:
            client = Client(session=session, url=url, hook=hooks.url)
            home = House(simulator=simulator, hooks=hooks, client=client, file=tmp_path / "none")
            name = account.channel_id
            await home.until(name, usable=True)
            assert (await home.admin("POST", f"/{name}/pause"))[1]["now"]["paused"] == "paused by the operator"
            assert (await home.admin("POST", f"/{name}/resume"))[1]["now"]["paused"] == ""
            status, answer = await home.admin("PATCH", f"/{name}", json={"concurrency": 1})
            assert (status, "DISCORD_TOKEN" in answer["description"]) == (400, True)
            added = {"token": other.token, "guildId": other.guild_id, "channelId": other.channel_id}
            assert (await home.admin("POST", json=added))[0] == 201
            await home.until(other.channel_id, usable=True)
            assert len((await home.admin("GET"))[1]) == 2
            file = tmp_path / "data" / "accounts.toml"
            assert (file.stat().st_mode & 0o777, other.channel_id in file.read_text()) == (0o600, True)
            assert account.token not in file.read_text()
            assert await home.admin("DELETE", f"/{other.channel_id}") == (200, {"code": 1, "description": "成功"})
            assert [each["id"] for each in (await home.admin("GET"))[1]] == [name]


def _at(simulator: Simulator) -> dict[str, str]:
    """The shared addresses, which accounts that are added over HTTP have."""
    base = simulator.url
    return {
        "DISCORD_API_BASE": f"{base}/api/v9",
        "DISCORD_GATEWAY_URL": f"{base.replace('http', 'ws', 1)}/gateway",
        "DISCORD_CDN_BASE": base,
        "DISCORD_UPLOAD_BASE": base,
        "DISCORD_ACTIVITY_BASE": base,
    }


async def drawn_on(home: House, account: str) -> str:
    """A grid that this account has drawn."""
    body = {"prompt": "a dog", "notifyHook": home.client.hook, "accountFilter": {"instanceId": account}}
    async with home.client.session.post(f"{home.client.url}/mj/submit/imagine", json=body) as response:
        task_id = str((await response.json())["result"])
    ends = ("SUCCESS", "FAILURE")
    await home.hooks.until(
        lambda: any(each.get("id") == task_id and each["status"] in ends for each in home.hooks.heard)
    )
    return task_id


async def test_a_broken_account_is_paused_at_once_and_its_tasks_go_to_another(tmp_path: Path) -> None:
    """It would be preferred for ever: whatever it refuses leaves its slots free."""
    async with Simulator(accounts=2, job_seconds=0.2) as simulator:
        tables = [table(simulator, n) for n in range(2)]
        async with house(tmp_path, simulator, tables) as home:
            await home.until("a0", usable=True)
            await home.until("a1", usable=True)
            odd = {"kind": "interaction", "status": 403, "code": 40002, "account": simulator.accounts[0].token}
            simulator.add_fault({**odd, "times": 100})
            tasks = [await home.client.submit(action="IMAGINE", prompt=f"a dog {n}") for n in range(6)]
            ended = await home.hooks.until_ended(*tasks)
            assert {one["status"] for one in ended.values()} == {"SUCCESS"}
            assert (await home.standing("a0"))["paused"] == "verify_account"
            async with home.client.session.get(f"{home.client.url}/health") as response:
                assert "verify" in (await response.json())["reasons"][0]
