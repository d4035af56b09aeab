"""Rows of buttons under results, as data: one layout per shape of result and era.

Contract: tables only. `{u}` is the job's uuid, `{n}` the number of the picture or clip. An id that starts with https is
a link. An emoji `name:id` belongs to a guild.
"""

Spec = tuple[str, str | None, str | None]  # custom id or address, label, emoji
Layout = tuple[tuple[Spec, ...], ...]

MAKE_SQUARE = "MJ::Outpaint::100"  # offered for pictures that are not square

_WEB_2023 = "https://www.midjourney.com/app/jobs/{u}/"
_WEB = "https://www.midjourney.com/jobs/{u}"
_ARROW = "upscale_1:1180000000000000001"


def _job(action: str, label: str | None, emoji: str | None = None) -> Spec:
    return f"MJ::JOB::{action}::1::{{u}}::SOLO", label, emoji


_UPS: tuple[Spec, ...] = tuple((f"MJ::JOB::upsample::{n}::{{u}}", f"U{n}", None) for n in range(1, 5))
_VARIES: tuple[Spec, ...] = tuple((f"MJ::JOB::variation::{n}::{{u}}", f"V{n}", None) for n in range(1, 5))
_CLIPS: tuple[Spec, ...] = tuple((f"MJ::JOB::video_virtual_upscale::{n}::{{u}}", f"U{n}", None) for n in range(1, 5))
_REROLL: Spec = ("MJ::JOB::reroll::0::{u}::SOLO", None, "🔄")
_LINK: Spec = (_WEB, "\u200b", None)

_SUBTLE = _job("low_variation", "Vary (Subtle)", "🪄")
_STRONG = _job("high_variation", "Vary (Strong)", "🪄")
_REGION: Spec = ("MJ::Inpaint::1::{u}::SOLO", "Vary (Region)", "🖌️")
_ZOOMS: tuple[Spec, ...] = (
    ("MJ::Outpaint::50::1::{u}::SOLO", "Zoom Out 2x", "🔍"),
    ("MJ::Outpaint::75::1::{u}::SOLO", "Zoom Out 1.5x", "🔍"),
    ("MJ::CustomZoom::{u}", "Custom Zoom", "🔍"),
    (MAKE_SQUARE + "::1::{u}::SOLO", "Make Square", "↕️"),
)
_PANS: tuple[Spec, ...] = (
    _job("pan_left", None, "⬅️"),
    _job("pan_right", None, "➡️"),
    _job("pan_up", None, "⬆️"),
    _job("pan_down", None, "⬇️"),
)
_HEART: Spec = ("MJ::BOOKMARK::{u}", None, "❤️")
_LAST_2023: tuple[Spec, ...] = (_HEART, (_WEB_2023, "Web", None))
_LAST: tuple[Spec, ...] = (_HEART, (_WEB, "Web", None))


def _upscales(family: str, emoji: str, label: str = "Upscale") -> tuple[Spec, ...]:
    return (
        _job(f"upsample_{family}_2x_subtle", f"{label} (Subtle)", emoji),
        _job(f"upsample_{family}_2x_creative", f"{label} (Creative)", emoji),
    )


_MULTIPLES_2023: tuple[Spec, ...] = (
    _job("upsample_v5_2x", "Upscale (2x)", "🔼"),
    _job("upsample_v5_4x", "Upscale (4x)", "🔼"),
)
_ANIMATE: tuple[Spec, ...] = (
    _job("animate_high", "Animate (High motion)", "🎞️"),
    _job("animate_low", "Animate (Low motion)", "🎞️"),
    ("MJ::JOB::video::1::{u}::high::manual", "Animate manually (High motion)", "🎞️"),
    ("MJ::JOB::video::1::{u}::low::manual", "Animate manually (Low motion)", "🎞️"),
)
_EXTEND: tuple[Spec, ...] = (
    ("MJ::JOB::animate_high_extend::{n}::{u}", "Extend (High motion)", "🎞️"),
    ("MJ::JOB::animate_low_extend::{n}::{u}", "Extend (Low motion)", "🎞️"),
)

LAYOUTS_2023: dict[str, Layout] = {
    "grid": ((*_UPS, _REROLL), _VARIES),
    "single": (_MULTIPLES_2023, (_STRONG, _SUBTLE, _REGION), _ZOOMS, _PANS, _LAST_2023),
    "redo": ((_STRONG, _SUBTLE), _LAST_2023),
}
LAYOUTS_2024: dict[str, Layout] = {
    "grid": ((*_UPS, _REROLL), (*_VARIES, _LINK)),
    "single": ((*_upscales("v6r1", _ARROW), _SUBTLE, _STRONG, _REGION), _ZOOMS, _PANS, _LAST),
    "redo": (_upscales("v6r1", _ARROW, "Redo Upscale"), (_SUBTLE, _STRONG), _LAST),
}
LAYOUTS_2026: dict[str, Layout] = {
    "grid": ((*_UPS, _REROLL), (*_VARIES, _LINK)),
    "single": ((*_upscales("v7", "🔼"), _SUBTLE, _STRONG, _REGION), _ZOOMS, _PANS, _ANIMATE, _LAST),
    "redo": (_upscales("v7", "🔼", "Redo Upscale"), (_SUBTLE, _STRONG), _LAST),
    "video": ((*_CLIPS, _REROLL), (_LINK,)),
    "clip": (_EXTEND, _LAST),
}
# Version 8: a picture in SD has upscale buttons, one in HD has none.
_SINGLE_2026 = LAYOUTS_2026["single"]
LAYOUTS_2026_10: dict[str, Layout] = {
    **LAYOUTS_2026,
    "single": ((*_upscales("v8", "🔼"), _SUBTLE, _STRONG, _REGION), *_SINGLE_2026[1:]),
    "single_hd": ((_SUBTLE, _STRONG, _REGION), *_SINGLE_2026[1:]),
    "redo": (_upscales("v8", "🔼", "Redo Upscale"), (_SUBTLE, _STRONG), _LAST),
}

TEXT_LAYOUTS: dict[str, Layout] = {
    "describe": (
        (
            *((f"MJ::Job::PicReader::{n}", None, f"{n}️⃣") for n in range(1, 5)),
            ("MJ::Picread::Retry", None, "🔄"),
        ),
        (("MJ::Job::PicReader::all", "Imagine all", "🎉"),),
    ),
    "shorten": (tuple((f"MJ::Job::PromptAnalyzer::{n}", None, f"{n}️⃣") for n in range(1, 6)),),
}
