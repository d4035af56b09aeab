"""How MidJourney echoes a prompt: never quite as it was sent.

Law: pure and deterministic: the same prompt with the same seed has the same echo. The echo of an echo may
differ again, as in reality.
"""

import hashlib
import re
from random import Random

_URL = re.compile(r"<?(https?://[^\s<>]+)>?")
_DASHES = re.compile(r"(^|\s)[—–]\s?(?=[A-Za-z])")
_PARAMETER = re.compile(r"\s(?=--[A-Za-z])")
_TAKES_WHOLE_NUMBER = re.compile(r"--(?:v|version) (\d+)")
# Parameters that stay where the user wrote them: their value may be a list or swallow what follows.
_FIXED = ("--no",)


def echo(prompt: str, seed: str) -> str:
    """What stands between the asterisks of every message about this job."""
    chance = Random(seed)
    text = re.sub(r"\s+", " ", prompt).strip()
    text = _DASHES.sub(r"\1--", text)
    text = _URL.sub(lambda found: _shortened(found.group(1)), text)
    words, parameters = split_parameters(text)
    parameters = [_normalised(item) for item in parameters]
    if "--ar 1:1" in parameters and chance.random() < 0.5:
        parameters.remove("--ar 1:1")
    if not _has_version(parameters) and chance.random() < 0.5:
        parameters.append("--v 7.0")
    if not any(item.startswith(_FIXED) for item in parameters) and chance.random() < 0.3:
        chance.shuffle(parameters)
    return " ".join([*([words] if words else []), *parameters])


def with_aspect(prompt: str, aspect: str) -> str:
    """The prompt after panning: its aspect ratio replaced by another one at the end."""
    words, parameters = split_parameters(prompt)
    kept = [item for item in parameters if not item.startswith(("--ar ", "--aspect "))]
    return " ".join([*([words] if words else []), *kept, f"--ar {aspect}"])


def split_parameters(text: str) -> tuple[str, list[str]]:
    """The drawing's words, and each `--parameter value` as written."""
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
    """MidJourney's own shortener; one address always has one short form."""
    digest = hashlib.blake2b(url.encode(errors="replace"), digest_size=8).hexdigest()
    return f"<https://s.mj.run/{digest[:11]}>"
