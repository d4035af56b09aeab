"""`draw`: a picture from words, shown as it grows, and saved."""

from __future__ import annotations

import argparse
import asyncio
import webbrowser
from pathlib import Path

from cli import console, prompt_words
from cli.client import ApiClient, Document, calling, notes_of, succeeded
from cli.console import Meter
from cli.errors import CommandFailed
from cli.saving import check_folder, save

WORDS = {"NOT_START": "waiting", "IN_PROGRESS": "in progress", "SUCCESS": "done", "FAILURE": "failed"}
_OWN = {"--out": True, "--upscale": True, "--url": True, "--open": False}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = '%(prog)s "what to draw" [--ar 16:9 and other parameters of MidJourney] [our options]'
    _add_own(parser)
    parser.add_argument("words", nargs=argparse.REMAINDER, help="the prompt, its parameters after it")


def _add_own(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="save here; this folder when missing")
    parser.add_argument(
        "--upscale", type=int, choices=(1, 2, 3, 4), action="append", metavar="N",
        help="draw picture N of the four large and save that; may be given several times",
    )  # fmt: skip
    parser.add_argument("--open", action="store_true", help="open what was saved")
    parser.add_argument("--url", default="", help="where the service is; as the settings say when missing")


def run(given: argparse.Namespace) -> int:
    """0 saved, 1 failed, 2 wrongly asked, 130 interrupted."""
    prompt, ours = prompt_words.split(given.words, _OWN)
    own = argparse.ArgumentParser(prog="run.py draw", allow_abbrev=False, add_help=False)
    _add_own(own)
    own.parse_args(ours, given)
    if not prompt or prompt.startswith("--"):
        own.error('what to draw comes first: python run.py draw "a cat" --ar 16:9')
    try:
        asyncio.run(_draw(given, prompt))
    except CommandFailed as error:
        console.say(str(error))
        return 1
    except KeyboardInterrupt:
        console.say("interrupted; what was submitted is drawn all the same")
        return 130
    return 0


async def _draw(given: argparse.Namespace, prompt: str) -> None:
    await asyncio.to_thread(check_folder, given.out)
    async with calling(given.url) as service:
        with console.meter() as meter:
            task = await _followed(service, await service.submit("imagine", prompt=prompt), meter, "drawing")
            chosen = dict.fromkeys(given.upscale or ())
            found = [await _upscaled(service, task, index, meter) for index in chosen] if chosen else [task]
        for note in notes_of(task):
            console.say(note)
        for each in found:
            data = await service.picture(str(each["imageUrl"]))
            path = await asyncio.to_thread(save, data, given.out, str(each["id"]), prompt)
            console.answer(str(path))
            if given.open:
                _open(path)


async def _upscaled(service: ApiClient, task: Document, index: int, meter: Meter) -> Document:
    upscale = await service.submit("change", taskId=task["id"], action="UPSCALE", index=index)
    return await _followed(service, upscale, meter, f"picture {index}")


async def _followed(service: ApiClient, task_id: str, meter: Meter, what: str) -> Document:
    meter.show(f"{what}: task {task_id}", 0)
    async for task in service.watch(task_id):
        done = str(task.get("progress") or "").rstrip("%")
        words = WORDS.get(str(task.get("status")), str(task.get("status")).lower())
        meter.show(f"{what}: {words}", float(done) if done.isdigit() else 0)
    return succeeded(task)


def _open(path: Path) -> None:
    if not webbrowser.open(path.as_uri()):
        console.say("Nothing on this machine opens pictures; set BROWSER.")
