"""On the wire: the prompt that MidJourney receives is the text that the last check saw, by both contracts."""

from __future__ import annotations

from pathlib import Path
from random import Random

import msgspec

from app.factories import make_rules
from app.service import service
from settings import TaskSettings, TranslationSettings
from simulator import Simulator
from tasks.prompts.check import check_sent
from tests.support.translator_server import KEY, translators
from tests.support.whole_service import calling, receiver, settings_for
from tests.tasks.prompts.test_check import PIECES

RULES = make_rules(TaskSettings())
SENT = {
    "a fox —-ar 16:9": "a fox --ar 16:9",
    "a fox--ar 16:9": "a fox --ar 16:9",
    '"hello"--ar 3:2': '"hello" --ar 3:2',
    "一只猫——ar 3:2": "deepl 3 --ar 3:2",
    "融合。——ar 16:9，": "deepl 3 --ar 16:9",
    "一只狗：：2 一只猫：：1": "deepl 3::2 deepl 3::1",
    "狗 --no 树，水 --v 7": "deepl 1 --no deepl 1, deepl 1 --v 7",
}


async def test_midjourney_receives_what_was_checked(tmp_path: Path) -> None:
    dice = Random(7)
    pieces = [piece for piece in PIECES if piece != "\ud83d"]
    odd = ["".join(dice.choices(pieces, k=12)) for _ in range(25)]
    async with Simulator(job_seconds=0.1) as simulator, translators() as online, receiver() as hooks:
        loaded = settings_for(simulator, tmp_path, environ={})
        given = TranslationSettings(deepl_key=KEY, deepl_url=online.base, translators=("deepl",))
        settings = msgspec.structs.replace(loaded, translation=given)
        async with service(settings, port=0) as url, calling(url, hooks.url) as client:
            expected = {await client.submit(action="IMAGINE", prompt=prompt): SENT[prompt] for prompt in SENT}
            accepted = list(expected)
            for prompt in odd:
                body = {"prompt": prompt, "notifyHook": hooks.url}
                async with client.session.post(f"{url}/mj/submit/imagine", json=body) as response:
                    answer = await response.json()
                accepted += [str(answer["result"])] if answer["code"] in (1, 22) else []
            assert len(accepted) > len(SENT) + 3
            await hooks.until(lambda: {d.get("_id") or d["id"] for d in hooks.heard if _is_over(d)} >= {*accepted})
            documents = {task: await client.fetch(task) for task in accepted}
        for task, text in expected.items():
            assert documents[task]["content"] == text
        received = sorted(job["prompt"] for job in simulator.jobs)
        assert received == sorted(d["content"] for d in documents.values() if d["status"] == "SUCCESS")
        for prompt in received:
            check_sent(prompt, RULES)


def _is_over(document: dict[str, object]) -> bool:
    return document["status"] in ("SUCCESS", "FAILURE")
