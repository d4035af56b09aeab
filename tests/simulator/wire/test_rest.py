"""Discord's REST API on the wire: who may what, history, uploads, limits, errors."""

import asyncio
import json

import aiohttp
import pytest

from simulator import Simulator
from simulator.world.messages import NIJI_ID
from tests.support.discord_wire_client import APPLICATION_ID, Event, Wire, connected, custom_ids


async def test_tokens() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        status, me = await wire.call("GET", "/users/@me")
        assert (status, me["id"]) == (200, wire.account.user_id)
        assert await wire.call("GET", "/users/@me", token="nobody") == (
            401,
            {"message": "401: Unauthorized", "code": 0},
        )
        assert (await wire.call("GET", "/gateway"))[1] == {"url": simulator.gateway_url}


async def test_the_content_type_is_exactly_json() -> None:
    async with (
        Simulator() as simulator,
        connected(simulator) as wire,
        wire.http.get(simulator.rest_url + "/gateway") as answer,
    ):
        assert answer.headers["Content-Type"] == "application/json"


async def test_channels_are_unknown_forbidden_or_ours() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        foreign = simulator.accounts[1].channel_id
        assert (await wire.call("GET", f"/channels/{wire.account.channel_id}"))[0] == 200
        assert (await wire.call("GET", f"/channels/{foreign}/messages"))[1]["code"] == 50001
        assert (await wire.call("GET", "/channels/1/messages"))[1]["code"] == 10003
        assert (await wire.call("GET", "/experiments"))[0] == 404
        assert simulator.state()["counters"]["unknown_routes"] == 1


async def test_commands_have_a_version_of_their_own_at_every_start() -> None:
    versions = set()
    for _ in range(2):
        async with Simulator() as simulator, connected(simulator) as wire:
            for place in (f"/guilds/{wire.account.guild_id}", f"/channels/{wire.account.channel_id}", "/users/@me"):
                status, index = await wire.call("GET", place + "/application-command-index")
                assert status == 200
                versions |= {item["version"] for item in index["application_commands"]}
            offered = {(item["application_id"], item["name"], item["type"]) for item in index["application_commands"]}
            assert len(offered) == len(index["application_commands"]) == 22
            assert (APPLICATION_ID, "imagine", 1) in offered and (NIJI_ID, "Cancel Job", 3) in offered
            _, index = await wire.call("GET", f"/channels/{wire.account.dm_channel_id}/application-command-index")
            assert {item["application_id"] for item in index["application_commands"]} == {APPLICATION_ID}
    assert len(versions) == 2


async def test_a_stale_version_is_refused_as_outdated() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        body = await wire.imagine_body("a fox")
        simulator.add_fault({"kind": "new_versions"})
        status, answer = await wire.call("POST", "/interactions", json=body)
        assert (status, answer["code"]) == (400, 50035)
        code = answer["errors"]["data"]["_errors"][0]["code"]
        assert code == "INTERACTION_APPLICATION_COMMAND_INVALID_VERSION"
        assert [item["outcome"] for item in simulator.interactions] == ["refused 400/50035"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"channel_id": "1"}, 404, 10003),
        ({"channel_id": "1320000000000000002"}, 403, 50001),
        ({"guild_id": None}, 400, 10003),
        ({"guild_id": "1"}, 404, 10004),
        ({"application_id": "1"}, 404, 10002),
        ({"type": 5}, 404, 10062),
        ({"data": None}, 400, 50035),
    ],
)
async def test_wrong_interactions_are_refused(changes: Event, status: int, code: int) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        body = {**await wire.imagine_body("a fox"), **changes}
        answer = await wire.call("POST", "/interactions", json=body)
        assert (answer[0], answer[1]["code"]) == (status, code)
        assert simulator.jobs == []


async def test_buttons_must_be_on_a_message_one_can_see() -> None:
    async with (
        Simulator(shared_channel=True) as simulator,
        connected(simulator) as ours,
        connected(simulator, 1) as other,
    ):
        await ours.imagine("a fox")
        grid = await ours.result()
        await ours.press(grid, custom_ids(grid)[0])
        private = await ours.message(lambda body: body["flags"] == 64)

        async def refusal(wire: Wire, message_id: str, custom_id: str) -> tuple[int, int]:
            data = {"component_type": 2, "custom_id": custom_id}
            body = await wire.body(3, data, message_id=message_id)
            status, answer = await wire.call("POST", "/interactions", json=body)
            return status, answer["code"]

        assert await refusal(ours, "1", custom_ids(grid)[0]) == (404, 10008)
        assert await refusal(ours, grid["id"], "MJ::JOB::upsample::1::nothing") == (400, 50035)
        assert await refusal(other, private["id"], custom_ids(private)[0]) == (404, 10008)


async def test_multipart_interactions() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        form = aiohttp.FormData()
        form.add_field("payload_json", json.dumps(await wire.imagine_body("a fox")))
        form.add_field("files[0]", b"bytes", filename="a.png")
        assert (await wire.call("POST", "/interactions", data=form))[0] == 204
        await wire.result()


async def test_history_windows() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        path = f"/channels/{wire.account.channel_id}/messages"
        sent = [(await wire.call("POST", path, json={"content": str(n)}))[1]["id"] for n in range(6)]

        async def found(query: str) -> list[int]:
            _, messages = await wire.call("GET", path + query)
            return [int(item["content"]) for item in messages]

        assert await found("") == [5, 4, 3, 2, 1, 0]
        assert await found("?limit=2") == [5, 4]
        assert await found(f"?before={sent[3]}&limit=2") == [2, 1]
        assert await found(f"?after={sent[1]}&limit=2") == [3, 2]
        assert await found(f"?around={sent[2]}&limit=3") == [3, 2, 1]
        for limit in ("0", "101", "x"):
            assert (await wire.call("GET", f"{path}?limit={limit}"))[0] == 400
        assert (await wire.call("GET", f"{path}/{sent[0]}"))[1]["content"] == "0"
        assert (await wire.call("GET", f"{path}/1"))[1]["code"] == 10008


async def test_history_shows_neither_nonces_nor_private_messages() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        await wire.imagine("a fox")
        grid = await wire.result()
        await wire.press(grid, custom_ids(grid)[1])
        await wire.result("upscale")
        _, messages = await wire.call("GET", f"/channels/{wire.account.channel_id}/messages")
        assert [item["content"][-8:-4] for item in messages][:1] != []
        assert all(item["flags"] == 0 and "nonce" not in item for item in messages)
        reply = messages[0]["referenced_message"]
        assert reply["id"] == grid["id"] and "referenced_message" not in reply


async def test_uploads_become_attachments() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        path = f"/channels/{wire.account.channel_id}"
        files = {"files": [{"id": "7", "filename": "my cat.png", "file_size": 3}]}
        _, answer = await wire.call("POST", path + "/attachments", json=files)
        place = answer["attachments"][0]
        assert place["id"] == "7"
        item = {"id": "0", "filename": "my cat.png", "uploaded_filename": place["upload_filename"]}
        assert (await wire.call("POST", path + "/messages", json={"attachments": [item]}))[0] == 400
        async with wire.http.put(place["upload_url"], data=b"cat") as put:
            assert put.status == 200
        _, message = await wire.call("POST", path + "/messages", json={"attachments": [item]})
        async with wire.http.get(message["attachments"][0]["url"]) as got:
            assert await got.read() == b"cat"


async def test_links_get_a_new_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Simulator(era="2026") as simulator, connected(simulator) as wire:
        monkeypatch.setattr("simulator.world.chat._SIGNATURE_SECONDS", -1)
        name = await wire.upload(b"cat", "my cat.png")
        item = {"id": "0", "filename": "my cat.png", "uploaded_filename": name}
        path = f"/channels/{wire.account.channel_id}/messages"
        _, message = await wire.call("POST", path, json={"attachments": [item]})
        old = message["attachments"][0]["url"]
        monkeypatch.undo()
        urls = [old, old.partition("?")[0], old.replace("/attachments/", "/attachments/1"), "https://x.example/y"]
        asked = {"attachment_urls": urls}
        status, answer = await wire.call("POST", "/attachments/refresh-urls", json=asked)
        found = answer["refreshed_urls"]
        assert (status, [each["original"] for each in found]) == (200, urls)
        fresh = found[0]["refreshed"]
        assert fresh.partition("?")[0] == old.partition("?")[0] and fresh != old
        assert found[1]["refreshed"].partition("?")[0] == urls[1] and found[3]["refreshed"] is None
        for url, expected in ((old, 404), (fresh, 200)):
            async with wire.http.get(url) as got:
                assert got.status == expected
        for wrong in ([], [old] * 51, old):
            asked_wrongly = {"attachment_urls": wrong}
            assert (await wire.call("POST", "/attachments/refresh-urls", json=asked_wrongly))[0] == 400
        assert (await wire.call("POST", "/attachments/refresh-urls", json=asked, token="nobody"))[0] == 401


async def test_reactions_are_announced() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        path = f"/channels/{wire.account.channel_id}/messages"
        _, message = await wire.call("POST", path, json={"content": "hello"})
        for method, event in (("PUT", "MESSAGE_REACTION_ADD"), ("DELETE", "MESSAGE_REACTION_REMOVE")):
            assert (await wire.call(method, f"{path}/{message['id']}/reactions/%E2%9C%89/@me"))[0] == 204
            assert (await wire.event(event))["emoji"]["name"] == "✉"


async def test_rate_limits_are_told_and_kept() -> None:
    async with Simulator(rate_limit=3) as simulator, connected(simulator) as wire:
        body = await wire.imagine_body("a fox")
        headers = {"Authorization": wire.account.token}

        async def post(number: int) -> aiohttp.ClientResponse:
            url = simulator.rest_url + "/interactions"
            async with wire.http.post(url, json={**body, "nonce": str(number)}, headers=headers) as answer:
                await answer.read()
                return answer

        answers = await asyncio.gather(*(post(number) for number in range(5)))
        assert sorted(answer.status for answer in answers) == [204, 204, 204, 429, 429]
        refused = next(answer for answer in answers if answer.status == 429)
        told = await refused.json()
        assert told["global"] is False and 0 < told["retry_after"] <= 1
        assert refused.headers["X-RateLimit-Remaining"] == "0" and refused.headers["Retry-After"] == "1"
        assert all(answer.headers["X-RateLimit-Limit"] == "3" for answer in answers)
        outcomes = [item["outcome"] for item in simulator.interactions]
        assert outcomes.count("refused 429/0") == 2


async def test_mix_ups_are_counted() -> None:
    async with (
        Simulator(shared_channel=True) as simulator,
        connected(simulator) as ours,
        connected(simulator, 1) as other,
    ):
        nonce = await ours.imagine("a fox")
        await ours.imagine("a fox", nonce=nonce)
        assert simulator.state()["counters"]["repeated_nonces"] == 1
        await other.imagine("a fox", nonce=nonce)
        await other.imagine("a fox", session_id=ours.session_id)
        assert simulator.state()["mixups"] == 2
        await other.imagine("a fox", session_id="0")
        assert simulator.state()["counters"]["dead_session"] == 1


async def test_the_translator_speaks_mymemorys_api() -> None:
    async with Simulator() as simulator, aiohttp.ClientSession() as http:
        query = {"q": "一只狗", "langpair": "zh-CN|en"}
        async with http.get(simulator.translate_url + "/get", params=query) as answer:
            told = await answer.json()
        assert told["responseData"]["translatedText"] == "A dog"
        assert told["responseStatus"] == 200
        async with http.get(simulator.translate_url + "/get", params={"q": "x", "langpair": "?"}) as answer:
            assert (await answer.json())["responseStatus"] == 403
