"""Rewrites a prompt the way MidJourney echoes it.

Contract: pure and deterministic: the same prompt with the same seed has the same echo. Echoing an echo may change it
again, as with MidJourney.
"""

import hashlib
import itertools
import re
from random import Random

_URL = re.compile(r"<?(https?://[^\s<>]+)>?")
_DASHES = re.compile(r"(^|\s)[—–]\s?(?=[A-Za-z])")
_PARAMETER = re.compile(r"\s(?=--[A-Za-z])")
_TAKES_WHOLE_NUMBER = re.compile(r"--(?:v|version) (\d+)")
_MODES = {"--fast": "fast", "--relax": "relaxed", "--turbo": "turbo"}
# Parameters that keep their position: their value may be a list or include the text after them.
_FIXED = ("--no",)


def tidied(prompt: str) -> str:
    """Spaces collapsed, and the dashes of a keyboard's correction undone."""
    return _DASHES.sub(r"\1--", re.sub(r"\s+", " ", prompt).strip())


def echo(prompt: str, seed: str, version: str = "--v 7.0") -> str:
    """The prompt in every message about this job. `version` may be added to it."""
    chance = Random(seed)
    text = tidied(prompt)
    text = _URL.sub(lambda found: _shortened(found.group(1)), text)
    words, parameters = split_parameters(text)
    parameters = [_normalised(item) for item in parameters]
    if "--ar 1:1" in parameters and chance.random() < 0.5:
        parameters.remove("--ar 1:1")
    if not _has_version(parameters) and chance.random() < 0.5:
        parameters.append(version)
    if not any(item.startswith(_FIXED) for item in parameters) and chance.random() < 0.3:
        chance.shuffle(parameters)
    return " ".join([*([words] if words else []), *parameters])


def with_aspect(prompt: str, aspect: str) -> str:
    """The prompt of a pan: its aspect ratio replaced by another one at the end."""
    words, parameters = split_parameters(prompt)
    kept = [item for item in parameters if not item.startswith(("--ar ", "--aspect "))]
    return " ".join([*([words] if words else []), *kept, f"--ar {aspect}"])


def with_motion(prompt: str, motion: str) -> str:
    """The prompt of a video: the picture's own without its --no list, plus the additions of a video."""
    words, parameters = split_parameters(prompt)
    kept = [item for item in parameters if not item.startswith(("--no", "--ar ", "--aspect ", "--video", "--motion"))]
    asked = next((item for item in parameters if item.startswith("--motion ")), "")
    moving = f"--motion {motion}" if motion else asked
    return " ".join(part for part in (words, *kept, moving, "--video 1", "--aspect 1:1") if part)


def without(prompt: str, name: str) -> str:
    """The prompt without a parameter: the echo of a custom zoom does not repeat its --zoom."""
    words, parameters = split_parameters(prompt)
    kept = (item for item in parameters if item.partition(" ")[0] != f"--{name}")
    return " ".join(part for part in (words, *kept) if part)


def with_links_in_front(echoed: str) -> str:
    """One of the two possible echoes of --edit: its links stand before the words, like those of image prompts."""
    _, parameters = split_parameters(echoed)
    links = [item.removeprefix("--edit ") for item in parameters if item.startswith("--edit ")]
    return " ".join([*links, without(echoed, "edit")])


def with_end_loop(prompt: str) -> str:
    """The echo of --loop."""
    return re.sub(r"(?<=\s)--loop(?=\s|$)", "--end loop", prompt)


def asks_for_video(prompt: str) -> bool:
    return any(item == "--video" or item.startswith("--video ") for item in split_parameters(prompt)[1])


def has_link(prompt: str) -> bool:
    return _URL.search(prompt) is not None


def requested_mode(prompt: str) -> str | None:
    """The mode requested by the prompt's parameters, in the form of the messages."""
    asked = [_MODES[item] for item in split_parameters(prompt)[1] if item in _MODES]
    return asked[-1] if asked else None


def split_parameters(text: str) -> tuple[str, list[str]]:
    """The words of the prompt, and each `--parameter value` as written."""
    words, *parameters = _PARAMETER.split(f" {text}")
    return words.strip(), [item.strip() for item in parameters]


def _normalised(parameter: str) -> str:
    if parameter == "--style raw":
        return "--raw"
    if found := _TAKES_WHOLE_NUMBER.fullmatch(parameter):
        return f"--v {found.group(1)}.0"
    return parameter


def _has_version(parameters: list[str]) -> bool:
    return any(item.startswith(("--v ", "--version ", "--niji")) for item in parameters)


def _shortened(url: str) -> str:
    """MidJourney's URL shortener; a URL always has the same short form."""
    digest = hashlib.blake2b(url.encode(errors="replace"), digest_size=8).hexdigest()
    return f"<https://s.mj.run/{digest[:11]}>"


# Several drawings of one command: `{red, green} bird` draws two, `--repeat 3` three times as many. Groups may hold
# groups; a backslash makes a comma or a brace a plain character.

MOST_DRAWINGS = 40  # of one command
_REPEAT = re.compile(r"\s--(?:repeat|r) (\d{1,3})(?=\s|$)")
_ESCAPED = re.compile(r"\\([{},])")


def drawings_of(prompt: str) -> list[str]:
    """The prompts drawn, in order; at most `MOST_DRAWINGS` + 1 of them, which is one too many."""
    found = _REPEAT.search(prompt)
    times = int(found[1]) if found else 1
    text = _REPEAT.sub("", prompt)
    texts = [_ESCAPED.sub(r"\1", item) for item in itertools.islice(_expanded(text), MOST_DRAWINGS + 1)]
    return [item for item in texts for _ in range(max(1, times))][: MOST_DRAWINGS + 1]


def _expanded(text: str) -> list[str]:
    group = _first_group(text)
    if group is None:
        return [text]
    start, end = group
    before, after = text[:start], text[end + 1 :]
    choices = _split(text[start + 1 : end])
    return [item for choice in choices for item in _expanded(f"{before}{choice}{after}")][: MOST_DRAWINGS + 1]


def _marks(text: str) -> list[tuple[int, str]]:
    return [
        (place, sign)
        for place, sign in enumerate(text)
        if sign in "{},"
        and (place == 0 or text[place - 1] != "\\")
    ]


def _first_group(text: str) -> tuple[int, int] | None:
    """The places of the first brace that has its counterpart, and of that."""
    open_at: list[int] = []
    for place, sign in _marks(text):
        if sign == "{":
            open_at.append(place)
        elif sign == "}" and open_at:
            start = open_at.pop()
            if not open_at:
                return start, place
    return None


def _split(inner: str) -> list[str]:
    """By the commas outside of inner groups."""
    depth, cuts = 0, [-1]
    for place, sign in _marks(inner):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            cuts.append(place)
    ends = [*cuts[1:], len(inner)]
    return [inner[start + 1 : end].strip() for start, end in zip(cuts, ends, strict=True)]
