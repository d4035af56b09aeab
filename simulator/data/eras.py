"""Eras of MidJourney's messages: the common properties of one period's messages, as data.

Contract: tables only. Kinds of jobs are in `kinds`, rows of buttons in `layouts`. Code that behaves differently in some
eras checks a field of `Era`, never the year.
"""

from dataclasses import dataclass, replace

from simulator.data.kinds import KINDS_2023, KINDS_2024, KINDS_2026, JobKind
from simulator.data.layouts import LAYOUTS_2023, LAYOUTS_2024, LAYOUTS_2026, LAYOUTS_2026_10, Layout


@dataclass(frozen=True, kw_only=True)
class Era:
    name: str
    kinds: dict[str, JobKind]
    layouts: dict[str, Layout]
    version: str  # the version parameter that MidJourney may add to a prompt
    website: str = ""  # between mention and mode of a result
    footer: str = (
        "\n-# Create, explore, and organize on [midjourney.com](<https://midjourney.com/imagine?from_discord=1>)"
    )
    footer_share: float = 0.0  # of the messages that may end with it
    grid_format: str = "png"
    single_format: str = "png"
    preview_name: str = "{job_id}_grid_0.webp"
    file_prefix: str = "{username}"
    percents: tuple[int, ...] = ()  # the only percentages shown; empty: irregular ones
    links_to_start: bool = False  # the result of an /imagine refers to its own progress message
    reply_share: float = 0.0  # of those results that have type 19 instead of 0
    interaction_metadata: bool = True  # also on the private messages of buttons
    numbered_components: bool = True  # each component has a numeric id
    bot_nonce: bool = False  # messages that answer no interaction have a nonce of the bot (since 2025-05)
    newer_keys: bool = True  # resolved, position, placeholder; a type in references; signed URLs
    colour_share: float = 1.0  # of the errors that have a colour
    versions: tuple[str, ...] = ("5.2", "6", "6.1", "7")  # in /settings
    default_version: str = "7"  # chosen there at first
    checks_parameters: bool = False  # refuses those that do not go together, and all others beside --video
    draws_several: bool = False  # --repeat and {a, b} draw several
    limits_by_kind: bool = False  # pictures and videos, fast and relaxed, have slots and a queue each
    bot_delay_ms: float = 0.0  # from the response to an interaction's POST until the bot's first message


_2026 = Era(
    name="2026",
    kinds=KINDS_2026,
    layouts=LAYOUTS_2026,
    version="--v 7.0",
    website="[(Open on website for full quality)](<https://midjourney.com/jobs/{job_id}>) ",
    footer_share=0.5,
    grid_format="webp",
    file_prefix="u{digits}",
    links_to_start=True,
    bot_nonce=True,
    reply_share=0.5,
    colour_share=0.7,
)


ERAS: dict[str, Era] = {
    era.name: era
    for era in (
        Era(
            name="2023",
            kinds=KINDS_2023,
            layouts=LAYOUTS_2023,
            version="--v 5.2",
            preview_name="grid_0.webp",
            percents=(0, 15, 31, 46, 62, 78, 93),
            interaction_metadata=False,
            numbered_components=False,
            newer_keys=False,
        ),
        Era(name="2024", kinds=KINDS_2024, layouts=LAYOUTS_2024, version="--v 6.1", footer_share=0.2),
        _2026,
        replace(
            _2026,
            name="2026-10",
            layouts=LAYOUTS_2026_10,
            version="--v 8.2",
            versions=("5.2", "6", "6.1", "7", "8.1", "8.2"),
            default_version="8.2",
            checks_parameters=True,
            draws_several=True,
            limits_by_kind=True,
            bot_delay_ms=20.0,
        ),
    )
}
NEWEST = next(reversed(ERAS))


def kind_of(era: Era, command: str) -> JobKind | None:
    """The era's kind of job; for a button from another era, the kind of the latest era that has it."""
    known = (era, *reversed(ERAS.values()))
    return next((item.kinds[command] for item in known if command in item.kinds), None)


def layout_of(era: Era, shape: str) -> Layout:
    """The era's rows of buttons; otherwise those of the latest era with such a result."""
    known = (era, *reversed(ERAS.values()))
    return next(item.layouts[shape] for item in known if shape in item.layouts)
