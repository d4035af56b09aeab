"""`draw "a cat" --ar 16:9 --open`: which of the words are MidJourney's and which are ours.

Law: pure. The prompt comes first. An option that we know is ours wherever it stands; any other `--word` is a parameter
of MidJourney's with all that follows it, up to the next option.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def split(words: Sequence[str], own: Mapping[str, bool]) -> tuple[str, list[str]]:
    """The prompt with its parameters, and our own options. `own`: name -> does a value follow?"""
    prompt: list[str] = []
    ours: list[str] = []
    rest = iter(words)
    for word in rest:
        name, equals, _ = word.partition("=")
        if name not in own:
            prompt.append(word)
            continue
        ours.append(word)
        if own[name] and not equals:
            ours += [value for value in [next(rest, None)] if value is not None]
    return " ".join(part for part in map(str.strip, prompt) if part), ours
