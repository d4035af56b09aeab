"""`draw`: submit a prompt, show its progress and save the picture.

Contract: a task that was submitted is never cancelled from here, also after Ctrl+C.
"""

from __future__ import annotations

import argparse
import asyncio
import webbrowser
from pathlib import Path

from cli import console, prompt_words
from cli.client import ApiClient, Document, connect, notes_of, succeeded
from cli.console import ProgressDisplay
from cli.errors import CommandFailed
from cli.picture_file import check_folder, save

STATUS_TEXTS = {"NOT_START": "waiting", "IN_PROGRESS": "in progress", "SUCCESS": "done", "FAILURE": "failed"}
_OPTIONS = {"--out": True, "--upscale": True, "--url": True, "--open": False}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = '%(prog)s "what to draw" [--ar 16:9 and other parameters of MidJourney] [options]'
    _add_options(parser)
    parser.add_argument("words", nargs=argparse.REMAINDER, help="the prompt, then its parameters")


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="folder to save into; default: current")
    parser.add_argument(
        "--upscale", type=int, choices=(1, 2, 3, 4), action="append", metavar="N",
        help="upscale picture N of the four and save it instead; may be repeated",
    )  # fmt: skip
    parser.add_argument("--open", action="store_true", help="open the saved pictures")
    parser.add_argument("--url", default="", help="the address of the service; default: from the settings")


def run(given: argparse.Namespace) -> int:
    """The exit code: 0 saved, 1 failed, 2 invalid arguments, 130 interrupted."""
    prompt, options = prompt_words.split(given.words, _OPTIONS)
    parser = argparse.ArgumentParser(prog="run.py draw", allow_abbrev=False, add_help=False)
    _add_options(parser)
    parser.parse_args(options, given)
    if not prompt or prompt.startswith("--"):
        parser.error('the prompt comes first: python run.py draw "a cat" --ar 16:9')
    try:
        asyncio.run(_draw(given, prompt))
    except CommandFailed as error:
        console.notify(str(error))
        return 1
    except KeyboardInterrupt:
        console.notify("interrupted; a submitted task continues")
        return 130
    return 0


async def _draw(given: argparse.Namespace, prompt: str) -> None:
    await asyncio.to_thread(check_folder, given.out)
    async with connect(given.url) as service:
        with console.progress_display() as progress:
            task = await _follow(service, await service.submit("imagine", prompt=prompt), progress, "drawing")
            chosen = dict.fromkeys(given.upscale or ())
            found = [await _upscale(service, task, index, progress) for index in chosen] if chosen else [task]
        for note in notes_of(task):
            console.notify(note)
        for each in found:
            data = await service.picture(str(each["imageUrl"]))
            path = await asyncio.to_thread(save, data, given.out, str(each["id"]), prompt)
            console.result(str(path))
            if given.open:
                _open(path)


async def _upscale(service: ApiClient, task: Document, index: int, progress: ProgressDisplay) -> Document:
    upscale = await service.submit("change", taskId=task["id"], action="UPSCALE", index=index)
    return await _follow(service, upscale, progress, f"picture {index}")


async def _follow(service: ApiClient, task_id: str, progress: ProgressDisplay, what: str) -> Document:
    progress.show(f"{what}: task {task_id}", 0)
    async for task in service.watch(task_id):
        done = str(task.get("progress") or "").rstrip("%")
        status = STATUS_TEXTS.get(str(task.get("status")), str(task.get("status")).lower())
        progress.show(f"{what}: {status}", float(done) if done.isdigit() else 0)
    return succeeded(task)


def _open(path: Path) -> None:
    if not webbrowser.open(path.as_uri()):
        console.notify("No program on this machine opens pictures. Set BROWSER.")
