"""The pure parts of the connection: backoff, nonces, addresses, the supervisor's delays."""

import random
from concurrent.futures import ThreadPoolExecutor

import discord
import pytest

from bot.gateway.reconnect_backoff import BURST, CAP_SECONDS, REFILL_SECONDS, ReconnectBackoff
from bot.gateway.supervisor import supervise
from bot.http.endpoints import Endpoints
from bot.http.nonces import id_at, new_nonce


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def drive(attempts: int, *, greeted: bool, lives: float) -> list[float]:
    """The delays that so many attempts are told, each connection living so long."""
    clock = Clock()
    backoff = ReconnectBackoff(clock, random.Random(1))
    delays = []
    for _ in range(attempts):
        delays.append(backoff.next_delay())
        clock.now += delays[-1]
        if greeted:
            backoff.mark_greeted()
        clock.now += lives
    return delays


def test_a_good_connection_is_followed_at_once() -> None:
    assert drive(100, greeted=True, lives=60) == [0.0] * 100


def test_attempts_in_vain_wait_longer_each_time_up_to_a_minute() -> None:
    delays = drive(20, greeted=False, lives=0)
    assert delays[0] == 0.0
    assert 0.2 <= delays[1] <= 0.3
    assert max(delays) == CAP_SECONDS
    assert sum(delays[:6]) < 12


def test_a_server_that_cuts_after_the_greeting_is_not_stormed() -> None:
    """The library alone makes hundreds of connections in three seconds here."""
    delays = drive(BURST + 20, greeted=True, lives=0)
    assert all(delay <= 0.3 for delay in delays[:BURST])
    assert all(delay >= 0.7 * REFILL_SECONDS for delay in delays[BURST + 2 :])


def test_nonces_are_unique_across_threads_and_look_like_discords_ids() -> None:
    with ThreadPoolExecutor(8) as threads:
        nonces = [
            nonce for batch in threads.map(lambda _: [new_nonce() for _ in range(2000)], range(8)) for nonce in batch
        ]
    assert len(set(nonces)) == len(nonces)
    assert {len(nonce) for nonce in nonces} == {19}
    assert int(new_nonce()) > max(map(int, nonces))


def test_nonces_do_not_follow_the_process_random_numbers() -> None:
    """The library seeds them with a constant."""
    random.seed(150)
    first = new_nonce()
    random.seed(150)
    assert new_nonce() != first


def test_the_id_of_a_moment() -> None:
    assert id_at(1_420_070_400_000) == "0"
    assert id_at(0) == "0"
    assert int(id_at(1_700_000_000_000)) >> 22 == 1_700_000_000_000 - 1_420_070_400_000


@pytest.mark.parametrize("base", ["https://mirror.example/discord/api/v9", "https://mirror.example/discord/api/v9/"])
def test_rest_addresses_are_rebased(base: str) -> None:
    endpoints = Endpoints(api_base=base)
    assert endpoints.api("https://discord.com/api/v9/users/@me") == "https://mirror.example/discord/api/v9/users/@me"
    assert endpoints.api("https://elsewhere.example/x") == "https://elsewhere.example/x"
    assert not endpoints.is_discord


def test_the_gateway_and_the_one_to_resume_at_are_rebased() -> None:
    endpoints = Endpoints(gateway_url="wss://mirror.example/gateway")
    resume = "wss://gateway-us-east1-b.discord.gg/?v=9&encoding=json"
    assert endpoints.gateway(resume) == "wss://mirror.example/gateway?v=9&encoding=json"


def test_files_are_rebased_with_their_signatures() -> None:
    endpoints = Endpoints(cdn_base="https://mirror.example/cdn", upload_base="https://mirror.example/up/")
    signed = "/attachments/1/2/a%20b.png?ex=1&is=2&hm=3"
    assert endpoints.cdn("https://media.discordapp.net" + signed) == "https://mirror.example/cdn" + signed
    assert endpoints.upload("https://storage.example/x?upload_id=1") == "https://mirror.example/up/x?upload_id=1"


@pytest.mark.parametrize(
    "endpoints", [Endpoints(), Endpoints(api_base="", gateway_url="", cdn_base="", upload_base="")]
)
def test_discords_own_choice_of_host_is_kept(endpoints: Endpoints) -> None:
    for url in ("https://media.discordapp.net/a?x=1", "https://cdn.discordapp.com/a"):
        assert endpoints.cdn(url) == url
    assert endpoints.upload("https://other.storage.example/a") == "https://other.storage.example/a"
    assert endpoints.gateway("wss://gateway-us-east1-b.discord.gg/?v=9") == "wss://gateway-us-east1-b.discord.gg/?v=9"
    assert endpoints.api("https://discord.com/api/v9/users/@me") == "https://discord.com/api/v9/users/@me"
    assert endpoints.is_discord


async def test_the_supervisor_stops_for_a_dead_token_only() -> None:
    ends: list[Exception | None] = [
        OSError("no route"),
        AttributeError("of the library"),
        None,
        discord.ConnectionClosed(4010, "shard"),
        discord.ConnectionClosed(4004, "token"),
    ]
    died: list[bool] = []

    async def stay() -> None:
        end = ends.pop(0)
        if end is not None:
            raise end

    await supervise("a0", stay, lambda: died.append(True), first_seconds=0.001)
    assert (ends, died) == ([], [True])
