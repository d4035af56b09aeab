"""What people do in a channel, on the wire: sending in every form, replies, edits, deletions, search, reading."""

import json
from typing import Any

import aiohttp
import pytest

from simulator import Simulator
from simulator.data.pictures import read_metadata
from simulator.world.messages import APPLICATION_ID
from tests.simulator.midjourney.test_slash import png
from tests.support.discord_wire_client import Wire, connected, custom_ids, finished, with_id, with_nonce

VERSIONS = ["/api/v6", "/api/v7", "/api/v8", "/api/v9", "/api/v10", "/api"]


async def call(wire: Wire, prefix: str, method: str, path: str, **options: Any) -> tuple[int, Any]:
    headers = {"Authorization": wire.account.token}
    url = wire.simulator.url + prefix + path
    async with wire.http.request(method, url, headers=headers, **options) as answer:
        text = await answer.text()
        return answer.status, json.loads(text) if text else None


async def send(wire: Wire, body: dict[str, Any], **options: Any) -> tuple[int, Any]:
    return await wire.call("POST", f"/channels/{wire.account.channel_id}/messages", json=body, **options)


# ---------------------------------------------------------------- addresses and forms


@pytest.mark.parametrize("prefix", VERSIONS)
async def test_every_version_of_the_api_answers(prefix: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        assert (await call(wire, prefix, "GET", "/users/@me"))[1]["id"] == wire.account.user_id
        assert (await call(wire, prefix, "GET", "/gateway"))[0] == 200
        status, _ = await call(wire, prefix, "POST", "/interactions", json=await wire.imagine_body("a fox"))
        assert status == 204
        picture = (await wire.result())["attachments"][0]["url"]
        history = (await call(wire, prefix, "GET", f"/channels/{wire.account.channel_id}/messages"))[1]
        assert history[0]["attachments"][0]["url"] == picture
        announced = {"files": [{"id": "0", "filename": "a.png", "file_size": 3}]}
        places = await call(wire, prefix, "POST", f"/channels/{wire.account.channel_id}/attachments", json=announced)
        assert places[0] == 200


async def test_all_versions_of_the_api_share_one_rate_limit() -> None:
    async with Simulator(rate_limit=3) as simulator, connected(simulator) as wire:
        answers = [await call(wire, prefix, "GET", "/users/@me") for prefix in VERSIONS[:4]]
        assert [status for status, _ in answers] == [200, 200, 200, 429]


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
async def test_an_interaction_may_come_as_a_form(form: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        body = await wire.imagine_body("a fox & a = sign")
        if form == "urlencoded":
            sent: Any = {"payload_json": json.dumps(body)}
        else:
            sent = aiohttp.FormData(default_to_multipart=True)
            sent.add_field("payload_json", json.dumps(body), content_type="application/json")
        assert await wire.call("POST", "/interactions", data=sent) == (204, None)
        await finished(wire, body["nonce"])
        assert simulator.jobs[0]["prompt"] == "a fox & a = sign"
        assert (await wire.call("POST", "/interactions", data={"payload_json": "{"}))[1]["code"] == 50109


async def test_files_in_a_forms_interaction_are_its_attachments() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        _, index = await wire.call("GET", "/users/@me/application-command-index")
        blend = next(item for item in index["application_commands"] if item["name"] == "blend")
        data = {
            **{key: blend[key] for key in ("id", "name", "version", "type")},
            "options": [{"type": 11, "name": f"image{n + 1}", "value": n} for n in (0, 1)],
            "attachments": [{"id": str(n), "filename": f"picture{n}.png"} for n in (0, 1)],
        }
        body = await wire.body(2, data)
        form = aiohttp.FormData()
        form.add_field("payload_json", json.dumps(body), content_type="application/json")
        for number in (0, 1):
            form.add_field(f"files[{number}]", png(), filename=f"x{number}.png", content_type="image/png")
        assert await wire.call("POST", "/interactions", data=form) == (204, None)
        first = await wire.message(with_nonce(body["nonce"]))
        assert "picture0.png" in first["content"] and "picture1.png" in first["content"]
        await finished(wire, body["nonce"])
        assert simulator.jobs[0]["kind"] == "blend"


@pytest.mark.parametrize("listed", [True, False])
async def test_files_in_a_forms_message_are_its_attachments(listed: bool) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        form = aiohttp.FormData()
        items = [{"id": 0, "filename": "named.png", "description": "a square"}]
        payload: dict[str, Any] = {"content": "look"} | ({"attachments": items} if listed else {})
        form.add_field("payload_json", json.dumps(payload), content_type="application/json")
        form.add_field("files[0]", png(), filename="sent.png", content_type="image/png")
        status, message = await wire.call("POST", f"/channels/{wire.account.channel_id}/messages", data=form)
        attachment = message["attachments"][0]
        assert (status, attachment["filename"]) == (200, "named.png" if listed else "sent.png")
        async with wire.http.get(attachment["url"]) as answer:
            assert await answer.read() == png() and read_metadata(png()) == {}


# ---------------------------------------------------------------- own messages


async def test_a_persons_message_tells_everybody_its_nonce() -> None:
    async with (
        Simulator(shared_channel=True) as simulator,
        connected(simulator) as ours,
        connected(simulator, 1) as other,
    ):
        _, sent = await send(ours, {"content": "hello", "nonce": "77"})
        for wire in (ours, other):
            assert (await wire.message(with_id(sent["id"])))["nonce"] == "77"
        _, history = await ours.call("GET", f"/channels/{ours.account.channel_id}/messages")
        assert sent["nonce"] == "77" and "nonce" not in history[0]


async def test_a_nonce_makes_one_message_however_often_it_is_sent() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        answers = [(await send(wire, {"content": "hello", "nonce": nonce}))[1]["id"] for nonce in (5, 5, "5", 6)]
        assert answers[0] == answers[1] == answers[2] != answers[3]
        assert (await send(wire, {"content": "hello"}))[1]["id"] != (await send(wire, {"content": "hello"}))[1]["id"]
        assert simulator.state()["counters"]["messages_created"] == 4


async def test_a_reply_names_what_it_answers() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        nonce = await wire.imagine("a fox")
        grid = await finished(wire, nonce)
        told = {"channel_id": wire.account.channel_id, "message_id": grid["id"]}
        _, reply = await send(wire, {"content": "nice", "message_reference": told})
        assert reply["type"] == 19 and reply["message_reference"]["message_id"] == grid["id"]
        assert reply["referenced_message"]["id"] == grid["id"]
        assert APPLICATION_ID in {user["id"] for user in reply["mentions"]}
        heard = await wire.message(with_id(reply["id"]))
        assert heard["message_reference"] == reply["message_reference"]
        status, refused = await send(wire, {"content": "nice", "message_reference": {"message_id": "1"}})
        code = refused["errors"]["message_reference"]["_errors"][0]["code"]
        assert (status, code) == (400, "REPLIES_UNKNOWN_MESSAGE")
        lax = {"message_id": "1", "fail_if_not_exists": False}
        assert (await send(wire, {"content": "nice", "message_reference": lax}))[1]["type"] == 0


async def test_own_messages_are_edited_and_others_are_not() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        path = f"/channels/{wire.account.channel_id}/messages"
        _, sent = await send(wire, {"content": "helo"})
        status, edited = await wire.call("PATCH", f"{path}/{sent['id']}", json={"content": "hello"})
        assert (status, edited["content"]) == (200, "hello") and edited["edited_timestamp"]
        assert (await wire.event("MESSAGE_UPDATE", with_id(sent["id"])))["content"] == "hello"
        grid = await finished(wire, await wire.imagine("a fox"))
        answer = await wire.call("PATCH", f"{path}/{grid['id']}", json={"content": "hello"})
        assert (answer[0], answer[1]["code"]) == (403, 50005)


async def test_messages_are_deleted() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        path = f"/channels/{wire.account.channel_id}/messages"
        _, sent = await send(wire, {"content": "hello"})
        grid = await finished(wire, await wire.imagine("a fox"))
        for message in (sent, grid):
            assert await wire.call("DELETE", f"{path}/{message['id']}") == (204, None)
            await wire.event("MESSAGE_DELETE", with_id(message["id"]))
            assert (await wire.call("GET", f"{path}/{message['id']}"))[1]["code"] == 10008
        data = {"component_type": 2, "custom_id": custom_ids(grid)[0]}
        body = await wire.body(3, data, message_id=grid["id"])
        assert (await wire.call("POST", "/interactions", json=body))[1]["code"] == 10008


async def test_typing_and_reading_are_told() -> None:
    async with (
        Simulator(shared_channel=True) as simulator,
        connected(simulator) as ours,
        connected(simulator, 1) as other,
    ):
        path = f"/channels/{ours.account.channel_id}"
        _, sent = await send(ours, {"content": "hello"})
        assert (await ours.call("POST", path + "/typing"))[0] == 204
        assert (await other.event("TYPING_START"))["user_id"] == ours.account.user_id
        assert await ours.call("POST", f"{path}/messages/{sent['id']}/ack", json={"token": None}) == (
            200,
            {"token": None},
        )
        assert (await ours.event("MESSAGE_ACK"))["message_id"] == sent["id"]
        assert "MESSAGE_ACK" not in other.names()


async def test_search_finds_by_words_and_by_author() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        await send(wire, {"content": "a word about foxes"})
        await finished(wire, await wire.imagine("a fox"))
        for place in (f"/channels/{wire.account.channel_id}", f"/guilds/{wire.account.guild_id}"):
            _, found = await wire.call("GET", f"{place}/messages/search?content=fox")
            assert found["total_results"] >= 2 and all(len(item) == 1 for item in found["messages"])
            _, found = await wire.call("GET", f"{place}/messages/search?author_id={APPLICATION_ID}")
            assert {item[0]["author"]["id"] for item in found["messages"]} == {APPLICATION_ID}
        foreign = simulator.accounts[1].guild_id
        assert (await wire.call("GET", f"/guilds/{foreign}/messages/search?content=fox"))[1]["code"] == 50001


# ---------------------------------------------------------------- who and where


async def test_guild_users_and_settings_are_told() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        account, stranger = wire.account, simulator.accounts[1]
        assert [item["id"] for item in (await wire.call("GET", "/users/@me/guilds"))[1]] == [account.guild_id]
        channels = (await wire.call("GET", f"/guilds/{account.guild_id}/channels"))[1]
        assert [item["id"] for item in channels] == [account.channel_id]
        for user_id in (account.user_id, APPLICATION_ID):
            member = (await wire.call("GET", f"/guilds/{account.guild_id}/members/{user_id}"))[1]
            assert member["user"]["id"] == user_id
            assert (await wire.call("GET", f"/users/{user_id}"))[1]["id"] == user_id
            profile = (await wire.call("GET", f"/users/{user_id}/profile"))[1]
            assert profile["user"]["id"] == user_id and profile["mutual_guilds"][0]["id"] == account.guild_id
        gone = await wire.call("GET", f"/guilds/{account.guild_id}/members/{stranger.user_id}")
        assert gone[1]["code"] == 10007
        assert (await wire.call("GET", "/users/5"))[1]["code"] == 10013
        assert (await wire.call("GET", "/users/@me/settings"))[1]["locale"] == "en-US"
        assert (await wire.call("GET", "/users/@me/settings-proto/1"))[1] == {"settings": ""}
        opened = (await wire.call("POST", "/users/@me/channels", json={"recipients": [APPLICATION_ID]}))[1]
        assert opened["id"] == account.dm_channel_id
        assert opened in (await wire.call("GET", "/users/@me/channels"))[1]
        assert (await wire.call("POST", "/users/@me/channels", json={"recipients": ["5"]}))[1]["code"] == 50007
        commands = (await wire.call("GET", f"/applications/{APPLICATION_ID}/commands"))[1]
        assert {item["application_id"] for item in commands} == {APPLICATION_ID} and len(commands) == 11


@pytest.mark.parametrize("tail", ["@me", "%40me", "0/@me"])
async def test_reactions_are_put_and_taken_under_each_address(tail: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        _, sent = await send(wire, {"content": "hello"})
        path = f"/channels/{wire.account.channel_id}/messages/{sent['id']}/reactions/%E2%9C%89/{tail}"
        for method, event in (("PUT", "MESSAGE_REACTION_ADD"), ("DELETE", "MESSAGE_REACTION_REMOVE")):
            assert (await wire.call(method, path))[0] == 204
            assert (await wire.event(event))["emoji"]["name"] == "✉"
