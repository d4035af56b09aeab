"""Split the words of `draw "a cat" --ar 16:9 --open` into the prompt and the options of the command.

Contract: pure. The prompt comes first. A known option is one wherever it stands; any other `--word`, with all words up
to the next option, is a parameter of MidJourney.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def split(words: Sequence[str], known: Mapping[str, bool]) -> tuple[str, list[str]]:
    """The prompt with its parameters, and the options. `known`: the name of an option → whether a value follows."""
    prompt: list[str] = []
    options: list[str] = []
    rest = iter(words)
    for word in rest:
        name, equals, _ = word.partition("=")
        if name not in known:
            prompt.append(word)
            continue
        options.append(word)
        if known[name] and not equals:
            options += [value for value in [next(rest, None)] if value is not None]
    return " ".join(part for part in map(str.strip, prompt) if part), options
